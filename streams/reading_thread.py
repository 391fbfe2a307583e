"""The thread in which the source of one run is opened, read and closed: there it may wait."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

import structlog

from schemas.errors import RejectedError, SyncError, TransientError

log = structlog.get_logger()
NAME = "reading"
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class RunOver(TransientError):
    """The run has ended while its source was being read."""


class ConnectorFailed(RejectedError):
    """A connector ended in a way that nobody foresaw: a fault of it, or a hostile answer."""

    reason = "connector_failed"

    def __init__(self, error: Exception) -> None:
        super().__init__(f"the connector failed: {type(error).__name__}; see the worker's log")


class ReadingThread:
    """Does one call after the other, until its block is left.

    Leaving does not wait for a source that is slow to answer: the call that is going on may finish
    its request, gets no turn for another one, and then what was opened is closed.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._opened = ExitStack()
        self._question: asyncio.Task[Any] | None = None
        self._is_over = False
        # A daemon: a source that does not answer must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name=NAME, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over = True
        if self._question is not None:
            self._question.cancel()
        self._calls.put(self._opened.close)
        self._calls.put(None)

    async def do(
        self,
        call: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Result:
        """The call's result, or its error; one that nobody foresaw is ConnectorFailed.

        A source can answer anything: what its connector makes of that must end the run, and not
        the worker with all that it does beside it.
        """
        done: Future[Result] = Future()
        self._calls.put(partial(_settle, done, partial(call, *arguments, **named)))
        try:
            return await asyncio.wrap_future(done)
        except SyncError:
            raise
        except Exception as error:
            log.error("connector_failed", exc_info=error)
            raise ConnectorFailed(error) from error

    async def open(self, context: AbstractContextManager[Result]) -> Result:
        """Enters the context; it is left in the thread too, at its end."""
        return await self.do(self._opened.enter_context, context)

    def ask(self, question: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What the event loop answers to a call inside the thread. Raises RunOver."""
        asked = asyncio.run_coroutine_threadsafe(self._answer(question), self._loop)
        try:
            return asked.result()
        except CancelledError as error:
            raise RunOver from error

    async def _answer(self, question: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        if self._is_over:
            raise RunOver
        # Known here, in the loop where the block is left: there is no moment between the two.
        self._question = asyncio.current_task()
        return await question()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _settle(done: Future[Result], call: Callable[[], Result]) -> None:
    if not done.set_running_or_notify_cancel():
        return  # Nobody waits for it any more.
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - handed on to whoever waits for the call.
        done.set_exception(error)
    else:
        done.set_result(result)

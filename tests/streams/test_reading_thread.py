"""A run's source is opened, read and closed in one thread, of which nothing is left."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from schemas.errors import SourceRefused
from streams.reading_thread import NAME, ConnectorFailed, ReadingThread, RunOver
from tests.eventually import eventually


class Source:
    """A source that does not answer until it is let go."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.is_asked = threading.Event()
        self.lets_go = threading.Event()
        self.is_closed = threading.Event()

    @contextmanager
    def opened(self) -> Iterator["Source"]:
        self.threads.append(threading.current_thread())
        try:
            yield self
        finally:
            self.threads.append(threading.current_thread())
            self.is_closed.set()

    def read(self) -> str:
        self.threads.append(threading.current_thread())
        self.is_asked.set()
        assert self.lets_go.wait(60)
        return "page"


async def _none_is_left() -> bool:
    return not any(thread.name == NAME for thread in threading.enumerate())


async def test_the_source_is_opened_read_and_closed_in_one_thread() -> None:
    source = Source()
    source.lets_go.set()

    with ReadingThread() as thread:
        opened = await thread.open(source.opened())
        assert await thread.do(opened.read) == "page"

    await eventually(_none_is_left, what="the thread has ended")
    assert source.is_closed.is_set()
    assert len(source.threads) == 3
    assert len(set(source.threads)) == 1
    assert source.threads[0] is not threading.current_thread()


async def test_an_error_of_the_source_reaches_whoever_reads() -> None:
    def fail() -> None:
        raise SourceRefused("fortnox", "no such year")

    with ReadingThread() as thread, pytest.raises(SourceRefused, match="no such year"):
        await thread.do(fail)


async def test_leaving_does_not_wait_for_a_source_that_does_not_answer() -> None:
    source = Source()
    with ReadingThread() as thread:
        opened = await thread.open(source.opened())
        reading = asyncio.create_task(thread.do(opened.read))
        await asyncio.to_thread(source.is_asked.wait)
        reading.cancel()

    assert not source.is_closed.is_set()
    source.lets_go.set()
    await eventually(_none_is_left, what="the thread has ended")
    assert source.is_closed.is_set()


async def test_a_turn_that_is_waited_for_is_given_up_when_the_run_is_over() -> None:
    gave_up = threading.Event()
    is_waiting = asyncio.Event()

    async def never() -> None:
        is_waiting.set()
        await asyncio.Event().wait()

    with ReadingThread() as thread:

        def ask() -> None:
            try:
                thread.ask(never)
            except RunOver:
                gave_up.set()
                raise

        reading = asyncio.create_task(thread.do(ask))
        await is_waiting.wait()

    with pytest.raises(RunOver):
        await reading
    assert gave_up.is_set()
    await eventually(_none_is_left, what="the thread has ended")


async def test_no_turn_is_given_after_the_run_is_over() -> None:
    source = Source()

    async def answer() -> str:
        return "turn"

    with ReadingThread() as thread:

        def read_and_ask() -> str:
            source.read()
            return thread.ask(answer)

        reading = asyncio.create_task(thread.do(read_and_ask))
        await asyncio.to_thread(source.is_asked.wait)
    source.lets_go.set()

    with pytest.raises(RunOver):
        await reading


async def test_what_nobody_foresaw_ends_the_run_and_not_the_worker() -> None:
    """Its text is not told: it may hold what the source has sent, or a token."""

    def recursive() -> None:
        raise RecursionError("secret")

    with ReadingThread() as thread:
        with pytest.raises(ConnectorFailed) as failure:
            await thread.do(recursive)
        assert await thread.do(lambda: "page") == "page"

    assert failure.value.reason == "connector_failed"
    assert "RecursionError" in str(failure.value)
    assert "secret" not in str(failure.value)

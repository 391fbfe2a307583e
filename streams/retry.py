"""Waiting out what is transient: in place, with back-off, said once when it begins and ends."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from schemas.errors import TransientError

log = structlog.get_logger()
FIRST_DELAY_SECONDS = 0.2
Result = TypeVar("Result")

# The work of this process that waits. When a server is away all of it waits, for one reason: it is
# said when the first of it begins to, and when the last of it goes on.
_paused: set[str] = set()


async def until_done(
    action: Callable[[], Awaitable[Result]], *, what: str, delay_seconds_max: float
) -> Result:
    """The action's result, however often a TransientError has to be waited out before."""
    delay_seconds = FIRST_DELAY_SECONDS
    while True:
        try:
            result = await action()
        except TransientError as error:
            pause(what, error)
            await _sleep(what, delay_seconds * random.uniform(0.5, 1.0))
            delay_seconds = min(delay_seconds * 2, delay_seconds_max)
        else:
            resume(what)
            return result


async def _sleep(what: str, seconds: float) -> None:
    """Work that is given up while it waits does not wait any more."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        _paused.discard(what)
        raise


def pause(what: str, error: TransientError) -> None:
    """Says that work waits, unless other work does so already."""
    if not _paused:
        log.warning("work_paused", what=what, error=str(error))
    _paused.add(what)


def resume(what: str) -> None:
    """Says that all work goes on, where this was the last that waited."""
    if what in _paused:
        _paused.discard(what)
        if not _paused:
            log.info("work_resumed", what=what)

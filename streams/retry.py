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


async def until_done(
    action: Callable[[], Awaitable[Result]], *, what: str, delay_seconds_max: float
) -> Result:
    """The action's result, however often a TransientError has to be waited out before."""
    delay_seconds, retries = FIRST_DELAY_SECONDS, 0
    while True:
        try:
            result = await action()
        except TransientError as error:
            if retries == 0:
                log.warning("work_paused", what=what, error=str(error))
            retries += 1
            await asyncio.sleep(delay_seconds * random.uniform(0.5, 1.0))
            delay_seconds = min(delay_seconds * 2, delay_seconds_max)
        else:
            if retries:
                log.info("work_resumed", what=what, retries=retries)
            return result

"""Waiting for a condition, with a limit: no sleep that hopes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

LIMIT_SECONDS = 60
Value = TypeVar("Value")


async def eventually(
    look: Callable[[], Awaitable[Value | None]], *, what: str, limit_seconds: float = LIMIT_SECONDS
) -> Value:
    """What `look` answers, once that is true."""
    deadline = time.monotonic() + limit_seconds
    while True:
        if found := await look():
            return found
        assert time.monotonic() < deadline, f"{what}: not within {limit_seconds} s"
        await asyncio.sleep(0.05)

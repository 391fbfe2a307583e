"""Looking into the database again and again, through its outages too."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncpg

from streams.command_line.connect import connected
from streams.command_line.refusal import CommandRefused

LOOK_SECONDS = 0.2
OUTAGE_SECONDS_MAX = 60.0
OUTAGE_PAUSE_SECONDS = 1.0
OUTAGES = {
    "database_failed",
    "database_unreachable",
    "ended_abruptly",
    "not_running",
    "still_starting",
}
Found = TypeVar("Found")


class DatabaseWatch:
    """Looks until there is something to be found."""

    def __init__(self, data_dir: Path, *, look_seconds: float | None = None) -> None:
        self._data_dir = data_dir
        self._look_seconds = LOOK_SECONDS if look_seconds is None else look_seconds
        self._looked_at = time.monotonic()  # When the database last answered.

    async def until(self, look: Callable[[asyncpg.Connection], Awaitable[Found | None]]) -> Found:
        """What `look` finds, once it finds something.

        Raises what `look` raises, or CommandRefused with what keeps the database from answering
        for a minute.
        """
        while True:
            try:
                async with connected(self._data_dir) as connection:
                    while (found := await look(connection)) is None:
                        self._looked_at = time.monotonic()
                        await asyncio.sleep(self._look_seconds)
                    return found
            except CommandRefused as refused:
                silent_seconds = time.monotonic() - self._looked_at
                if refused.code not in OUTAGES or silent_seconds > OUTAGE_SECONDS_MAX:
                    raise
            await asyncio.sleep(OUTAGE_PAUSE_SECONDS)

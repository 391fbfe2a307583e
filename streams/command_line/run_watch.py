"""Waiting for a sync run's outcome, through outages of the database too."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg

from projections.queries.run_state import RunState, RunVouchers, run_state, run_vouchers
from streams.command_line.connect import connected
from streams.command_line.refusal import CommandRefused

LOOK_SECONDS = 0.2
# An outcome is told once the status shows it, or after this time without the status.
SHOWN_SECONDS_MAX = 10.0
OUTAGE_SECONDS_MAX = 60.0
OUTAGE_PAUSE_SECONDS = 1.0
OUTAGES = {
    "database_failed",
    "database_unreachable",
    "ended_abruptly",
    "not_running",
    "still_starting",
}
Report = Callable[[RunState], None]


class RunWatch:
    """Looks at one run until it has ended, and reports each look."""

    def __init__(self, data_dir: Path, run_id: str, report: Report) -> None:
        self._data_dir = data_dir
        self._run_id = run_id
        self._report = report
        self._looked_at = time.monotonic()  # When the database last answered.

    async def until_ended(self) -> tuple[RunState, RunVouchers]:
        """The run's end, and what it read of vouchers. Raises CommandRefused.

        That is `company_removed`, or what keeps the database from answering for a minute.
        """
        while True:
            try:
                async with connected(self._data_dir) as connection:
                    ended = await self._look(connection)
                    return ended, await run_vouchers(connection, self._run_id)
            except CommandRefused as refused:
                silent_seconds = time.monotonic() - self._looked_at
                if refused.code not in OUTAGES or silent_seconds > OUTAGE_SECONDS_MAX:
                    raise
            await asyncio.sleep(OUTAGE_PAUSE_SECONDS)

    async def _look(self, connection: asyncpg.Connection) -> RunState:
        ended_at = None
        while True:
            state = await run_state(connection, self._run_id)
            self._looked_at = time.monotonic()
            if state is None:
                raise CommandRefused("company_removed")
            self._report(state)
            if state.has_ended:
                ended_at = ended_at or self._looked_at
                if state.is_shown or self._looked_at - ended_at > SHOWN_SECONDS_MAX:
                    return state
            await asyncio.sleep(LOOK_SECONDS)

"""Waiting for a sync run's outcome, through outages of the database too."""

import time
from collections.abc import Callable
from pathlib import Path

import asyncpg

from projections.queries.run_state import RunState, RunVouchers, run_state, run_vouchers
from streams.command_line.database_watch import DatabaseWatch
from streams.command_line.refusal import CommandRefused

# An outcome is told once the status shows it, or after this time without the status.
SHOWN_SECONDS_MAX = 10.0
Report = Callable[[RunState], None]


class RunWatch:
    """Looks at one run until it has ended, and reports each look."""

    def __init__(self, data_dir: Path, run_id: str, report: Report) -> None:
        self._data_dir = data_dir
        self._run_id = run_id
        self._report = report
        self._ended_at: float | None = None  # When its end was first seen.

    async def until_ended(self) -> tuple[RunState, RunVouchers]:
        """The run's end, and what it read of vouchers. Raises CommandRefused.

        That is `company_removed`, or what keeps the database from answering for a minute.
        """
        return await DatabaseWatch(self._data_dir).until(self._look)

    async def _look(self, connection: asyncpg.Connection) -> tuple[RunState, RunVouchers] | None:
        state = await run_state(connection, self._run_id)
        if state is None:
            raise CommandRefused("company_removed")
        self._report(state)
        if not state.has_ended:
            return None
        now = time.monotonic()
        self._ended_at = self._ended_at or now
        if not state.is_shown and now - self._ended_at <= SHOWN_SECONDS_MAX:
            return None
        return state, await run_vouchers(connection, self._run_id)

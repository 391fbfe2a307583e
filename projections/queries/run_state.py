"""How far has a sync run come, and what of its vouchers is in the ledger?"""

from dataclasses import dataclass

import asyncpg

# A run that has ended shows in the status once the status has heard of it.
RUN_STATE = """
    SELECT run.state, run.run_number, run.reason, run.detail, run.vouchers_done AS done,
        run.vouchers_expected AS expected, run.finished_at IS NOT NULL AS has_ended,
        known.finished_at IS NOT NULL AS is_shown
    FROM engine.sync_run AS run
    LEFT JOIN status.sync_run AS known USING (company_id, run_id)
    WHERE run_id = $1
"""
# Of each read the attempt that got through.
RUN_VOUCHERS = """
    SELECT coalesce(sum(created + changed + unchanged), 0)::bigint AS vouchers,
        coalesce(sum(set_aside), 0)::bigint AS set_aside
    FROM engine.sync_read AS read
    JOIN engine.sync_run AS run USING (run_id)
    JOIN ledger.read_result AS result ON result.company_id = run.company_id
        AND result.run_number = run.run_number AND result.attempt = read.attempt
        AND result.read = read.read
    WHERE run_id = $1 AND result.part = 'vouchers' AND result.state = 'complete'
"""


@dataclass(frozen=True)
class RunState:
    state: str  # queued, running, confirming, completed, failed, cancelled
    run_number: int | None
    reason: str | None
    detail: str
    done: int
    expected: int
    has_ended: bool
    is_shown: bool  # Whoever looks at the status now finds the run there, with its end.


@dataclass(frozen=True)
class RunVouchers:
    vouchers: int
    set_aside: int


async def run_state(connection: asyncpg.Connection, run_id: str) -> RunState | None:
    """Where the run is now; None where its company has been removed."""
    row = await connection.fetchrow(RUN_STATE, run_id)
    return None if row is None else RunState(**row)


async def run_vouchers(connection: asyncpg.Connection, run_id: str) -> RunVouchers:
    """What a completed run read of vouchers, as the ledger counted it."""
    row = await connection.fetchrow(RUN_VOUCHERS, run_id)
    assert row is not None  # Two sums are always one row.
    return RunVouchers(**row)

"""How far has a sync run come, and what of its vouchers is in the ledger?"""

from dataclasses import dataclass
from typing import Literal

import asyncpg

from projections.queries.snapshot import snapshot

# A run that has ended shows in the status once the status has heard of it.
RUN_STATE = """
    SELECT CASE WHEN known.state = 'stalled' AND run.finished_at IS NULL THEN known.state
            ELSE run.state END AS state,
        run.run_number, run.reason, run.detail, run.vouchers_done AS done,
        run.vouchers_expected AS expected, run.finished_at IS NOT NULL AS has_ended,
        known.finished_at IS NOT NULL AS is_shown
    FROM engine.sync_run AS run
    LEFT JOIN status.sync_run AS known USING (company_id, run_id)
    WHERE run_id = $1
"""
# Of each read the attempt that got through.
RUN_VOUCHERS = """
    SELECT coalesce(sum(created), 0)::bigint AS created,
        coalesce(sum(changed), 0)::bigint AS changed,
        coalesce(sum(removed), 0)::bigint AS removed,
        coalesce(sum(unchanged), 0)::bigint AS unchanged,
        coalesce(sum(set_aside), 0)::bigint AS set_aside
    FROM engine.sync_read AS read
    JOIN engine.sync_run AS run USING (run_id)
    JOIN ledger.read_result AS result ON result.company_id = run.company_id
        AND result.run_number = run.run_number AND result.attempt = read.attempt
        AND result.read = read.read
    WHERE run_id = $1 AND result.part = 'vouchers' AND result.state = 'complete'
"""
# Only of reads that add: of a whole year nobody needs to count them again.
POSTINGS_ADDED = """
    SELECT count(*) FROM engine.sync_run AS run
    JOIN ledger.voucher_change AS change USING (company_id, run_number)
    JOIN ledger.posting AS added USING (company_id, fiscal_year, series, number, occurrence)
    WHERE run_id = $1 AND change.change = 'created' AND added.state <> 'struck'
        AND EXISTS (
            SELECT FROM ledger.read_result AS result
            WHERE result.company_id = run.company_id AND result.run_number = run.run_number
                AND result.fiscal_year = change.fiscal_year AND result.part = 'vouchers'
                AND result.state = 'complete' AND NOT result.snapshot
        )
"""
# A run of whole years with totals has proved those years.
PROOF = """
    SELECT CASE WHEN bool_or(proof.state = 'differs') THEN 'differs' ELSE 'verified' END AS proof,
        sum((
            SELECT count(DISTINCT account) FROM ledger.verification_difference AS difference
            WHERE difference.company_id = proof.company_id
                AND difference.fiscal_year = proof.fiscal_year
        ))::bigint AS differing_accounts
    FROM engine.sync_run AS run
    JOIN ledger.verification AS proof USING (company_id, run_number)
    WHERE run_id = $1
    HAVING count(*) > 0
"""


@dataclass(frozen=True)
class RunState:
    state: str  # queued, running, confirming, stalled, completed, failed, cancelled
    run_number: int | None
    reason: str | None
    detail: str
    done: int
    expected: int
    has_ended: bool
    is_shown: bool  # Whoever looks at the status now finds the run there, with its end.


@dataclass(frozen=True)
class RunVouchers:
    """What a run did to the vouchers of its source, as the ledger has counted it."""

    created: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0  # There already, as they were.
    set_aside: int = 0
    postings_added: int = 0  # By reads that add, with the vouchers that they created.
    proof: Literal["verified", "differs"] | None = None  # None: no totals came with them.
    differing_accounts: int = 0


async def run_state(connection: asyncpg.Connection, run_id: str) -> RunState | None:
    """Where the run is now; None where its company has been removed."""
    row = await connection.fetchrow(RUN_STATE, run_id)
    return None if row is None else RunState(**row)


async def run_vouchers(connection: asyncpg.Connection, run_id: str) -> RunVouchers:
    """What a completed run did to vouchers, and whether it has proved its year."""
    async with snapshot(connection):
        counts = await connection.fetchrow(RUN_VOUCHERS, run_id)
        added = await connection.fetchval(POSTINGS_ADDED, run_id)
        proof = await connection.fetchrow(PROOF, run_id)
    assert counts is not None  # Sums are always one row.
    return RunVouchers(**counts, postings_added=added, **dict(proof or {}))

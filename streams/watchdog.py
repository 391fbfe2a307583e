"""The watchdog: says of a run without an outcome that it is stalled, once per attempt."""

from typing import Literal

import asyncpg

from projections.migrate import LEDGER
from schemas.lifecycle_events import SyncStalled
from streams import companies, offsets, outbox, topics
from streams.database import Database

RUNS_MAX = 200
Reason = Literal["ledger_stopped", "no_outcome"]

OPEN = """
    SELECT run_id, company_id, queued_at <= engine.clock() - make_interval(secs => $1) AS is_late
    FROM engine.sync_run
    WHERE state IN ('queued', 'running', 'confirming') AND stalled_at IS NULL
    ORDER BY queue_number
"""
STALL = """
    UPDATE engine.sync_run SET stalled_at = engine.clock()
    WHERE run_id = $1 AND state IN ('queued', 'running', 'confirming') AND stalled_at IS NULL
    RETURNING stalled_at
"""


async def watch(database: Database, *, stalled_seconds: float) -> int:
    """Says what has stalled, up to a batch; how many runs."""
    async with database.connection() as connection:
        runs = await connection.fetch(OPEN, stalled_seconds)
        ledger = await offsets.read(connection, LEDGER) if runs else {}
    stalled = [(run, reason) for run in runs if (reason := _reason(run, ledger))]
    for run, reason in stalled[:RUNS_MAX]:
        async with database.transaction() as connection:
            await _stall(connection, run["run_id"], run["company_id"], reason)
    return len(stalled[:RUNS_MAX])


def _reason(run: asyncpg.Record, ledger: dict[int, offsets.Stored]) -> Reason | None:
    partition = topics.partition_of(run["company_id"], partitions=len(ledger))
    if ledger[partition].stopped_reason is not None:
        return "ledger_stopped"
    return "no_outcome" if run["is_late"] else None


async def _stall(
    connection: asyncpg.Connection, run_id: str, company_id: str, reason: Reason
) -> None:
    await companies.lock(connection, company_id)
    stalled_at = await connection.fetchval(STALL, run_id)
    if stalled_at is not None:  # It may have come to an end meanwhile.
        await outbox.emit(
            connection,
            SyncStalled,
            company_id=company_id,
            occurred_at=stalled_at,
            run_id=run_id,
            reason=reason,
        )

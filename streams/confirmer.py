"""The confirmer: a run has ended when the ledger says so, and as the ledger says.

Read results of the ledger become the run's final event: SyncCompleted, or SyncFailed where a read
is incomplete, or where the ledger has passed a read's end without a result for it.
"""

from typing import Any

import asyncpg

from streams import sync_runs
from streams.database import Database

CONFIRMING = """
    SELECT run_id, company_id FROM engine.sync_run WHERE state = 'confirming'
    ORDER BY queue_number
"""
# One statement, one snapshot: a result and the offset that passed it belong together.
RESULTS = """
    SELECT read.read, result.state, result.part, result.fiscal_year, result.snapshot,
        result.created, result.changed, result.removed, result.unchanged, result.set_aside,
        stood.next_offset > read.message_offset AS passed
    FROM engine.sync_read AS read
    JOIN engine.sync_run AS run USING (run_id)
    JOIN engine.projection_offset AS stood
        ON stood.agent = $2 AND stood.in_use AND stood.partition = read.partition
    LEFT JOIN ledger.read_result AS result ON result.company_id = run.company_id
        AND result.run_number = run.run_number AND result.attempt = read.attempt
        AND result.read = read.read AND result.state <> 'reading'
    WHERE read.run_id = $1 ORDER BY read.position
"""
OUTCOME_COUNTS = ("created", "changed", "removed", "unchanged", "set_aside")


async def confirm(database: Database, *, ledger_agent: str) -> int:
    """Ends the confirming runs whose reads all have a word from the ledger; how many."""
    async with database.connection() as connection:
        open_runs = await connection.fetch(CONFIRMING)
    ended = 0
    for run in open_runs:
        async with database.transaction() as connection:
            ended += await _confirm(
                connection, run["run_id"], run["company_id"], ledger_agent=ledger_agent
            )
    return ended


async def _confirm(
    connection: asyncpg.Connection, run_id: str, company_id: str, *, ledger_agent: str
) -> bool:
    results = await connection.fetch(RESULTS, run_id, ledger_agent)
    assert results  # A run that confirms has published at least one read.
    if any(result["state"] is None and not result["passed"] for result in results):
        return False
    row = await sync_runs.lock_open(connection, run_id=run_id, company_id=company_id)
    if row is None or row["state"] != "confirming":
        return False
    now = await connection.fetchval("SELECT engine.clock()")
    reads = [_outcome(result) for result in results if result["state"] is not None]
    faulty = [result["read"] for result in results if result["state"] != "complete"]
    if faulty:
        detail = f"the ledger did not get all of {', '.join(faulty)}; nothing was removed"
        await sync_runs.fail(
            connection, row, reason="incomplete", detail=detail, reads=reads, now=now
        )
    else:
        await sync_runs.complete(connection, row, reads, now)
    return True


def _outcome(result: asyncpg.Record) -> dict[str, Any]:
    read = {"part": result["part"], "fiscal_year": result["fiscal_year"]}
    counts = {name: result[name] for name in OUTCOME_COUNTS}
    return {"read": read, "state": result["state"], "snapshot": result["snapshot"], **counts}

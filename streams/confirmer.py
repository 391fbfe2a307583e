"""The confirmer: a run has ended when the ledger says so, and as the ledger says.

Read results of the ledger become the run's final event: SyncCompleted, or SyncFailed where a read
is incomplete, or where the ledger has passed a read's end without a result for it.
"""

from datetime import timedelta
from typing import Any

import asyncpg

from schemas.parts import Read
from streams import purges, run_ends, sync_runs
from streams.database import Database
from streams.run_ends import Failure

CONFIRMING = """
    SELECT run_id, company_id FROM engine.sync_run WHERE state = 'confirming'
    ORDER BY queue_number
"""
# One statement, one snapshot: a result and the offset that passed it belong together.
RESULTS = """
    SELECT read.read, result.state, result.snapshot,
        result.created, result.changed, result.removed, result.unchanged, result.set_aside,
        coalesce(stood.next_offset > read.message_offset, false) AS passed
    FROM engine.sync_read AS read
    JOIN engine.sync_run AS run USING (run_id)
    LEFT JOIN engine.projection_offset AS stood
        ON stood.agent = $2 AND stood.in_use AND stood.partition = read.partition
    LEFT JOIN ledger.read_result AS result ON result.company_id = run.company_id
        AND result.run_number = run.run_number AND result.attempt = read.attempt
        AND result.read = read.read AND result.state <> 'reading'
    WHERE read.run_id = $1 ORDER BY read.position
"""
INCOMPLETE = "incomplete"  # The reason of a run that the ledger did not get whole.
OUTCOME_COUNTS = ("created", "changed", "removed", "unchanged", "set_aside")


async def confirm(database: Database, *, ledger_agent: str, interval: timedelta) -> int:
    """Ends the confirming runs whose reads all have a word from the ledger; how many."""
    async with database.connection() as connection:
        open_runs = await connection.fetch(CONFIRMING)
    ended = 0
    for run in open_runs:
        async with database.transaction() as connection:
            results = await connection.fetch(RESULTS, run["run_id"], ledger_agent)
            ended += await _confirm(connection, run, results, interval=interval)
    return ended


async def _confirm(
    connection: asyncpg.Connection,
    run: asyncpg.Record,
    results: list[asyncpg.Record],
    *,
    interval: timedelta,
) -> bool:
    """Ends the run, if the ledger has said all; a scope that the source has nothing of is done."""
    if any(result["state"] is None and not result["passed"] for result in results):
        return False
    row = await sync_runs.lock_open(connection, run_id=run["run_id"], company_id=run["company_id"])
    if row is None or row["state"] != "confirming":
        return False
    # What was emptied before the run is told before it: else it would seem to empty what it brings.
    await purges.complete_of(connection, run["company_id"])
    reads = [_outcome(result) for result in results]
    faulty = [result["read"] for result in results if result["state"] != "complete"]
    if faulty:
        detail = f"the ledger did not get all of {', '.join(faulty)}; nothing was removed"
        failure = Failure(INCOMPLETE, detail, reads=reads, unfinished=faulty)
        await run_ends.fail(connection, row, failure, interval=interval)
    else:
        await run_ends.complete(connection, row, reads, interval=interval)
    return True


def _outcome(result: asyncpg.Record) -> dict[str, Any]:
    """What the ledger has made of a read; nothing, where it has passed its end without a word."""
    read = Read.named(result["read"])
    if result["state"] is None:
        return {"read": read, "state": "incomplete"}
    counts = {name: result[name] for name in OUTCOME_COUNTS}
    return {"read": read, "state": result["state"], "snapshot": result["snapshot"], **counts}

"""The state of sync runs: claimed, carried on and ended, each in one transaction with its event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from schemas.errors import TransientError
from schemas.lifecycle_events import SyncCompleted, SyncFailed, SyncStarted
from schemas.limits import TEXT_CHARACTERS_MAX
from streams import lease, outbox

# A queued run whose SyncQueued the broker has, or a running one whose runner's lease ran out; not
# where another run of its company is under way.
CANDIDATES = """
    SELECT run.run_id, run.company_id FROM engine.sync_run AS run
    WHERE (run.state = 'queued' AND NOT EXISTS (
            SELECT FROM engine.outbox
            WHERE outbox_id = run.queued_outbox_id AND published_at IS NULL)
        OR run.state = 'running' AND NOT EXISTS (
            SELECT FROM engine.lease WHERE name = 'run:' || run.run_id AND until >= engine.clock()))
        AND NOT EXISTS (
            SELECT FROM engine.sync_run AS other WHERE other.company_id = run.company_id
                AND other.run_id <> run.run_id AND other.state IN ('running', 'confirming'))
    ORDER BY (SELECT count(*) FROM engine.sync_run AS older
        WHERE older.company_id = run.company_id AND older.state = 'queued'
            AND older.queue_number < run.queue_number), run.queue_number
    LIMIT 20
"""
LOCK_COMPANY = "SELECT FROM engine.company WHERE company_id = $1 FOR UPDATE SKIP LOCKED"
LOCK_RUN = """
    SELECT run.*, company.generation AS company_generation,
        company.run_number AS company_run_number,
        coalesce(ledger.generation, 0) AS ledger_generation,
        coalesce(ledger.run_number, 0) AS ledger_run_number,
        EXISTS (SELECT FROM engine.sync_run AS other WHERE other.company_id = run.company_id
            AND other.run_id <> run.run_id AND other.state IN ('running', 'confirming')
        ) AS other_runs
    FROM engine.sync_run AS run
    JOIN engine.company AS company USING (company_id)
    LEFT JOIN ledger.company AS ledger USING (company_id)
    WHERE run.run_id = $1 FOR UPDATE OF run
"""
START = """
    UPDATE engine.sync_run SET state = 'running', generation = $2, run_number = $3,
        attempt = attempt + 1, started_at = coalesce(started_at, engine.clock())
    WHERE run_id = $1 RETURNING attempt, started_at
"""
RAISE_RUN_NUMBER = """
    UPDATE engine.company SET run_number = $2, generation = $3 WHERE company_id = $1
"""
PROGRESS = "UPDATE engine.sync_run SET vouchers_done = $3 WHERE run_id = $1 AND attempt = $2"
DONE_READS = "SELECT read FROM engine.sync_read WHERE run_id = $1"
# Only the attempt that has the run may say so: another's reads are its own business.
ADD_READ = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset)
    SELECT run_id, $2, attempt, $4, $5, $6 FROM engine.sync_run
    WHERE run_id = $1 AND attempt = $3 AND state = 'running' FOR UPDATE
    RETURNING true
"""
CONFIRMING = """
    UPDATE engine.sync_run SET state = 'confirming', fetched_at = engine.clock()
    WHERE run_id = $1 AND attempt = $2 AND state = 'running' RETURNING true
"""
LOCK_OPEN = """
    SELECT run.* FROM engine.sync_run AS run
    WHERE run_id = $1 AND state IN ('running', 'confirming') FOR UPDATE
"""
FINISH = """
    UPDATE engine.sync_run SET state = $2, reason = $3, detail = $4, finished_at = $5
    WHERE run_id = $1
"""
# The bookkeeping of a file is on the topic now; what remains is the log of the upload.
FORGET_FILE = """
    DELETE FROM engine.upload_chunk USING engine.sync_run AS run
    WHERE run.run_id = $1 AND upload_chunk.upload_id = run.upload_id
"""
ATTEMPTS_MAX = 20


class RunLost(TransientError):
    """The run's lease ran out, and another runner has taken it: there is nothing more to do."""


@dataclass(frozen=True)
class Claimed:
    """A run that this runner holds."""

    run_id: str
    company_id: str
    generation: int
    run_number: int
    attempt: int
    upload_id: str | None


def lease_name(run_id: str) -> str:
    return f"run:{run_id}"


async def candidates(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    """Runs that could be claimed, with their companies; each company's first one first."""
    return [(row["run_id"], row["company_id"]) for row in await connection.fetch(CANDIDATES)]


async def claim(
    connection: asyncpg.Connection, *, run_id: str, company_id: str, holder: str, seconds: float
) -> Claimed | None:
    """Takes the run, if it is still to be had; gives generation, run number and attempt.

    Inside the caller's transaction; locks the company, then the run.
    """
    if await connection.fetchrow(LOCK_COMPANY, company_id) is None:
        return None
    row = await connection.fetchrow(LOCK_RUN, run_id)
    if row is None or row["state"] not in ("queued", "running") or row["other_runs"]:
        return None
    name = lease_name(run_id)
    if not await lease.acquire(connection, name=name, holder=holder, seconds=seconds):
        return None
    generation = max(row["company_generation"], row["ledger_generation"])
    run_number = row["run_number"]
    if run_number is None:
        run_number = max(row["company_run_number"], row["ledger_run_number"]) + 1
        await connection.execute(RAISE_RUN_NUMBER, company_id, run_number, generation)
    started = await connection.fetchrow(START, run_id, generation, run_number)
    assert started is not None  # Its row is locked.
    attempt, started_at = started
    await outbox.emit(
        connection,
        SyncStarted,
        company_id=company_id,
        occurred_at=started_at,
        run_id=run_id,
        generation=generation,
        run_number=run_number,
        attempt=attempt,
    )
    return Claimed(run_id, company_id, generation, run_number, attempt, row["upload_id"])


async def done_reads(connection: asyncpg.Connection, run_id: str) -> set[str]:
    """The names of the run's reads that were published whole, by this attempt or one before."""
    return {row["read"] for row in await connection.fetch(DONE_READS, run_id)}


async def add_read(
    connection: asyncpg.Connection,
    run: Claimed,
    *,
    read: str,
    position: int,
    partition: int,
    message_offset: int,
) -> None:
    """Remembers that a read was published whole, and where its ReadCompleted stands.

    Raises RunLost where another attempt has the run.
    """
    arguments = (run.run_id, read, run.attempt, position, partition, message_offset)
    if not await connection.fetchval(ADD_READ, *arguments):
        raise RunLost(run.run_id)


async def confirm(connection: asyncpg.Connection, run: Claimed) -> None:
    """Everything is published: the ledger has the word now. Raises RunLost as `add_read`."""
    if not await connection.fetchval(CONFIRMING, run.run_id, run.attempt):
        raise RunLost(run.run_id)


async def complete(
    connection: asyncpg.Connection, row: asyncpg.Record, reads: list[dict[str, Any]], now: datetime
) -> None:
    """Ends a confirmed run well; its row and its company's are locked."""
    await connection.execute(FINISH, row["run_id"], "completed", None, "", now)
    await connection.execute(FORGET_FILE, row["run_id"])
    await outbox.emit(
        connection,
        SyncCompleted,
        company_id=row["company_id"],
        occurred_at=now,
        run_id=row["run_id"],
        run_number=row["run_number"],
        fetched_at=row["fetched_at"],
        reads=reads,
    )


async def fail(
    connection: asyncpg.Connection,
    row: asyncpg.Record,
    *,
    reason: str,
    detail: str,
    reads: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Ends a run badly; its row and its company's are locked."""
    detail = detail[:TEXT_CHARACTERS_MAX]
    await connection.execute(FINISH, row["run_id"], "failed", reason, detail, now)
    await connection.execute(FORGET_FILE, row["run_id"])
    await outbox.emit(
        connection,
        SyncFailed,
        company_id=row["company_id"],
        occurred_at=now,
        run_id=row["run_id"],
        run_number=row["run_number"],
        reason=reason,
        detail=detail,
        reads=reads,
    )


async def lock_open(
    connection: asyncpg.Connection, *, run_id: str, company_id: str
) -> asyncpg.Record | None:
    """The run with its company locked, if it has no end yet."""
    await connection.execute(
        "SELECT FROM engine.company WHERE company_id = $1 FOR UPDATE", company_id
    )
    return await connection.fetchrow(LOCK_OPEN, run_id)

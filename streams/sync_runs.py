"""Runs that are under way: claimed by a runner, carried on by the next, and what they have read.

How they end is told in run_ends.py.
"""

from dataclasses import dataclass

import asyncpg

from schemas.errors import TransientError
from schemas.lifecycle_events import SyncStarted, Trigger
from schemas.limits import TEXT_CHARACTERS_MAX
from schemas.parts import Scope
from schemas.sources import SOURCES, Source
from streams import lease, outbox
from streams.decisions import UNATTENDED

HEAD_START_SECONDS = 600.0
# Of each company its oldest open run: where that is queued and the broker has its SyncQueued, or
# where it is running and its runner's lease ran out; but no queued one of a source that has as many
# runs as it takes. A company waits since it asked, or since its run before this one ended, so that
# one with many runs is served in turn with those that have one. Nobody waits for a run that comes
# by itself: it lets through what was asked for up to so many seconds after it, and no more.
CANDIDATES = """
    WITH open_run AS (
        SELECT *, min(queue_number) OVER (PARTITION BY company_id) AS first_number
        FROM engine.sync_run WHERE state IN ('queued', 'running', 'confirming')
    ), full_source AS (
        SELECT source FROM open_run
        JOIN unnest($1::text[], $2::integer[]) AS allowed (source, runs) USING (source)
        WHERE state = 'running' GROUP BY source, runs HAVING count(*) >= runs
    )
    SELECT run.run_id, run.company_id FROM open_run AS run
    LEFT JOIN LATERAL (
        SELECT finished_at FROM engine.sync_run AS one
        WHERE one.company_id = run.company_id AND one.queue_number < run.queue_number
        ORDER BY one.queue_number DESC LIMIT 1
    ) AS before ON true
    WHERE run.queue_number = run.first_number
        AND (run.state = 'queued' AND run.source NOT IN (SELECT source FROM full_source)
            AND NOT EXISTS (SELECT FROM engine.outbox
                WHERE outbox_id = run.queued_outbox_id AND published_at IS NULL)
        OR run.state = 'running' AND NOT EXISTS (SELECT FROM engine.lease
            WHERE name = 'run:' || run.run_id AND until >= engine.clock()))
    ORDER BY greatest(run.queued_at, before.finished_at)
        + make_interval(secs => CASE WHEN run.trigger = ANY($3::text[]) THEN $4 ELSE 0 END),
        run.queue_number
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
        ) AS other_runs,
        EXISTS (SELECT FROM engine.lease WHERE name = 'run:' || run.run_id) AS is_left_behind
    FROM engine.sync_run AS run
    JOIN engine.company AS company USING (company_id)
    LEFT JOIN ledger.company AS ledger USING (company_id)
    WHERE run.run_id = $1 FOR UPDATE OF run
"""
# Claims of one source come one after the other, so that each counts those before it.
LOCK_SOURCE = "SELECT pg_advisory_xact_lock(hashtextextended('bokflow source ' || $1, 0))"
RUNNING = "SELECT count(*) FROM engine.sync_run WHERE source = $1 AND state = 'running'"
# Whoever was told that it is stalled hears of it again, should it stop once more. A runner that is
# there to see its attempt end gives its lease back; one that is lost leaves it behind.
START = """
    UPDATE engine.sync_run SET state = 'running', generation = $2, run_number = $3,
        attempt = attempt + 1, runners_lost = runners_lost + $4::integer,
        started_at = coalesce(started_at, engine.clock()), stalled_at = NULL
    WHERE run_id = $1 RETURNING attempt, runners_lost, started_at
"""
RAISE_RUN_NUMBER = """
    UPDATE engine.company SET run_number = $2, generation = $3 WHERE company_id = $1
"""
# A file does not get slower: what holds an upload up is an outage, and that is waited out.
LOOK = """
    SELECT cancel_requested_at IS NOT NULL AS is_cancelled,
        upload_id IS NULL AND started_at + make_interval(secs => $3) < engine.clock() AS is_late
    FROM engine.sync_run WHERE run_id = $1 AND attempt = $2 AND state = 'running'
"""
PROGRESS = """
    UPDATE engine.sync_run SET vouchers_done = $3 WHERE run_id = $1 AND attempt = $2
    RETURNING pg_notify('bokflow_progress', run_id)
"""
DONE_READS = "SELECT read, vouchers FROM engine.sync_read WHERE run_id = $1"
# Only the attempt that has the run may say so: another's reads are its own business.
ADD_READ = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset,
        vouchers, watermark, whole)
    SELECT run_id, $2, attempt, $4, $5, $6, $7, $8, $9 FROM engine.sync_run
    WHERE run_id = $1 AND attempt = $3 AND state = 'running' FOR UPDATE
    RETURNING true
"""
# The source has room for another company now: runners look.
CONFIRMING = """
    UPDATE engine.sync_run SET state = 'confirming', fetched_at = engine.clock(),
        vouchers_done = $2, detail = $3
    WHERE run_id = $1
    RETURNING pg_notify('bokflow_progress', run_id), pg_notify('bokflow_published', '')
"""
LOCK_OPEN = """
    SELECT run.* FROM engine.sync_run AS run
    WHERE run_id = $1 AND state IN ('running', 'confirming') FOR UPDATE
"""


class RunLost(TransientError):
    """Another runner has taken the run, or it has been ended: there is nothing more to do."""


@dataclass(frozen=True)
class Claimed:
    """A run that this runner holds."""

    run_id: str
    company_id: str
    source: str
    trigger: Trigger
    scope: Scope
    generation: int
    run_number: int
    attempt: int
    runners_lost: int  # Those that had it before, and have not given it back.
    upload_id: str | None


@dataclass(frozen=True)
class PublishedRead:
    """A read that the broker has all of."""

    name: str
    position: int
    partition: int
    end_offset: int  # Where its ReadCompleted stands.
    vouchers: int
    watermark: str | None
    is_whole: bool


@dataclass(frozen=True)
class Look:
    """What a runner has to know of its run while it reads."""

    is_cancelled: bool
    is_late: bool


def lease_name(run_id: str) -> str:
    return f"run:{run_id}"


async def candidates(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    """Runs that could be claimed, with their companies; who is to be served first comes first."""
    limited = [source for source in SOURCES.values() if source.is_direct]
    names, limits = [one.name for one in limited], [one.runs_at_once for one in limited]
    rows = await connection.fetch(CANDIDATES, names, limits, UNATTENDED, HEAD_START_SECONDS)
    return [(row["run_id"], row["company_id"]) for row in rows]


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
    if row["state"] == "queued" and not await _has_room(connection, SOURCES[row["source"]]):
        return None
    name = lease_name(run_id)
    if not await lease.acquire(connection, name=name, holder=holder, seconds=seconds):
        return None
    return await _start(connection, row)


async def _has_room(connection: asyncpg.Connection, source: Source) -> bool:
    """Whether one more company of the source may be read; nobody else adds one meanwhile."""
    if not source.is_direct:
        return True
    await connection.execute(LOCK_SOURCE, source.name)
    running: int = await connection.fetchval(RUNNING, source.name)
    return running < source.runs_at_once


async def _start(connection: asyncpg.Connection, row: asyncpg.Record) -> Claimed:
    generation = max(row["company_generation"], row["ledger_generation"])
    run_number = row["run_number"]
    if run_number is None:
        run_number = max(row["company_run_number"], row["ledger_run_number"]) + 1
        await connection.execute(RAISE_RUN_NUMBER, row["company_id"], run_number, generation)
    lost = int(row["is_left_behind"])
    started = await connection.fetchrow(START, row["run_id"], generation, run_number, lost)
    assert started is not None  # Its row is locked.
    await outbox.emit(
        connection,
        SyncStarted,
        company_id=row["company_id"],
        occurred_at=started["started_at"],
        run_id=row["run_id"],
        generation=generation,
        run_number=run_number,
        attempt=started["attempt"],
    )
    return Claimed(
        run_id=row["run_id"],
        company_id=row["company_id"],
        source=row["source"],
        trigger=row["trigger"],
        scope=Scope.model_validate_json(row["scope"]),
        generation=generation,
        run_number=run_number,
        attempt=started["attempt"],
        runners_lost=started["runners_lost"],
        upload_id=row["upload_id"],
    )


async def look(connection: asyncpg.Connection, run: Claimed, *, seconds_max: float) -> Look:
    """Whether somebody has asked for the run's end, or it has taken too long. Raises RunLost."""
    row = await connection.fetchrow(LOOK, run.run_id, run.attempt, seconds_max)
    if row is None:
        raise RunLost(run.run_id)
    return Look(**row)


async def show_progress(connection: asyncpg.Connection, run: Claimed, *, vouchers: int) -> None:
    """Says how many vouchers have been read, to whoever watches."""
    await connection.execute(PROGRESS, run.run_id, run.attempt, vouchers)


async def done_reads(connection: asyncpg.Connection, run_id: str) -> dict[str, int]:
    """The reads that were published whole, by this attempt or one before, and their vouchers."""
    rows = await connection.fetch(DONE_READS, run_id)
    return {row["read"]: row["vouchers"] for row in rows}


async def add_read(connection: asyncpg.Connection, run: Claimed, read: PublishedRead) -> None:
    """Remembers that a read was published whole. Raises RunLost."""
    arguments = (
        run.run_id,
        read.name,
        run.attempt,
        read.position,
        read.partition,
        read.end_offset,
        read.vouchers,
        read.watermark,
        read.is_whole,
    )
    if not await connection.fetchval(ADD_READ, *arguments):
        raise RunLost(run.run_id)


async def confirm(
    connection: asyncpg.Connection, row: asyncpg.Record, *, vouchers: int, remark: str
) -> None:
    """Everything is published: the ledger has the word now. The run's row is locked."""
    await connection.execute(CONFIRMING, row["run_id"], vouchers, remark[:TEXT_CHARACTERS_MAX])


async def lock_open(
    connection: asyncpg.Connection, *, run_id: str, company_id: str
) -> asyncpg.Record | None:
    """The run with its company locked, if it has no end yet."""
    await connection.execute(
        "SELECT FROM engine.company WHERE company_id = $1 FOR UPDATE", company_id
    )
    return await connection.fetchrow(LOCK_OPEN, run_id)


async def lock_own(connection: asyncpg.Connection, run: Claimed) -> asyncpg.Record:
    """The run with its company locked, while it is still this runner's. Raises RunLost."""
    row = await lock_open(connection, run_id=run.run_id, company_id=run.company_id)
    if row is None or row["state"] != "running" or row["attempt"] != run.attempt:
        raise RunLost(run.run_id)
    return row

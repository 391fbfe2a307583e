"""Where each agent stands: offsets that live in PostgreSQL, beside the rows that they stand for."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import asyncpg

from projections.migrate import Reader
from schemas.errors import SyncError, TransientError

DIGEST_BYTES = 16
# Without a version ($2) the rows of the one in use. What takes over while this waits is not seen:
# fewer rows come than were asked for.
LOCK = """
    SELECT partition, version, shape, next_offset, stopped_reason FROM engine.projection_offset
    WHERE agent = $1 AND CASE WHEN $2::integer IS NULL THEN in_use ELSE version = $2 END
        AND partition = ANY($3::integer[])
    ORDER BY partition FOR UPDATE
"""
# Whatever its shape: an upgrade takes over from another one.
HOLD_IN_USE = """
    SELECT partition, next_offset FROM engine.projection_offset
    WHERE agent = $1 AND in_use AND ($2::integer[] IS NULL OR partition = ANY($2))
    ORDER BY partition FOR UPDATE
"""
READ = """
    SELECT partition, version, next_offset, last_digest, stopped_reason
    FROM engine.projection_offset
    WHERE agent = $1 AND CASE WHEN $2::integer IS NULL THEN in_use ELSE version = $2 END
    ORDER BY partition
"""
MOVE = """
    UPDATE engine.projection_offset AS stored
    SET next_offset = moved.next_offset, last_digest = moved.last_digest
    FROM unnest($3::integer[], $4::bigint[], $5::bytea[])
        AS moved (partition, next_offset, last_digest)
    WHERE agent = $1 AND version = $2 AND stored.partition = moved.partition
"""
BEGIN = """
    UPDATE engine.projection_offset AS stored SET next_offset = begun.next_offset
    FROM unnest($3::integer[], $4::bigint[]) AS begun (partition, next_offset)
    WHERE agent = $1 AND version = $2 AND stored.partition = begun.partition
"""
STOP = """
    UPDATE engine.projection_offset SET stopped_at = engine.clock(), stopped_reason = $3
    WHERE agent = $1 AND in_use AND partition = $2
"""
RESUME = """
    UPDATE engine.projection_offset SET stopped_at = NULL, stopped_reason = NULL
    WHERE agent = $1 AND in_use AND partition = $2
"""
RESUME_STOPPED = """
    UPDATE engine.projection_offset SET stopped_at = NULL, stopped_reason = NULL
    WHERE stopped_reason IS NOT NULL AND NOT starts_with(stopped_reason, $1) RETURNING 1
"""
# Who applies messages holds the row of their partition: it is passed over.
AT_REST = """
    WITH free AS MATERIALIZED (
        SELECT partition, next_offset FROM engine.projection_offset
        WHERE agent = $1 AND in_use AND ($2::integer[] IS NULL OR partition = ANY($2))
        FOR KEY SHARE SKIP LOCKED
    )
    SELECT partition, next_offset FROM free
    WHERE (SELECT count(*) FROM free) = (
        SELECT count(*) FROM engine.projection_offset
        WHERE agent = $1 AND in_use AND ($2::integer[] IS NULL OR partition = ANY($2)))
"""
FORGET_FAILURES = "DELETE FROM engine.projection_failure"
COUNT_EXIT = """
    INSERT INTO engine.projection_failure AS known
        (agent, version, partition, message_offset, exits, error, first_at, last_at)
    SELECT agent, version, partition, $3, 1, $4, engine.clock(), engine.clock()
    FROM engine.projection_offset WHERE agent = $1 AND in_use AND partition = $2
    ON CONFLICT (agent, version, partition, message_offset) DO UPDATE
    SET exits = known.exits + 1, error = excluded.error, last_at = excluded.last_at
    RETURNING exits
"""


class VersionSuperseded(SyncError):
    """The tables in use have another shape than this worker's code knows."""

    def __init__(self, agent: str, *, known: int, found: int) -> None:
        super().__init__(f"{agent}: the tables in use have shape {found}, this code knows {known}")


class VersionChanged(TransientError):
    """Another version took over while its rows were waited for: the next look finds it."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"{agent}: another version has just come into use")


class VersionGone(SyncError):
    """The version was dropped by others: whoever built it stood still for too long."""

    def __init__(self, agent: str, version: int) -> None:
        super().__init__(f"{agent}: version {version} is gone")


@dataclass(frozen=True)
class Stored:
    """One partition's row."""

    next_offset: int
    last_digest: bytes | None
    stopped_reason: str | None


@dataclass(frozen=True)
class Locked:
    """The partitions' rows, of one version; nobody else applies to it meanwhile."""

    version: int
    rows: dict[int, Stored]


@dataclass(frozen=True)
class Moved:
    """What a batch makes of one partition's row."""

    next_offset: int
    last_digest: bytes


def message_digest(key: bytes | None, value: bytes | None) -> bytes:
    """BLAKE2b-128 over a message's key and value: tells it from any other at its offset."""
    digest = blake2b(key or b"", digest_size=DIGEST_BYTES)
    digest.update(b"\x00" if value is None else b"\x01" + value)
    return digest.digest()


async def lock(
    connection: asyncpg.Connection,
    reader: Reader,
    partitions: Iterable[int],
    *,
    version: int | None = None,
) -> Locked:
    """Locks the partitions' rows, in order, of a version or of the one in use.

    Raises VersionChanged, VersionGone, VersionSuperseded.
    """
    wanted = sorted(set(partitions))
    rows = await connection.fetch(LOCK, reader.agent, version, wanted)
    if len(rows) < len(wanted):
        if version is not None:
            raise VersionGone(reader.agent, version)
        raise VersionChanged(reader.agent)
    for row in rows:
        if row["shape"] != reader.shape:
            raise VersionSuperseded(reader.agent, known=reader.shape, found=row["shape"])
    stored = {
        row["partition"]: Stored(row["next_offset"], None, row["stopped_reason"]) for row in rows
    }
    return Locked(rows[0]["version"], stored)


async def hold_in_use(
    connection: asyncpg.Connection, reader: Reader, partitions: Iterable[int] | None = None
) -> dict[int, int]:
    """Lets the version in use stand still, or some partitions of it; their next offsets.

    Raises VersionChanged.
    """
    wanted = None if partitions is None else sorted(partitions)
    rows = await connection.fetch(HOLD_IN_USE, reader.agent, wanted)
    if not rows:  # Those of a version come into use together.
        raise VersionChanged(reader.agent)
    return {row["partition"]: row["next_offset"] for row in rows}


async def read(
    connection: asyncpg.Connection, reader: Reader, *, version: int | None = None
) -> dict[int, Stored]:
    """All partitions' rows, of a version or of the one in use."""
    rows = await connection.fetch(READ, reader.agent, version)
    return {
        row["partition"]: Stored(row["next_offset"], row["last_digest"], row["stopped_reason"])
        for row in rows
    }


async def at_rest(
    connection: asyncpg.Connection, reader: Reader, partitions: Iterable[int] | None = None
) -> dict[int, int]:
    """The next offsets of some partitions, or of all; none where any is being applied to now."""
    wanted = None if partitions is None else list(partitions)
    rows = await connection.fetch(AT_REST, reader.agent, wanted)
    return {row["partition"]: row["next_offset"] for row in rows}


async def begin(
    connection: asyncpg.Connection, reader: Reader, version: int, positions: dict[int, int]
) -> None:
    """Lets partitions of an empty version begin at other offsets than their first."""
    await connection.execute(
        BEGIN, reader.agent, version, list(positions), list(positions.values())
    )


async def move(
    connection: asyncpg.Connection, reader: Reader, version: int, moved: dict[int, Moved]
) -> None:
    """Stores how far the batch has come."""
    partitions = sorted(moved)
    await connection.execute(
        MOVE,
        reader.agent,
        version,
        partitions,
        [moved[partition].next_offset for partition in partitions],
        [moved[partition].last_digest for partition in partitions],
    )


async def stop(connection: asyncpg.Connection, reader: Reader, partition: int, reason: str) -> None:
    """Stops one partition: it is not read on until an operator has decided."""
    await connection.execute(STOP, reader.agent, partition, reason)


async def resume(connection: asyncpg.Connection, reader: Reader, partition: int) -> None:
    """Lets a stopped partition go on."""
    await connection.execute(RESUME, reader.agent, partition)


async def resume_stopped(connection: asyncpg.Connection, *, but_not: str) -> int:
    """Lets all partitions try again whose reason does not begin so; how many there were."""
    async with connection.transaction():
        resumed = await connection.fetch(RESUME_STOPPED, but_not)
        await connection.execute(FORGET_FAILURES)
    return len(resumed)


async def count_exit(
    connection: asyncpg.Connection,
    reader: Reader,
    *,
    partition: int,
    message_offset: int,
    error: str,
) -> int:
    """Counts an exit that this message caused; how many it has caused by now."""
    place = (reader.agent, partition, message_offset)
    exits: int = await connection.fetchval(COUNT_EXIT, *place, error)
    return exits

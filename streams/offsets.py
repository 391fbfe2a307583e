"""Where each agent stands: offsets that live in PostgreSQL, beside the rows that they stand for."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import asyncpg

from projections.migrate import Reader
from schemas.errors import SyncError

DIGEST_BYTES = 16
LOCK = """
    SELECT partition, next_offset, in_use, stopped_reason FROM engine.projection_offset
    WHERE agent = $1 AND version = $2 AND partition = ANY($3::integer[])
    ORDER BY partition FOR UPDATE
"""
READ = """
    SELECT partition, next_offset, last_digest, stopped_reason FROM engine.projection_offset
    WHERE agent = $1 AND version = $2 ORDER BY partition
"""
MOVE = """
    UPDATE engine.projection_offset AS stored
    SET next_offset = moved.next_offset, last_digest = moved.last_digest
    FROM unnest($3::integer[], $4::bigint[], $5::bytea[])
        AS moved (partition, next_offset, last_digest)
    WHERE agent = $1 AND version = $2 AND stored.partition = moved.partition
"""
STOP = """
    UPDATE engine.projection_offset SET stopped_at = engine.clock(), stopped_reason = $4
    WHERE agent = $1 AND version = $2 AND partition = $3
"""
RESUME = """
    UPDATE engine.projection_offset SET stopped_at = NULL, stopped_reason = NULL
    WHERE agent = $1 AND version = $2 AND partition = $3
"""
RESUME_STOPPED = """
    UPDATE engine.projection_offset SET stopped_at = NULL, stopped_reason = NULL
    WHERE stopped_reason IS NOT NULL AND NOT starts_with(stopped_reason, $1) RETURNING 1
"""
FORGET_FAILURES = "DELETE FROM engine.projection_failure"
COUNT_EXIT = """
    INSERT INTO engine.projection_failure AS known
        (agent, version, partition, message_offset, exits, error, first_at, last_at)
    VALUES ($1, $2, $3, $4, 1, $5, engine.clock(), engine.clock())
    ON CONFLICT (agent, version, partition, message_offset) DO UPDATE
    SET exits = known.exits + 1, error = excluded.error, last_at = excluded.last_at
    RETURNING exits
"""


class VersionSuperseded(SyncError):
    """Another version of the projection is in use: this worker's code is too old for it."""

    def __init__(self, agent: str, version: int) -> None:
        super().__init__(f"{agent}: version {version} is not in use any more; update this worker")


@dataclass(frozen=True)
class Stored:
    """One partition's row."""

    next_offset: int
    last_digest: bytes | None
    stopped_reason: str | None


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
    connection: asyncpg.Connection, projection: Reader, partitions: Iterable[int]
) -> dict[int, Stored]:
    """Locks the partitions' rows, in order. Raises VersionSuperseded."""
    rows = await connection.fetch(
        LOCK, projection.agent, projection.version, sorted(set(partitions))
    )
    if not rows or not all(row["in_use"] for row in rows):
        raise VersionSuperseded(projection.agent, projection.version)
    return {
        row["partition"]: Stored(row["next_offset"], None, row["stopped_reason"]) for row in rows
    }


async def read(connection: asyncpg.Connection, projection: Reader) -> dict[int, Stored]:
    """All partitions' rows."""
    rows = await connection.fetch(READ, projection.agent, projection.version)
    return {
        row["partition"]: Stored(row["next_offset"], row["last_digest"], row["stopped_reason"])
        for row in rows
    }


async def move(connection: asyncpg.Connection, projection: Reader, moved: dict[int, Moved]) -> None:
    """Stores how far the batch has come."""
    partitions = sorted(moved)
    await connection.execute(
        MOVE,
        projection.agent,
        projection.version,
        partitions,
        [moved[partition].next_offset for partition in partitions],
        [moved[partition].last_digest for partition in partitions],
    )


async def stop(
    connection: asyncpg.Connection, projection: Reader, partition: int, reason: str
) -> None:
    """Stops one partition: it is not read on until an operator has decided."""
    await connection.execute(STOP, projection.agent, projection.version, partition, reason)


async def resume(connection: asyncpg.Connection, projection: Reader, partition: int) -> None:
    """Lets a stopped partition go on."""
    await connection.execute(RESUME, projection.agent, projection.version, partition)


async def resume_stopped(connection: asyncpg.Connection, *, but_not: str) -> int:
    """Lets all partitions try again whose reason does not begin so; how many there were."""
    async with connection.transaction():
        resumed = await connection.fetch(RESUME_STOPPED, but_not)
        await connection.execute(FORGET_FAILURES)
    return len(resumed)


async def count_exit(
    connection: asyncpg.Connection,
    projection: Reader,
    *,
    partition: int,
    message_offset: int,
    error: str,
) -> int:
    """Counts an exit that this message caused; how many it has caused by now."""
    exits: int = await connection.fetchval(
        COUNT_EXIT, projection.agent, projection.version, partition, message_offset, error
    )
    return exits

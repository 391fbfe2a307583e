"""Builds: versions of a projection that are filled beside the one in use.

Whoever builds holds a lease. A build without one is an orphan, of a process that died or stood
still for too long: the next build, and the workers' housekeeping, drop it. Its number is not given
again, so a builder that wakes up later finds nothing of its own, and never the tables of another.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import asyncpg
import structlog

from projections import migrate
from projections.migrate import PROJECTIONS, Projection
from schemas.errors import SyncError, TransientError
from streams import lease
from streams.database import Database

log = structlog.get_logger()

Kind = Literal["whole", "company", "as_of"]
BEATS_PER_LEASE = 3

# The migrations take it too: one number at a time is given.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock($1)"
PARTITIONS = "SELECT count(*) FROM engine.projection_offset WHERE agent = $1 AND in_use"
REMEMBER = "INSERT INTO engine.build VALUES ($1, $2, $3, $4, engine.clock())"
HOLD = """
    SELECT true FROM engine.build WHERE agent = $1 AND version = $2 AND ended_at IS NULL FOR UPDATE
"""
END = "UPDATE engine.build SET ended_at = engine.clock() WHERE agent = $1 AND version = $2"
FORGET_OFFSETS = """
    DELETE FROM engine.projection_offset WHERE agent = $1 AND version = $2 AND NOT in_use
"""
FORGET_LEASE = "DELETE FROM engine.lease WHERE name = $1"
# Its builder may have been stopped in the middle of a transaction, which is cut in time.
WAIT_SHORTLY = "SET LOCAL lock_timeout = '1s'"
# A lease that has run out cannot be prolonged: an orphan stays one.
ORPHAN = """
    SELECT agent, version, holder FROM engine.build
    WHERE ended_at IS NULL AND NOT EXISTS (
        SELECT FROM engine.lease
        WHERE name = 'build:' || agent || ':' || version AND until >= engine.clock())
    ORDER BY agent, version LIMIT 1 FOR UPDATE SKIP LOCKED
"""


class BuildLost(SyncError):
    """The builder stood still for longer than its lease, and its tables were dropped."""

    def __init__(self, build: "Build") -> None:
        super().__init__(f"{build.schema} was dropped: its lease had run out")


@dataclass(frozen=True)
class Build:
    """A version that is being built; its offset rows are not in use."""

    projection: Projection
    version: int
    holder: str

    @property
    def schema(self) -> str:
        return self.projection.schema(self.version)

    @property
    def lease_name(self) -> str:
        return f"build:{self.projection.agent}:{self.version}"


def builder() -> str:
    """Who builds, where that is no worker: this process."""
    return f"command@{socket.gethostname()}:{os.getpid()}"


@asynccontextmanager
async def building(
    database: Database, projection: Projection, *, kind: Kind, holder: str, lease_seconds: float
) -> AsyncIterator[Build]:
    """A build for as long as the block lasts: then it is dropped, unless `end` has ended it.

    Drops the orphans first. Raises StoreUnavailable.
    """
    await drop_orphans(database)
    async with database.transaction() as connection:
        build = await create(
            connection, projection, kind=kind, holder=holder, lease_seconds=lease_seconds
        )
    beating = asyncio.create_task(_keep_lease(database, build, lease_seconds=lease_seconds))
    try:
        yield build
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await _drop_or_leave(database, build)


async def create(
    connection: asyncpg.Connection,
    projection: Projection,
    *,
    kind: Kind,
    holder: str,
    lease_seconds: float,
) -> Build:
    """Makes tables, offset rows, row and lease of a build, in the caller's transaction."""
    await connection.execute(ONE_AT_A_TIME, migrate.ADVISORY_LOCK)
    partitions = await connection.fetchval(PARTITIONS, projection.agent)
    version = await migrate.create_tables(connection, projection)
    await migrate.add_offsets(connection, projection, version, partitions=partitions, in_use=False)
    build = Build(projection, version, holder)
    await connection.execute(REMEMBER, projection.agent, version, kind, holder)
    await lease.acquire(connection, name=build.lease_name, holder=holder, seconds=lease_seconds)
    return build


async def hold(connection: asyncpg.Connection, build: Build) -> None:
    """Keeps the build from being dropped until the caller's transaction ends. Raises BuildLost."""
    if not await connection.fetchval(HOLD, build.projection.agent, build.version):
        raise BuildLost(build)


async def end(connection: asyncpg.Connection, build: Build) -> None:
    """The caller's transaction takes the build into use: nobody drops it. Raises BuildLost."""
    await hold(connection, build)
    await connection.execute(END, build.projection.agent, build.version)
    await connection.execute(FORGET_LEASE, build.lease_name)


async def drop(database: Database, build: Build) -> None:
    """Drops a build that nobody has ended. Raises StoreUnavailable."""
    async with database.transaction() as connection:
        if await connection.fetchval(HOLD, build.projection.agent, build.version):
            await _drop(connection, build)


async def drop_orphans(database: Database) -> int:
    """Drops the builds that nobody holds any more; how many.

    What cannot be dropped now is left for the next one who looks.
    """
    dropped = 0
    try:
        while await _drop_orphan(database):
            dropped += 1
    except TransientError as error:
        log.info("orphan_build_left_behind", error=str(error))
    return dropped


async def _drop_orphan(database: Database) -> bool:
    async with database.transaction() as connection:
        await connection.execute(WAIT_SHORTLY)
        row = await connection.fetchrow(ORPHAN)
        if row is None:
            return False
        (projection,) = [one for one in PROJECTIONS if one.agent == row["agent"]]
        build = Build(projection, row["version"], row["holder"])
        await _drop(connection, build)
    log.info("orphan_build_dropped", schema=build.schema, holder=build.holder)
    return True


async def _drop(connection: asyncpg.Connection, build: Build) -> None:
    await connection.execute(FORGET_OFFSETS, build.projection.agent, build.version)
    await connection.execute(f"DROP SCHEMA IF EXISTS {build.schema} CASCADE")
    await connection.execute(END, build.projection.agent, build.version)
    await connection.execute(FORGET_LEASE, build.lease_name)


async def _drop_or_leave(database: Database, build: Build) -> None:
    try:
        await drop(database, build)
    except TransientError as error:
        log.info("build_left_behind", schema=build.schema, error=str(error))


async def _keep_lease(database: Database, build: Build, *, lease_seconds: float) -> None:
    """Prolongs the lease until it is cancelled; once lost it cannot be had again.

    A build that has come into use has none any more.
    """
    is_held = True
    while is_held:
        await asyncio.sleep(lease_seconds / BEATS_PER_LEASE)
        try:
            async with database.connection() as connection:
                is_held = await lease.extend(
                    connection, name=build.lease_name, holder=build.holder, seconds=lease_seconds
                )
        except TransientError:
            continue  # The next beat may come in time.
    async with database.connection() as connection:
        if await connection.fetchval(HOLD, build.projection.agent, build.version):
            log.warning("build_lease_lost", schema=build.schema, holder=build.holder)

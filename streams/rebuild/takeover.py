"""A version that has been built comes into use, in one transaction, while everything goes on.

Readers and agents wait for that transaction alone, and it for no long one of an agent: that has
been waited for before. The views are locked first, for a moment and again later where somebody
reads, then the offsets; the few messages that the live version is ahead are applied, and the views
show the new tables. Agents find the version in use on the offset rows that they lock.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from string import Template

import asyncpg

from projections.migrate import LEDGER, TABLES_OF, Projection, show, version_in_use
from projections.rebuild import grants
from schemas.errors import RejectedError, StoreFull, StoreUnavailable, SyncError
from streams import dead_letters, offsets
from streams.database import Database
from streams.rebuild import builds, gaps, lost_purges
from streams.rebuild.builds import Build
from streams.rebuild.bulk_reader import BulkReader, missing
from streams.rebuild.folding import BuildProjector, Rejected, Unforeseen
from streams.rebuild.gaps import Gap
from streams.rebuild.newly_rejected import open_all
from streams.rebuild.room import DiskTooFull

LOCK_MS_MAX = 500
PAUSE_SECONDS = 0.5
TRIES_MAX = 120
SHORT_WAIT = f"SET LOCAL lock_timeout = '{LOCK_MS_MAX}ms'"
VIEWS = """
    SELECT string_agg(format('%I.%I', schemaname, viewname), ', ' ORDER BY viewname)
    FROM pg_views WHERE schemaname = $1
"""
LOCK_VIEWS = Template("LOCK TABLE ${views} IN ACCESS EXCLUSIVE MODE")
# What a message has stopped stays stopped.
KEEP_STOPPED = """
    UPDATE engine.projection_offset AS built
    SET stopped_at = live.stopped_at, stopped_reason = live.stopped_reason
    FROM engine.projection_offset AS live
    WHERE built.agent = $1 AND built.version = $2 AND live.agent = $1 AND live.in_use
        AND live.partition = built.partition AND NOT live.partition = ANY($3::integer[])
"""
LEAVE = "UPDATE engine.projection_offset SET in_use = false WHERE agent = $1 AND in_use"
# Neither in use nor being built.
RETIRED = """
    SELECT DISTINCT version FROM engine.projection_offset AS known
    WHERE agent = $1 AND NOT in_use AND NOT EXISTS (SELECT FROM engine.build AS open
        WHERE open.agent = known.agent AND open.version = known.version AND ended_at IS NULL)
"""
FORGET = "DELETE FROM engine.projection_offset WHERE agent = $1 AND version = $2 AND NOT in_use"
ENTER = "UPDATE engine.projection_offset SET in_use = true WHERE agent = $1 AND version = $2"


class NoMomentFound(SyncError):
    """Somebody has held the views or the offsets for too long: a reader, or an agent at work."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(
            f"the {projection.name} was in use all the time: end long transactions that read its"
            " views, wait for those that write its tables, such as purges, and start the rebuild"
            " again"
        )


@dataclass
class TakenOver:
    """What the takeover has found."""

    doubted: list[str]  # Companies that a loss may concern.
    newly_rejected: list[Rejected]
    readers_waited_seconds: float = 0.0  # At most, in whichever try.


class ReadersWait:
    """How long readers have waited at most."""

    def __init__(self) -> None:
        self.longest_seconds = 0.0

    @asynccontextmanager
    async def noted(self) -> AsyncIterator[None]:
        """Of a try, however it ends."""
        started_at = time.monotonic()
        try:
            yield
        finally:
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - started_at)


async def take_over(
    database: Database,
    build: Build,
    *,
    projector: BuildProjector,
    reader: BulkReader,
    lost: Mapping[int, Gap],
    begun: Mapping[str, int],
    rejected: Mapping[tuple[int, int], Rejected],
    catch_up: Callable[[], Awaitable[None]],
) -> TakenOver:
    """Brings the build into use.

    `lost`: partitions whose log is not what the live version has read: those end as built, and
    purges of the companies that it concerns which are not applied are said again. `begun`: the
    generations with which companies begin in the build. `rejected`: the messages, by partition
    and offset, that the projector cannot apply, up to the last; the other dead letters are closed.
    `catch_up` is done before each try, outside.

    Raises NoMomentFound, DiskTooFull, BuildLost, and what the messages in between raise.
    """
    wait = ReadersWait()
    for _ in range(TRIES_MAX):
        try:
            await _wait_for_agents(database, build.projection)
            await catch_up()
            async with database.connection() as connection, wait.noted(), connection.transaction():
                await _hold_views(connection, build.projection)
                await _finish(connection, build, projector, reader, lost)
                taken = await _settle(connection, build.projection, lost, begun, rejected)
                await _enter(connection, build, lost)
                if lost and build.projection is LEDGER:
                    await lost_purges.say_again(connection, taken.doubted)
            taken.readers_waited_seconds = wait.longest_seconds
            return taken
        except StoreFull as error:
            raise DiskTooFull(error.detail) from error
        # A lock that was not to be had, a deadlock, another's takeover; or a value that PostgreSQL
        # refuses, or what nobody foresaw: its message is found where nobody waits for that.
        except (StoreUnavailable, offsets.VersionChanged, RejectedError, Unforeseen):
            await asyncio.sleep(PAUSE_SECONDS)
    raise NoMomentFound(build.projection)


async def _wait_for_agents(database: Database, projection: Projection) -> None:
    """Until each has ended what it was at, which may be a long purge; nobody waits for this.

    One partition after another: the agents of the others go on.
    """
    async with database.connection() as connection:
        stored = await offsets.read(connection, projection)
    for partition in stored:
        async with database.transaction() as connection:
            await offsets.hold_in_use(connection, projection, [partition])


async def _hold_views(connection: asyncpg.Connection, projection: Projection) -> None:
    """From now on readers wait."""
    await connection.execute(SHORT_WAIT)
    views = await connection.fetchval(VIEWS, projection.name)
    await connection.execute(LOCK_VIEWS.substitute(views=views))


async def _finish(
    connection: asyncpg.Connection,
    build: Build,
    projector: BuildProjector,
    reader: BulkReader,
    lost: Mapping[int, Gap],
) -> None:
    """Applies what the live version, which stands still now, is ahead."""
    live = await offsets.hold_in_use(connection, build.projection)
    built = await offsets.lock(connection, build.projection, live, version=build.version)
    async for batch in reader.read(missing(built.rows, live, but_not=lost)):
        await projector.apply_within(connection, batch)


async def _settle(
    connection: asyncpg.Connection,
    projection: Projection,
    lost: Mapping[int, Gap],
    begun: Mapping[str, int],
    rejected: Mapping[tuple[int, int], Rejected],
) -> TakenOver:
    """Of which companies the books are doubted, and which messages are applied or not now."""
    doubted = list[str]()
    if lost:
        doubted = await gaps.accept(connection, projection, lost=lost, begun=begun)
    newly_rejected = await open_all(connection, projection, rejected.values())
    await dead_letters.close_all_applied(connection, topic=projection.topic, but_not=rejected)
    return TakenOver(doubted, newly_rejected)


async def _enter(connection: asyncpg.Connection, build: Build, lost: Mapping[int, Gap]) -> None:
    agent, projection = build.projection.agent, build.projection
    live = await version_in_use(connection, projection)
    await connection.execute(KEEP_STOPPED, agent, build.version, sorted(lost))
    await grants.copy(connection, source=projection.schema(live), target=build.schema)
    await show(connection, projection, build.version)
    await connection.execute(LEAVE, agent)
    await connection.execute(ENTER, agent, build.version)
    await builds.end(connection, build)


async def retire_all(database: Database, projection: Projection) -> None:
    """Drops the versions that were in use once, as `retire` does."""
    async with database.connection() as connection:
        retired = await connection.fetch(RETIRED, projection.agent)
    for (version,) in retired:
        await retire(database, projection, version)


async def retire(database: Database, projection: Projection, version: int) -> bool:
    """Drops the tables of a version that is not in use any more.

    False where they are left to the next rebuild: somebody reads them, or something of somebody
    else's stands on them.
    """
    schema = projection.schema(version)
    try:
        async with database.transaction() as connection:
            await connection.execute(SHORT_WAIT)
            tables = [row[0] for row in await connection.fetch(TABLES_OF, schema)]
            await connection.execute(f"DROP TABLE {', '.join(f'{schema}.{one}' for one in tables)}")
            await connection.execute(f"DROP SCHEMA {schema}")
            await connection.execute(FORGET, projection.agent, version)
    except (asyncpg.DependentObjectsStillExistError, StoreUnavailable):
        return False
    return True

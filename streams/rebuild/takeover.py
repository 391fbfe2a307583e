"""A version that has been built comes into use, in one transaction, while everything goes on.

Readers and agents wait for that transaction alone: the views are locked first, for a moment and
again later where somebody reads, then the offsets; the few messages that the live version is ahead
are applied, and the views show the new tables. Agents find the version in use on the offset rows
that they lock.
"""

import asyncio
import time
from string import Template

from projections.migrate import Projection, show
from schemas.errors import StoreUnavailable, SyncError
from streams import offsets
from streams.database import Database
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.folding import BuildProjector

LOCK_MS_MAX = 500
PAUSE_SECONDS = 0.5
TRIES_MAX = 120
SHORT_WAIT = f"SET LOCAL lock_timeout = '{LOCK_MS_MAX}ms'"
VIEWS = """
    SELECT string_agg(format('%I.%I', schemaname, viewname), ', ' ORDER BY viewname)
    FROM pg_views WHERE schemaname = $1
"""
LOCK_VIEWS = Template("LOCK TABLE ${views} IN ACCESS EXCLUSIVE MODE")
# Whatever its shape: an upgrade takes over from another one.
LOCK_LIVE = """
    SELECT partition, next_offset FROM engine.projection_offset
    WHERE agent = $1 AND in_use ORDER BY partition FOR UPDATE
"""
# What a message has stopped stays stopped.
KEEP_STOPPED = """
    UPDATE engine.projection_offset AS built
    SET stopped_at = live.stopped_at, stopped_reason = live.stopped_reason
    FROM engine.projection_offset AS live
    WHERE built.agent = $1 AND built.version = $2 AND live.agent = $1 AND live.in_use
        AND live.partition = built.partition AND NOT live.partition = ANY($3::integer[])
"""
LEAVE = "UPDATE engine.projection_offset SET in_use = false WHERE agent = $1 AND in_use"
ENTER = "UPDATE engine.projection_offset SET in_use = true WHERE agent = $1 AND version = $2"


class NoMomentFound(SyncError):
    """Somebody has held the views for too long: a long query, or an open transaction."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(
            f"the views of the {projection.name} were in use all the time: end long transactions"
            " that read them, and start the rebuild again"
        )


async def take_over(
    database: Database,
    projection: Projection,
    version: int,
    *,
    projector: BuildProjector,
    reader: BulkReader,
    lost: frozenset[int],
) -> float:
    """Brings the version into use; how long readers had to wait at most, in seconds.

    `lost`: partitions whose log is not what the live version has read: those end as built.
    Raises NoMomentFound, and what the messages in between raise.
    """
    for _ in range(TRIES_MAX):
        try:
            return await _try(database, projection, version, projector, reader, lost)
        except StoreUnavailable:  # A lock that was not to be had, or a deadlock.
            await asyncio.sleep(PAUSE_SECONDS)
    raise NoMomentFound(projection)


async def _try(
    database: Database,
    projection: Projection,
    version: int,
    projector: BuildProjector,
    reader: BulkReader,
    lost: frozenset[int],
) -> float:
    started_at = time.monotonic()
    async with database.transaction() as connection:
        await connection.execute(SHORT_WAIT)
        views = await connection.fetchval(VIEWS, projection.name)
        await connection.execute(LOCK_VIEWS.substitute(views=views))
        live = {row[0]: row[1] for row in await connection.fetch(LOCK_LIVE, projection.agent)}
        built = await offsets.lock(connection, projection, live, version=version)
        rest = {
            number: (row.next_offset, live[number])
            for number, row in built.rows.items()
            if row.next_offset < live[number] and number not in lost
        }
        async for batch in reader.read(rest):
            await projector.apply_within(connection, batch)
        await connection.execute(KEEP_STOPPED, projection.agent, version, sorted(lost))
        await show(connection, projection, version)
        await connection.execute(LEAVE, projection.agent)
        await connection.execute(ENTER, projection.agent, version)
    return time.monotonic() - started_at

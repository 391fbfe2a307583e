"""The version in use and a build, compared where both stand at the same offsets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg

from projections.migrate import Projection
from projections.rebuild.digests import Digests, digests
from projections.rebuild.versions import Versions
from streams import offsets
from streams.database import Database

Advance = Callable[[Mapping[int, int]], Awaitable[object]]
HOLDS_MAX = 5  # Tries, where one takeover after another comes in between.


@dataclass(frozen=True)
class Sides:
    """Two connections that see one and the same moment, as long as the block lasts."""

    left: asyncpg.Connection
    right: asyncpg.Connection

    async def digests(
        self, versions: Versions, companies: list[str] | None = None
    ) -> tuple[Digests, Digests]:
        """Those of the version in use and of the rebuilt one, taken at once."""
        found = await asyncio.gather(
            digests(self.left, versions.in_use, companies=companies),
            digests(self.right, versions.rebuilt, companies=companies),
        )
        return found[0], found[1]


@asynccontextmanager
async def at_one_offset(
    database: Database,
    projection: Projection,
    advance: Advance,
    *,
    partitions: Collection[int] | None = None,
) -> AsyncIterator[Sides]:
    """Lets the version in use, or some partitions of it, stand still until the build has come to
    where it stands.

    `advance` brings the build up to the offsets that it is given. Afterwards everything goes on;
    what the sides see does not. Raises VersionChanged.
    """
    async with database.connection() as left, database.connection() as right:
        async with database.transaction() as holding:
            # Agents wait for as long as the few messages in between take.
            await advance(await _hold(holding, projection, partitions))
            seen = left.transaction(isolation="repeatable_read", readonly=True)
            await seen.start()
            snapshot = await left.fetchval("SELECT pg_export_snapshot()")
            also_seen = right.transaction(isolation="repeatable_read", readonly=True)
            await also_seen.start()
            await right.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        try:
            yield Sides(left, right)
        finally:
            await also_seen.rollback()
            await seen.rollback()


async def _hold(
    connection: asyncpg.Connection, projection: Projection, partitions: Collection[int] | None
) -> dict[int, int]:
    """Each try is a statement of its own, which sees what has come into use meanwhile."""
    for _ in range(HOLDS_MAX - 1):
        with suppress(offsets.VersionChanged):
            return await offsets.hold_in_use(connection, projection, partitions)
    return await offsets.hold_in_use(connection, projection, partitions)

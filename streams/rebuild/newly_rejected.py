"""Messages that the tables in use were built with, and that this code cannot apply.

A rebuild writes no dead letters. But what such a message says is gone from the tables, so it is
opened like one: its company is not verified until a later rebuild has applied it.
"""

from collections.abc import Iterable

import asyncpg

from projections.migrate import Projection
from streams import dead_letters
from streams.rebuild.folding import Rejected


async def find(
    connection: asyncpg.Connection, projection: Projection, rejected: Iterable[Rejected]
) -> list[Rejected]:
    """Those of the rejected that the live agents have not rejected, in their order."""
    known = await dead_letters.open_places(connection, topic=projection.topic)
    found = [one for one in rejected if (one.partition, one.offset) not in known]
    return sorted(found, key=lambda one: (one.partition, one.offset))


async def open_all(
    connection: asyncpg.Connection, projection: Projection, rejected: Iterable[Rejected]
) -> list[Rejected]:
    """Finds and opens them, in the transaction that takes what they say out of the tables."""
    found = await find(connection, projection, rejected)
    rows = [(one.partition, one.offset, one.company_id, one.reason) for one in found]
    await dead_letters.remember(connection, topic=projection.topic, found=rows)
    return found

"""The relay: publishes the outbox in its order, and marks what the broker has acknowledged.

At least once: two relays for a moment, or one that dies before it has marked, publish a message
again; readers know it by its sequence.
"""

import asyncio

import asyncpg

from streams import outbox
from streams.database import Database
from streams.publisher import Publisher

MESSAGES_MAX = 500
BYTES_MAX = 16 * 1024 * 1024
# What was published stays this long, for whoever wants to look.
KEPT_DAYS = 7
UNPUBLISHED = """
    SELECT outbox_id, topic, message_key, headers, message_value FROM (
        SELECT *, sum(length(coalesce(message_value, ''))) OVER (ORDER BY outbox_id)
            - length(coalesce(message_value, '')) AS bytes_before
        FROM (SELECT * FROM engine.outbox WHERE published_at IS NULL
            ORDER BY outbox_id LIMIT $1) AS first
    ) AS measured WHERE bytes_before < $2 ORDER BY outbox_id
"""
MARK = "UPDATE engine.outbox SET published_at = engine.clock() WHERE outbox_id = ANY($1::bigint[])"
PRUNE = """
    DELETE FROM engine.outbox
    WHERE published_at < engine.clock() - make_interval(days => $1)
"""


async def relay(database: Database, publisher: Publisher) -> int:
    """Publishes what waits, up to a batch; the number of messages. Raises TransientError."""
    async with database.connection() as connection:
        rows = await connection.fetch(UNPUBLISHED, MESSAGES_MAX, BYTES_MAX)
    if not rows:
        return 0
    await _publish(publisher, rows)
    async with database.transaction() as connection:
        await connection.execute(MARK, [row["outbox_id"] for row in rows])
        await connection.execute("SELECT pg_notify('bokflow_published', '')")
    return len(rows)


async def prune(database: Database) -> None:
    """Forgets what was published long ago."""
    async with database.connection() as connection:
        await connection.execute(PRUNE, KEPT_DAYS)


async def _publish(publisher: Publisher, rows: list[asyncpg.Record]) -> None:
    futures = [await publisher.send(outbox.message_of(row)) for row in rows]
    await asyncio.gather(*(publisher.acknowledged(future) for future in futures))

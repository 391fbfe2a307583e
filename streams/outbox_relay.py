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
PRUNE_SECONDS = 3600
UNPUBLISHED = """
    SELECT outbox_id, topic, message_key, headers, message_value FROM (
        SELECT *, sum(length(coalesce(message_value, ''))) OVER (ORDER BY outbox_id)
            - length(coalesce(message_value, '')) AS bytes_before
        FROM (SELECT * FROM engine.outbox WHERE published_at IS NULL
            ORDER BY outbox_id LIMIT $1) AS first
    ) AS measured WHERE bytes_before < $2 ORDER BY outbox_id
"""
MARK = "UPDATE engine.outbox SET published_at = engine.clock() WHERE outbox_id = ANY($1::bigint[])"
WAKE_RUNNERS = "SELECT pg_notify('bokflow_published', '')"
PRUNE = """
    DELETE FROM engine.outbox
    WHERE published_at < engine.clock() - make_interval(days => $1)
"""


class OutboxRelay:
    """The relay of one worker; it works while it holds the lease."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher
        self._prune_at = 0.0

    async def relay(self) -> int:
        """Publishes what waits, up to a batch; the number of messages. Raises TransientError."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(UNPUBLISHED, MESSAGES_MAX, BYTES_MAX)
        if not rows:
            await self._prune()
            return 0
        await self._publish(rows)
        async with self._database.transaction() as connection:
            await connection.execute(MARK, [row["outbox_id"] for row in rows])
            await connection.execute(WAKE_RUNNERS)
        return len(rows)

    async def _publish(self, rows: list[asyncpg.Record]) -> None:
        futures = [await self._publisher.send(outbox.message_of(row)) for row in rows]
        await asyncio.gather(*(self._publisher.acknowledged(future) for future in futures))

    async def _prune(self) -> None:
        """Forgets, once in a while, what was published long ago."""
        now = asyncio.get_running_loop().time()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_SECONDS
            async with self._database.connection() as connection:
                await connection.execute(PRUNE, KEPT_DAYS)

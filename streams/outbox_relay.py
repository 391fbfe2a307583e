"""The relay: publishes the outbox in its order, and marks what the broker has acknowledged.

At least once: two relays for a moment, or one that dies before it has marked, publish a message
again; readers know it by its sequence.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

import asyncpg

from streams import outbox
from streams.database import Database
from streams.publisher import Publisher

MESSAGES_MAX = 500
BYTES_MAX = 16 * 1024 * 1024
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


def turns(rows: Sequence[asyncpg.Record]) -> list[list[asyncpg.Record]]:
    """The first row of each key, then the second ones, …: a company's events stay in order even
    where the broker takes a later message and not the one before it."""
    found: list[list[asyncpg.Record]] = []
    depths: Counter[bytes | None] = Counter()
    for row in rows:
        depth = depths[row["message_key"]]
        depths[row["message_key"]] += 1
        if depth == len(found):
            found.append([])
        found[depth].append(row)
    return found


class OutboxRelay:
    """The relay of one worker; it works while it holds the lease."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    async def relay(self) -> int:
        """Publishes what waits, up to a batch; the number of messages. Raises TransientError."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(UNPUBLISHED, MESSAGES_MAX, BYTES_MAX)
        for turn in turns(rows):
            await self._publish(turn)
        return len(rows)

    async def _publish(self, rows: list[asyncpg.Record]) -> None:
        """Publishes and marks; a message that fails keeps back those of its key behind it."""
        futures = [await self._publisher.send(outbox.message_of(row)) for row in rows]
        outcomes = await asyncio.gather(
            *(self._publisher.acknowledged(future) for future in futures), return_exceptions=True
        )
        pairs = list(zip(rows, outcomes, strict=True))
        done = [row["outbox_id"] for row, end in pairs if not isinstance(end, BaseException)]
        async with self._database.transaction() as connection:
            await connection.execute(MARK, done)
            await connection.execute(WAKE_RUNNERS)
        for _, end in pairs:
            if isinstance(end, BaseException):
                raise end

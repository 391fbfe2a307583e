"""The relay: publishes the outbox in its order, and marks what the broker has acknowledged.

At least once: two relays for a moment, or one that dies before it has marked, publish a message
again; readers know it by its sequence. A message that the broker will never take is given up, and
stays in the table for the operator.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

import asyncpg
import structlog

from schemas.errors import RejectedError, TransientError
from streams import outbox
from streams.database import Database
from streams.publisher import Publisher

log = structlog.get_logger()
MESSAGES_MAX = 500
BYTES_MAX = 16 * 1024 * 1024
UNPUBLISHED = """
    SELECT outbox_id, topic, message_key, headers, message_value FROM (
        SELECT *, sum(length(coalesce(message_value, ''))) OVER (ORDER BY outbox_id)
            - length(coalesce(message_value, '')) AS bytes_before
        FROM (SELECT * FROM engine.outbox WHERE published_at IS NULL AND given_up_at IS NULL
            ORDER BY outbox_id LIMIT $1) AS first
    ) AS measured WHERE bytes_before < $2 ORDER BY outbox_id
"""
MARK = "UPDATE engine.outbox SET published_at = engine.clock() WHERE outbox_id = ANY($1::bigint[])"
GIVE_UP = """
    UPDATE engine.outbox SET given_up_at = engine.clock()
    WHERE outbox_id = ANY($1::bigint[]) AND published_at IS NULL AND given_up_at IS NULL
    RETURNING outbox_id
"""
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
        ends = await self._ends(rows)
        done = [row["outbox_id"] for row, end in ends if end is None]
        refused = {row["outbox_id"]: end for row, end in ends if isinstance(end, RejectedError)}
        async with self._database.transaction() as connection:
            await connection.execute(MARK, done)
            given_up = await connection.fetch(GIVE_UP, list(refused))
            await connection.execute(WAKE_RUNNERS)
        for (outbox_id,) in given_up:
            log.error("message_given_up", outbox_id=outbox_id, error=str(refused[outbox_id]))
        for _, end in ends:
            if end is not None and not isinstance(end, RejectedError):
                raise end

    async def _ends(
        self, rows: list[asyncpg.Record]
    ) -> list[tuple[asyncpg.Record, BaseException | None]]:
        """What came of each row that was sent: None where the broker has it. After the first that
        may succeed later no other is sent."""
        ends: list[tuple[asyncpg.Record, BaseException | None]] = []
        under_way: list[asyncpg.Record] = []
        futures = []
        for row in rows:
            try:
                futures.append(await self._publisher.send(outbox.message_of(row)))
                under_way.append(row)
            except RejectedError as error:
                ends.append((row, error))
            except TransientError as error:
                ends.append((row, error))
                break
        outcomes = await asyncio.gather(
            *(self._publisher.acknowledged(future) for future in futures), return_exceptions=True
        )
        for row, outcome in zip(under_way, outcomes, strict=True):
            ends.append((row, outcome if isinstance(outcome, BaseException) else None))
        return ends

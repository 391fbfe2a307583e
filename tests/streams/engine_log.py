"""The engine's own topics as its projections see them, without Kafka: what is sent is applied."""

from collections import Counter

from schemas.codec import Message, encode
from schemas.ledger_events import AnyLedgerEvent
from streams import outbox, purges
from streams.database import Database
from streams.folds import FOLDS
from streams.projector import Projector
from tests.received import as_received

SENT = """
    UPDATE engine.outbox SET published_at = engine.clock() WHERE published_at IS NULL
    RETURNING outbox_id, topic, message_key, headers, message_value
"""


class EngineLog:
    """One partition of each topic is enough: it holds companies in order, as any does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ends: Counter[str] = Counter()
        self._projectors = {
            projection.topic: Projector(
                database,
                projection,
                decode=fold.decode,
                apply=fold.apply,
                retry_delay_seconds_max=0.2,
            )
            for projection, fold in FOLDS.items()
        }

    async def publish(self, *events: AnyLedgerEvent) -> None:
        """What a run sends by itself."""
        for event in events:
            await self._apply(encode(event))

    async def settle(self) -> None:
        """Relays what the outbox holds and completes purges, until neither has anything to do."""
        while await self._relay() or await purges.complete(self._database):
            pass

    async def _relay(self) -> int:
        async with self._database.connection() as connection:
            sent = await connection.fetch(SENT)
        for row in sorted(sent, key=lambda row: row["outbox_id"]):
            await self._apply(outbox.message_of(row))
        return len(sent)

    async def _apply(self, message: Message) -> None:
        offset = self._ends[message.topic]
        self._ends[message.topic] += 1
        await self._projectors[message.topic].apply([as_received(message, offset)])

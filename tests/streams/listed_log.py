"""Kafka as one list per topic: what is published stands there, and agents read on in batches."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from aiokafka.structs import RecordMetadata

from projections.ledger import projection as ledger
from projections.migrate import LEDGER, STATUS, TABLES_OF, Projection
from projections.status import projection as status
from schemas.codec import Message, decode_ledger, decode_lifecycle
from schemas.errors import BrokerUnavailable
from streams.database import Database
from streams.projector import Projector
from streams.publisher import Publisher
from streams.received import Received
from tests.received import as_received

FROM_THE_START = """
    UPDATE engine.projection_offset SET next_offset = 0, last_digest = NULL WHERE agent = $1
"""
Apply = Callable[[asyncpg.Connection, Sequence[Any]], Awaitable[int]]
DECODE: dict[str, Callable[..., Any]] = {
    LEDGER.topic: decode_ledger,
    STATUS.topic: decode_lifecycle,
}
APPLY: dict[str, Apply] = {LEDGER.topic: ledger.apply, STATUS.topic: status.apply}


class ListedLog(Publisher):
    """The broker and a connection to it, which may break after so many messages."""

    def __init__(self) -> None:
        super().__init__("")
        self.messages: dict[str, list[Received]] = {LEDGER.topic: [], STATUS.topic: []}
        self.events: dict[str, list[Any]] = {LEDGER.topic: [], STATUS.topic: []}
        self._messages_left: int | None = None

    def break_after(self, messages: int | None) -> None:
        """The last of them is on the log, and nobody hears of it; None: it holds."""
        self._messages_left = messages

    def append(self, message: Message) -> int:
        """The message's offset."""
        assert message.topic in self.messages, f"set aside: {message.headers}"
        topic = self.messages[message.topic]
        received = as_received(message, len(topic))
        topic.append(received)
        decoded = DECODE[message.topic](message.value, key=message.key)
        self.events[message.topic].append(decoded)
        return len(topic) - 1

    def repeat(self, topic: str, offset: int) -> None:
        """A message comes once more, at the end of its topic."""
        old = self.messages[topic][offset]
        assert old.key is not None
        assert old.value is not None
        self.append(Message(topic, old.key, old.headers, old.value))

    async def send(self, message: Message) -> "asyncio.Future[RecordMetadata]":
        self._check_connection()
        offset = self.append(message)
        if self._messages_left is not None:
            self._messages_left -= 1
        sent: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        sent.set_result(RecordMetadata(message.topic, 0, None, offset, 0, 0, 0))
        return sent

    async def acknowledged(self, future: "asyncio.Future[RecordMetadata]") -> RecordMetadata:
        self._check_connection()
        return future.result()

    def _check_connection(self) -> None:
        if self._messages_left == 0:
            raise BrokerUnavailable("the connection is gone")


class WorkerKilled(BaseException):
    """Nothing in the worker catches its own end."""


class Agent:
    """One projection's agent, over the lives of its workers."""

    def __init__(self, database: Database, log: ListedLog, projection: Projection) -> None:
        self._database = database
        self._log = log
        self.projection = projection
        self.next_offset = 0

    @property
    def applied(self) -> list[Any]:
        """The events that are in the tables."""
        return self._log.events[self.projection.topic][: self.next_offset]

    @property
    def waiting(self) -> int:
        return len(self._log.events[self.projection.topic]) - self.next_offset

    async def apply_next(self, count: int, *, again: int = 0, is_killed: bool = False) -> None:
        """One batch: the next messages, behind some that have been applied before."""
        start = max(self.next_offset - again, 0)
        batch = self._log.messages[self.projection.topic][start : self.next_offset + count]
        if not batch:
            return
        apply = APPLY[self.projection.topic]
        projector = Projector(
            self._database,
            self.projection,
            decode=lambda message: DECODE[message.topic](message.value, key=message.key),
            apply=killed_after(apply) if is_killed else apply,
            retry_delay_seconds_max=0.2,
        )
        with suppress(WorkerKilled):
            await projector.apply(batch)
        self.next_offset = projector.committed.get(0, self.next_offset)

    async def start_anew(self) -> None:
        """Empties the tables: the topic is to be read from its start."""
        async with self._database.transaction() as connection:
            for (table,) in await connection.fetch(TABLES_OF, self.projection.schema(1)):
                await connection.execute(f"DELETE FROM {self.projection.schema(1)}.{table}")
            await connection.execute(FROM_THE_START, self.projection.agent)
        self.next_offset = 0

    async def tables(self) -> list[tuple[str, str]]:
        """Every row of every table, as PostgreSQL writes it."""
        schema = self.projection.schema(1)
        async with self._database.connection() as connection:
            names = [row[0] for row in await connection.fetch(TABLES_OF, schema)]
            of_each = [f"SELECT '{name}', t::text FROM {schema}.{name} AS t" for name in names]
            rows = await connection.fetch(" UNION ALL ".join(of_each) + " ORDER BY 1, 2")
        return [(row[0], row[1]) for row in rows]


def killed_after(apply: Apply) -> Apply:
    """A worker's way to apply: it is killed before the transaction commits."""

    async def apply_and_die(connection: asyncpg.Connection, events: Sequence[Any]) -> int:
        await apply(connection, events)
        raise WorkerKilled

    return apply_and_die

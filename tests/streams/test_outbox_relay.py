"""The relay keeps each company's events in order, whatever the broker takes first or never."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.structs import RecordMetadata, TopicPartition
from structlog.testing import capture_logs

from schemas.codec import Message
from schemas.errors import BrokerUnavailable, MessageTooLarge
from schemas.topics import DEAD_LETTERS
from streams import outbox
from streams.database import Database
from streams.outbox_relay import OutboxRelay, turns
from streams.publisher import Publisher
from tests.builders import AT

WAITING = "SELECT message_value FROM engine.outbox WHERE published_at IS NULL ORDER BY outbox_id"


class ListedBroker(Publisher):
    """A broker that lists what it has taken; the values that it does not take have an error."""

    def __init__(self, errors: dict[bytes, Callable[[], Exception]]) -> None:
        super().__init__("nowhere:1")
        self.errors = errors
        self.taken: list[bytes] = []

    async def send(self, message: Message) -> "asyncio.Future[RecordMetadata]":
        error = self.errors.get(message.value)
        if error is not None:
            raise error()
        self.taken.append(message.value)
        future: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        place = TopicPartition(message.topic, 0)
        future.set_result(RecordMetadata(message.topic, 0, place, len(self.taken), 0, 0, 0))
        return future


def too_large() -> Exception:
    return MessageTooLarge(DEAD_LETTERS.name, "20000000 bytes")


def away() -> Exception:
    return BrokerUnavailable("no answer")


async def add(pool: Database, *messages: tuple[bytes, bytes]) -> None:
    async with pool.transaction() as connection:
        for key, value in messages:
            await outbox.add(
                connection,
                topic=DEAD_LETTERS.name,
                key=key,
                headers=(),
                value=value,
                created_at=AT,
            )


async def waiting(pool: Database) -> list[bytes]:
    async with pool.connection() as connection:
        return [row["message_value"] for row in await connection.fetch(WAITING)]


def test_a_company_has_one_message_under_way_at_a_time() -> None:
    rows: list[Any] = [
        {"outbox_id": number, "message_key": key}
        for number, key in enumerate((b"a", b"a", b"b", b"a", None, b"b"))
    ]

    ids = [[row["outbox_id"] for row in turn] for turn in turns(rows)]

    assert ids == [[0, 2, 4], [1, 5], [3]]


@pytest.mark.engine
async def test_a_message_that_is_never_taken_stops_no_other(pool: Database) -> None:
    await add(pool, (b"a", b"1"), (b"b", b"{"), (b"b", b"2"), (b"c", b"3"))
    broker = ListedBroker({b"{": too_large})
    relay = OutboxRelay(pool, broker)

    with capture_logs() as logs:
        await relay.relay()
        again = await relay.relay()

    assert (broker.taken, again) == ([b"1", b"3", b"2"], 0)
    assert await waiting(pool) == [b"{"]  # It is kept for the operator, who is told once.
    assert [(one["event"], one["log_level"]) for one in logs] == [("message_given_up", "error")]


@pytest.mark.engine
async def test_what_the_broker_has_is_not_sent_again_where_a_later_one_fails(
    pool: Database,
) -> None:
    await add(pool, (b"a", b"1"), (b"b", b"2"), (b"c", b"3"))
    broker = ListedBroker({b"2": away})

    with pytest.raises(BrokerUnavailable):
        await OutboxRelay(pool, broker).relay()
    assert await waiting(pool) == [b"2", b"3"]
    broker.errors.clear()
    await OutboxRelay(pool, broker).relay()

    assert broker.taken == [b"1", b"2", b"3"]

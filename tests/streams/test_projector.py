"""A batch into the tables, once: whatever comes twice, out of turn, or never will do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from projections.ledger import projection
from projections.migrate import LEDGER
from schemas.codec import Message, decode_ledger, encode
from schemas.ledger_events import AnyLedgerEvent
from schemas.limits import DEAD_LETTER_BYTES_MAX
from schemas.topics import DEAD_LETTERS
from streams import offsets, outbox
from streams.database import Database
from streams.log_identity import LOST
from streams.projector import Projector, portions
from streams.received import Received
from streams.refusals import EXITS_MAX, MessageUnsolved, OffsetGap
from tests.builders import a_page, a_read, a_voucher, an_end

pytestmark = pytest.mark.engine
TOPIC = "bokflow.ledger"


def a_projector(database: Database, apply: Any = projection.apply) -> Projector:
    return Projector(
        database,
        LEDGER,
        decode=lambda message: projection.prepare(decode_ledger(message.value, key=message.key)),
        apply=apply,
        retry_delay_seconds_max=0.2,
    )


def received(*events: AnyLedgerEvent, start: int = 0, partition: int = 1) -> list[Received]:
    return [
        Received(
            topic=TOPIC,
            partition=partition,
            offset=start + place,
            key=event.company_id.encode(),
            value=encode(event).value,
            headers=(),
            received_at=datetime.now(UTC),
            timestamp_seconds=0.0,
        )
        for place, event in enumerate(events)
    ]


async def value(database: Database, query: str) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(query)


async def open_dead_letters(database: Database) -> list[tuple[Any, ...]]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT topic, partition, message_offset, company_id, reason FROM engine.dead_letter"
        )
    return [tuple(row) for row in rows]


async def dead_letter(database: Database) -> Message:
    async with database.connection() as connection:
        (row,) = await connection.fetch("SELECT * FROM engine.outbox")
    return outbox.message_of(row)


async def next_offset(database: Database, partition: int = 1) -> int:
    async with database.connection() as connection:
        return (await offsets.read(connection, LEDGER))[partition].next_offset


async def test_a_redelivered_batch_counts_once(pool: Database) -> None:
    batch = received(*a_read(*(a_voucher(str(number)) for number in range(1, 6))))
    projector = a_projector(pool)

    await projector.apply(batch[:3])
    await projector.apply(batch)
    await a_projector(pool).apply(batch)

    assert await value(pool, "SELECT count(*) FROM ledger.voucher") == 5
    assert await value(pool, "SELECT sum(postings) FROM ledger.account_balance") == 10
    assert await value(pool, "SELECT events_applied FROM ledger.read_result") == 3
    assert projector.committed == {1: len(batch)}


async def test_a_message_beyond_the_next_one_is_a_gap(pool: Database) -> None:
    batch = received(*a_read(a_voucher("1"), a_voucher("2"), a_voucher("3")))
    projector = a_projector(pool)
    await projector.apply(batch[:1])

    with pytest.raises(OffsetGap, match="1 is next"):
        await projector.apply(batch[2:])

    assert await next_offset(pool) == 1


async def test_a_gap_that_comes_again_is_a_loss_and_stops_its_partition(pool: Database) -> None:
    batch = received(*a_read(a_voucher("1"), a_voucher("2"), a_voucher("3")))
    other = received(*a_read(a_voucher("1"), company="gjuteriet"), partition=2)
    with pytest.raises(OffsetGap):
        await a_projector(pool).apply(batch[1:])

    await a_projector(pool).apply([*batch[1:], *other])

    assert await next_offset(pool, 1) == 0
    assert await next_offset(pool, 2) == len(other)
    reason = await value(pool, "SELECT max(stopped_reason) FROM engine.projection_offset")
    assert "0 is next" in reason


async def test_the_third_exit_of_a_message_stops_its_partition_only(pool: Database) -> None:
    poison = a_page(a_voucher("13"))

    async def apply(connection: asyncpg.Connection, events: Sequence[Any]) -> int:
        if any(event.event_id == poison.event_id for event in events):
            raise ZeroDivisionError("nobody foresaw this")
        return await projection.apply(connection, events)

    bad = received(poison, *a_read(a_voucher("1"), company="snickeriet"))
    good = received(*a_read(a_voucher("1"), company="gjuteriet"), partition=2)

    for _ in range(EXITS_MAX - 1):
        with pytest.raises(MessageUnsolved):
            await a_projector(pool, apply).apply([*bad, *good])
        assert await next_offset(pool) == 0
    await a_projector(pool, apply).apply([*bad, *good])

    assert await next_offset(pool, 1) == 0
    assert await next_offset(pool, 2) == len(good)
    reason = await value(pool, "SELECT max(stopped_reason) FROM engine.projection_offset")
    assert "nobody foresaw this" in reason


async def test_a_resumed_partition_goes_on_where_it_stopped(pool: Database) -> None:
    batch = received(*a_read(a_voucher("1")))
    async with pool.transaction() as connection:
        await offsets.stop(connection, LEDGER, 1, "message 0 ended the worker 3 times")
    await a_projector(pool).apply(batch)
    assert await next_offset(pool) == 0

    async with pool.connection() as connection:
        assert await offsets.resume_stopped(connection, but_not=LOST) == 1
    await a_projector(pool).apply(batch)

    assert await next_offset(pool) == len(batch)


async def test_a_value_that_postgresql_refuses_is_found_among_many(pool: Database) -> None:
    read = a_read(*(a_voucher(str(number)) for number in range(1, 31)), page=3)
    other = a_page(a_voucher("1", text="en\x00tva"), company="snickeriet")

    await a_projector(pool).apply(received(*read[:5], other, *read[5:]))

    assert await value(pool, "SELECT count(*) FROM ledger.voucher") == 30
    assert await value(pool, "SELECT state FROM ledger.read_result") == "complete"
    topic = await value(pool, "SELECT topic FROM engine.outbox")
    assert topic == "bokflow.dead-letters"
    assert await open_dead_letters(pool) == [(TOPIC, 1, 5, "snickeriet", "value_refused")]


async def test_a_worker_that_knows_another_shape_stops_applying(pool: Database) -> None:
    async with pool.connection() as connection:
        await connection.execute("UPDATE engine.projection_offset SET shape = shape + 1")

    with pytest.raises(offsets.VersionSuperseded, match="this code knows"):
        await a_projector(pool).apply(received(*a_read(a_voucher("1"))))

    assert await value(pool, "SELECT count(*) FROM ledger.voucher") == 0


def test_a_transaction_holds_a_bounded_number_of_bytes() -> None:
    large = Received(TOPIC, 0, 0, b"k", b"x" * (3 * 1024 * 1024), (), datetime.now(UTC), 0.0)

    assert [len(portion) for portion in portions([large] * 5)] == [1] * 5
    assert portions([]) == [[]]


async def test_a_hostile_header_reaches_the_dead_letters_too(pool: Database) -> None:
    hostile = Received(
        TOPIC, 1, 0, b"a", b"garbage", (("na\x00me", b"\xff"),), datetime.now(UTC), 0.0
    )

    await a_projector(pool).apply([hostile])

    assert await next_offset(pool) == 1
    assert await value(pool, "SELECT count(*) FROM engine.outbox") == 1


async def test_what_is_blown_up_for_spite_is_cut_to_what_the_dead_letters_take(
    pool: Database,
) -> None:
    large = b"x" * 20_000_000
    many = (("trace", b"1"), ("large", large), ("behind", b"2"))
    hostile = Received(TOPIC, 1, 0, large, large, many, datetime.now(UTC), 0.0)

    await a_projector(pool).apply([hostile])

    letter = await dead_letter(pool)
    headers = dict(letter.headers)
    rest_bytes = len(letter.key or b"") + sum(len(n) + len(c) for n, c in letter.headers)
    assert len(letter.value) == DEAD_LETTER_BYTES_MAX
    assert rest_bytes + len(letter.value) < int(DEAD_LETTERS.config["max.message.bytes"])
    assert (headers["trace"], headers["large"][:1], "behind" in headers) == (b"1", b"x", False)
    assert headers["dead-letter-cut-from-bytes"] == str(hostile.size_bytes).encode()


async def test_a_dead_letter_that_is_whole_says_nothing_of_a_cut(pool: Database) -> None:
    ordinary = Received(
        TOPIC, 1, 0, b"a", b"{", (("trace", b"x" * 16_000),), datetime.now(UTC), 0.0
    )

    await a_projector(pool).apply([ordinary])

    letter = await dead_letter(pool)
    assert (letter.key, letter.value, letter.headers[0]) == (b"a", b"{", ordinary.headers[0])
    assert "dead-letter-cut-from-bytes" not in dict(letter.headers)


@pytest.mark.parametrize("key", [None, b"", b"a\x00b", b"\xff", b"a\n", b"a" * 65])
async def test_a_dead_letter_whose_key_is_no_company_is_remembered_without_one(
    pool: Database, key: bytes | None
) -> None:
    hostile = Received(TOPIC, 1, 0, key, b"garbage", (), datetime.now(UTC), 0.0)

    await a_projector(pool).apply([hostile])
    await a_projector(pool).apply([hostile])  # It comes twice, and is set aside once.

    assert await open_dead_letters(pool) == [(TOPIC, 1, 0, None, "unreadable")]


async def test_a_number_beyond_an_integer_is_rejected(pool: Database) -> None:
    (end,) = received(an_end(0))
    huge = replace(end, value=(end.value or b"").replace(b'"events":0', b'"events":%d' % 2**70))

    await a_projector(pool).apply([huge])

    assert await next_offset(pool) == 1
    assert await value(pool, "SELECT count(*) FROM engine.outbox") == 1

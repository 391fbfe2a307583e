"""One company built anew from its messages, while its neighbours go on."""

import asyncio
from typing import Any

import pytest

from projections.migrate import LEDGER, STATUS
from schemas.codec import Message, encode
from schemas.ledger_events import AnyLedgerEvent
from schemas.lifecycle_events import CompanyRegistered, ConnectionEstablished
from streams import offsets, topics
from streams.database import Database
from streams.folds import FOLDS
from tests.builders import AT, a_page, a_voucher, an_end
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.rebuilding import (
    COMPANY,
    FLIP,
    a_neighbour,
    books,
    places,
    project,
    rebuild,
    rows,
    say,
)
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
LOSE = "DELETE FROM ledger.voucher WHERE number = '2'"


async def test_what_was_spoilt_is_mended_and_its_neighbours_are_untouched(
    engine: Engine, pool: Database
) -> None:
    neighbour = a_neighbour()
    pairs = zip(books(COMPANY), books(neighbour), strict=True)
    await say(engine, *(event for pair in pairs for event in pair))
    await project(engine, pool)
    before, stood = await rows(engine, COMPANY), await places(engine, neighbour)
    await engine.connection.execute(f"{FLIP} AND company_id = $1", COMPANY)
    await engine.connection.execute(f"{LOSE} AND company_id = $1", COMPANY)
    assert await rows(engine, COMPANY) != before

    done = await rebuild(engine, pool)

    assert await rows(engine, COMPANY) == before
    assert await places(engine, neighbour) == stood
    assert (done.messages, done.rejected, done.closed) == (len(books(COMPANY)), (), ())
    assert await engine.balances_are_right()
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ledger\\__%'"
    assert await engine.value(schemas) == 1


async def test_the_status_is_rebuilt_alike(engine: Engine, pool: Database) -> None:
    stamp: dict[str, Any] = {"company_id": COMPANY, "occurred_at": AT}
    await say(
        engine,
        CompanyRegistered(sequence=1, source="fortnox", name="Bageriet", **stamp),
        ConnectionEstablished(sequence=2, source="fortnox", **stamp),
    )
    await project(engine, pool, STATUS)
    before = await rows(engine, COMPANY, projection=STATUS)
    assert before["company_status"]
    await engine.connection.execute("UPDATE status_1.company_status SET name = 'Spoilt'")

    await rebuild(engine, pool, STATUS)

    assert await rows(engine, COMPANY, projection=STATUS) == before


async def test_a_company_that_syncs_meanwhile_has_the_rows_that_it_would_have_had(
    engine: Engine, pool: Database
) -> None:
    await engine.start_worker(runs_at_once="0")
    await say(engine, *books(COMPANY))

    async def sync() -> None:
        for run in range(3, 23, 2):
            await say(engine, *books(COMPANY, run=run))

    syncing = asyncio.create_task(sync())
    done = [await rebuild(engine, pool) for _ in range(3)]
    await syncing
    await engine.caught_up()
    found = await rows(engine, COMPANY)

    await engine.connection.execute("TRUNCATE ledger_1.voucher, ledger_1.posting")
    last = await rebuild(engine, pool)

    assert await rows(engine, COMPANY) == found
    assert await engine.balances_are_right()
    assert [one.next_offset for one in done] == sorted(one.next_offset for one in done)
    assert last.messages == 11 * len(books(COMPANY))


async def test_what_was_applied_between_the_build_and_the_exchange_is_built_too(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    later = books(COMPANY, run=3)
    partition = topics.partition_of(COMPANY, partitions=PARTITIONS)

    async with engine.connection.transaction():  # An agent's, which is slow.
        locked = await offsets.lock(engine.connection, LEDGER, [partition])
        rebuilding = asyncio.create_task(rebuild(engine, pool))
        await waits_for_a_lock(pool)
        await say(engine, *later)
        await engine.connection.execute("SET LOCAL search_path = ledger_1")
        await FOLDS[LEDGER].apply(engine.connection, later)
        end = locked.rows[partition].next_offset + len(later)
        moved = {partition: offsets.Moved(end, digest_of(later[-1]))}
        await offsets.move(engine.connection, LEDGER, 1, moved)
        before = await rows(engine, COMPANY)

    assert (await rebuilding).next_offset == end
    assert await rows(engine, COMPANY) == before


async def test_only_its_partition_waits_for_the_exchange(engine: Engine, pool: Database) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    partition = topics.partition_of(COMPANY, partitions=PARTITIONS)
    free = """
        SELECT partition FROM engine.projection_offset WHERE agent = 'project_ledger' AND in_use
        ORDER BY partition FOR UPDATE SKIP LOCKED
    """

    async with engine.connection.transaction():
        await engine.connection.execute("LOCK TABLE ledger_1.voucher IN SHARE MODE")
        rebuilding = asyncio.create_task(rebuild(engine, pool))
        await waits_for_a_lock(pool)
        found = [number for (number,) in await engine.connection.fetch(free)]
    await rebuilding

    assert found == [number for number in range(PARTITIONS) if number != partition]


async def waits_for_a_lock(pool: Database) -> None:
    """Returns when somebody waits for one in PostgreSQL."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    async with pool.connection() as connection:
        await eventually(lambda: connection.fetchval(waiting), what="somebody waits")


def digest_of(event: AnyLedgerEvent) -> bytes:
    message = encode(event)
    return offsets.message_digest(message.key, message.value)


async def test_a_message_that_older_code_rejected_is_applied_in_its_place(
    engine: Engine, pool: Database
) -> None:
    pages = [encode(a_page(a_voucher(str(n)), sequence=n)) for n in (1, 2, 3)]
    garbage = Message(LEDGER.topic, COMPANY.encode(), (), b"garbage")
    await engine.publish(*pages[:2], garbage, pages[2], encode(an_end(3)))
    await project(engine, pool, unknown=1)
    assert await engine.value("SELECT state FROM ledger.read_result") == "incomplete"
    opened = "SELECT array_agg(message_offset ORDER BY message_offset) FROM engine.dead_letter"
    assert await engine.value(opened) == [1, 2]

    done = await rebuild(engine, pool)

    assert (done.closed, done.newly_rejected) == ((1,), ())
    assert [(one.offset, one.reason) for one in done.rejected] == [(2, "unreadable")]
    assert await engine.value(opened) == [2]
    assert await engine.value("SELECT state FROM ledger.read_result") == "complete"
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == 3
    assert await engine.value("SELECT count(*) FROM engine.outbox") == 2  # As before.

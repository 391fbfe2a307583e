"""One company built anew from its messages, while its neighbours go on."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from projections.migrate import LEDGER, STATUS, Projection
from schemas.codec import Message, encode
from schemas.errors import EventTypeUnknown
from schemas.ledger_events import AnyLedgerEvent
from schemas.lifecycle_events import CompanyRegistered, ConnectionEstablished
from streams import topics
from streams.database import Database
from streams.folds import FOLDS
from streams.migrate import bring_up_to_date
from streams.projector import Projector
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.company_build import LogLost, LogTruncated
from streams.rebuild.rebuild_company import RebuiltCompany, rebuild_company
from streams.received import Received
from streams.refusals import MessageUnsolved
from tests.builders import AT, YEAR, a_page, a_read, a_voucher, an_end, some_openings, some_years
from tests.engine import Engine, delete_topics
from tests.eventually import eventually
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
COMPANY = "bageriet"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename"
FLIP = "UPDATE ledger.posting SET amount = -amount WHERE account = '3001'"
BUILDS = "SELECT count(*) FROM engine.build WHERE ended_at IS NULL"
BUILT = "SELECT EXISTS (SELECT FROM engine.projection_offset WHERE NOT in_use AND next_offset > 0)"
# A rebuild that stands still where it would exchange the rows.
HUNG_REBUILD = """
import asyncio, sys
from projections.migrate import LEDGER
from streams.rebuild import rebuild_company as module
from streams.settings import Settings

async def hang(*_):
    await asyncio.sleep(600)

async def main():
    settings = Settings.from_environment()
    module._exchange = hang
    async with module.rebuild_database(settings) as database:
        await module.rebuild_company(
            database, LEDGER, sys.argv[1], settings=settings, holder="hung"
        )

asyncio.run(main())
"""
LOSE = "DELETE FROM ledger.voucher WHERE number = '2'"


def a_neighbour(company: str = COMPANY) -> str:
    """Another company whose messages stand on the same partition."""
    place = topics.partition_of(company, partitions=PARTITIONS)
    names = (f"granne-{number}" for number in range(100))
    return next(n for n in names if topics.partition_of(n, partitions=PARTITIONS) == place)


@pytest.fixture
async def database(engine: Engine) -> AsyncIterator[Database]:
    database = await engine.database()
    yield database
    await database.stop()


async def project(
    engine: Engine,
    database: Database,
    projection: Projection = LEDGER,
    *,
    unknown: int | None = None,
) -> None:
    """Applies all that stands on the topic, as the agents would.

    `unknown`: the offset of a message that older code does not know.
    """
    fold = FOLDS[projection]

    def decode(received: Received) -> Any:
        if received.offset == unknown:
            raise EventTypeUnknown("vouchers_observed.v1")
        return fold.decode(received)

    projector = Projector(
        database, projection, decode=decode, apply=fold.apply, retry_delay_seconds_max=0.2
    )
    async with BulkReader.open(engine.endpoints.kafka_url, projection.topic) as reader:
        stretch = await reader.bounds(PARTITIONS)
        async for batch in reader.read(stretch):
            await projector.apply(batch)


async def say(engine: Engine, *events: Any) -> None:
    await engine.publish(*(encode(event) for event in events))


async def rebuild(
    engine: Engine, database: Database, projection: Projection = LEDGER
) -> RebuiltCompany:
    return await rebuild_company(
        database, projection, COMPANY, settings=engine.settings, holder="test"
    )


async def rows(engine: Engine, company: str, *, projection: Projection = LEDGER) -> dict[str, Any]:
    """All that the tables in use hold of a company, to the byte."""
    found = {}
    for (table,) in await engine.connection.fetch(TABLES, projection.schema(1)):
        name = f"{projection.schema(1)}.{table}"
        query = f"SELECT row::text FROM {name} AS row WHERE company_id = $1 ORDER BY 1"
        found[table] = [text for (text,) in await engine.connection.fetch(query, company)]
    return found


async def places(engine: Engine, company: str) -> list[Any]:
    """Where its rows stand, and who has written them: changes with every write."""
    query = "SELECT ctid, xmin, voucher::text FROM ledger_1.voucher WHERE company_id = $1"
    return list(map(tuple, await engine.connection.fetch(query, company)))


def books(company: str, *, run: int = 1) -> list[AnyLedgerEvent]:
    """A year with openings, two reads of vouchers, one of which changes what the other said."""
    stamp: dict[str, Any] = {"company": company}
    first = a_read(*(a_voucher(str(number)) for number in range(1, 8)), run=run, **stamp)
    changed = a_voucher("3", amount="99.00")
    second = a_read(changed, *(a_voucher(str(n)) for n in range(4, 9)), run=run + 1, **stamp)
    return [
        some_years(YEAR, run=run, **stamp),
        an_end(1, part="fiscal_years", year=None, run=run, **stamp),
        some_openings({"1930": "10.00", "2081": "-10.00"}, run=run, **stamp),
        an_end(1, part="opening_balances", run=run, **stamp),
        *first,
        *second,
    ]


async def test_what_was_spoilt_is_mended_and_its_neighbours_are_untouched(
    engine: Engine, database: Database
) -> None:
    neighbour = a_neighbour()
    pairs = zip(books(COMPANY), books(neighbour), strict=True)
    await say(engine, *(event for pair in pairs for event in pair))
    await project(engine, database)
    before, stood = await rows(engine, COMPANY), await places(engine, neighbour)
    await engine.connection.execute(f"{FLIP} AND company_id = $1", COMPANY)
    await engine.connection.execute(f"{LOSE} AND company_id = $1", COMPANY)
    assert await rows(engine, COMPANY) != before

    done = await rebuild(engine, database)

    assert await rows(engine, COMPANY) == before
    assert await places(engine, neighbour) == stood
    assert (done.messages, done.rejected, done.closed) == (len(books(COMPANY)), (), ())
    assert await engine.balances_are_right()
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ledger\\__%'"
    assert await engine.value(schemas) == 1


async def test_the_status_is_rebuilt_alike(engine: Engine, database: Database) -> None:
    stamp: dict[str, Any] = {"company_id": COMPANY, "occurred_at": AT}
    await say(
        engine,
        CompanyRegistered(sequence=1, source="fortnox", name="Bageriet", **stamp),
        ConnectionEstablished(sequence=2, source="fortnox", **stamp),
    )
    await project(engine, database, STATUS)
    before = await rows(engine, COMPANY, projection=STATUS)
    assert before["company_status"]
    await engine.connection.execute("UPDATE status_1.company_status SET name = 'Spoilt'")

    await rebuild(engine, database, STATUS)

    assert await rows(engine, COMPANY, projection=STATUS) == before


async def test_a_company_that_syncs_meanwhile_has_the_rows_that_it_would_have_had(
    engine: Engine, database: Database
) -> None:
    await engine.start_worker(runs_at_once="0")
    await say(engine, *books(COMPANY))

    async def sync() -> None:
        for run in range(3, 23, 2):
            await say(engine, *books(COMPANY, run=run))

    syncing = asyncio.create_task(sync())
    done = [await rebuild(engine, database) for _ in range(3)]
    await syncing
    await engine.caught_up()
    found = await rows(engine, COMPANY)

    await engine.connection.execute("TRUNCATE ledger_1.voucher, ledger_1.posting")
    last = await rebuild(engine, database)

    assert await rows(engine, COMPANY) == found
    assert await engine.balances_are_right()
    assert [one.next_offset for one in done] == sorted(one.next_offset for one in done)
    assert last.messages == 11 * len(books(COMPANY))


async def test_a_message_that_older_code_rejected_is_applied_in_its_place(
    engine: Engine, database: Database
) -> None:
    pages = [encode(a_page(a_voucher(str(n)), sequence=n)) for n in (1, 2, 3)]
    garbage = Message(LEDGER.topic, COMPANY.encode(), (), b"garbage")
    await engine.publish(*pages[:2], garbage, pages[2], encode(an_end(3)))
    await project(engine, database, unknown=1)
    assert await engine.value("SELECT state FROM ledger.read_result") == "incomplete"
    opened = "SELECT array_agg(message_offset ORDER BY message_offset) FROM engine.dead_letter"
    assert await engine.value(opened) == [1, 2]

    done = await rebuild(engine, database)

    assert done.closed == (1,)
    assert [(one.offset, one.reason) for one in done.rejected] == [(2, "unreadable")]
    assert await engine.value(opened) == [2]
    assert await engine.value("SELECT state FROM ledger.read_result") == "complete"
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == 3
    assert await engine.value("SELECT count(*) FROM engine.outbox") == 2  # As before.


async def test_a_value_that_postgresql_refuses_is_found_and_the_rest_is_rebuilt(
    engine: Engine, database: Database
) -> None:
    pages = [encode(a_page(a_voucher(str(n)), sequence=n)) for n in range(1, 30)]
    value = encode(a_page(a_voucher("99", text="tva"), sequence=12)).value or b""
    bad = replace(pages[0], value=value.replace(b'"tva"', b'"t\\u0000va"'))
    await engine.publish(*pages[:11], bad, *pages[11:])
    await project(engine, database)
    before = await rows(engine, COMPANY)

    done = await rebuild(engine, database)

    assert [(one.offset, one.reason) for one in done.rejected] == [(11, "value_refused")]
    assert await rows(engine, COMPANY) == before
    assert await engine.value("SELECT count(*) FROM engine.dead_letter") == 1


async def test_a_message_that_nobody_foresaw_ends_the_rebuild_and_changes_nothing(
    engine: Engine, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, database)
    await engine.connection.execute(FLIP)
    before = await rows(engine, COMPANY)

    async def fail(*_: Any) -> int:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setitem(FOLDS, LEDGER, replace(FOLDS[LEDGER], apply=fail))
    with pytest.raises(MessageUnsolved, match="nobody foresaw this"):
        await rebuild(engine, database)

    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 0


async def test_a_rebuild_that_is_cancelled_changes_nothing_and_leaves_nothing(
    engine: Engine, database: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, database)
    await engine.connection.execute(FLIP)
    before = await rows(engine, COMPANY)
    # Held up where it would exchange the rows.
    async with engine.connection.transaction():
        await engine.connection.execute("SELECT FROM engine.projection_offset FOR UPDATE")
        task = asyncio.create_task(rebuild(engine, database))
        async with database.connection() as other:
            await eventually(lambda: other.fetchval(BUILDS), what="a build")
        await asyncio.sleep(1)
        task.cancel()
        # Dropping it waits for nobody: its own offset rows are not held.
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 0


async def test_what_a_killed_rebuild_has_left_is_dropped_by_the_next_one(
    engine: Engine, database: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, database)
    before = await rows(engine, COMPANY)
    killed = subprocess.Popen(  # noqa: ASYNC220 - starting it takes milliseconds
        [sys.executable, "-c", HUNG_REBUILD, COMPANY], env={**os.environ, **engine.environment}
    )
    try:
        await eventually(lambda: engine.value(BUILT), what="a build with rows")
    finally:
        killed.kill()
        killed.wait()
    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 1
    await asyncio.sleep(2.5)  # Its lease lasts for two seconds.

    await rebuild(engine, database)

    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 0


async def test_a_log_that_has_lost_its_first_messages_is_refused(
    engine: Engine, database: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, database)
    before = await rows(engine, COMPANY)
    place = TopicPartition(LEDGER.topic, topics.partition_of(COMPANY, partitions=PARTITIONS))
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.endpoints.kafka_url)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=3)})
    await admin.close()

    with pytest.raises(LogTruncated, match="begins with message 3"):
        await rebuild(engine, database)

    assert await rows(engine, COMPANY) == before


async def test_a_log_that_was_made_anew_is_refused(engine: Engine, database: Database) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, database)
    before = await rows(engine, COMPANY)
    await delete_topics(engine.endpoints.kafka_url, [LEDGER.topic])
    await bring_up_to_date(engine.settings)

    with pytest.raises(LogLost, match="log_lost"):
        await rebuild(engine, database)

    assert await rows(engine, COMPANY) == before

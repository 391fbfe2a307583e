"""Books on a real log, applied without a worker, and rebuilt for one company."""

from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from projections.migrate import LEDGER, TABLES_OF, Projection
from projections.queries.verification import verification
from schemas.codec import Message, encode
from schemas.errors import EventTypeUnknown
from schemas.ledger_events import AnyLedgerEvent
from streams import topics
from streams.database import Database
from streams.folds import FOLDS
from streams.projector import Projector
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.rebuild_company import RebuiltCompany, rebuild_company
from streams.rebuild.whole import Rebuild, Rebuilt
from streams.received import Received
from tests.builders import YEAR, a_read, a_total, a_voucher, an_end, some_openings, some_years
from tests.engine import Engine
from tests.servers import PARTITIONS

COMPANY = "bageriet"
FLIP = "UPDATE ledger.posting SET amount = -amount WHERE account = '3001'"
BUILDS = "SELECT count(*) FROM engine.build WHERE ended_at IS NULL"


def a_neighbour(company: str = COMPANY) -> str:
    """Another company whose messages stand on the same partition."""
    place = topics.partition_of(company, partitions=PARTITIONS)
    names = (f"granne-{number}" for number in range(100))
    return next(n for n in names if topics.partition_of(n, partitions=PARTITIONS) == place)


def a_stranger() -> str:
    """One whose messages stand on another partition."""
    place = topics.partition_of(COMPANY, partitions=PARTITIONS)
    names = (f"annan-{number}" for number in range(100))
    return next(n for n in names if topics.partition_of(n, partitions=PARTITIONS) != place)


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


async def say_what_older_code_applied(engine: Engine, database: Database) -> None:
    """A verified company, built with message 3, which today's code cannot read."""
    totals = (a_total("1930", "125.00"), a_total("3001", "-125.00", "result"))
    await say(engine, *a_read(a_voucher("1"), totals=totals))
    await engine.publish(Message(LEDGER.topic, COMPANY.encode(), (), b"garbage"))
    await project(engine, database)
    await engine.connection.execute("DELETE FROM engine.dead_letter")  # As if it was applied.
    assert (await verification(engine.connection, COMPANY)).state == "verified"


async def lose_before(engine: Engine, offset: int) -> None:
    """Deletes the first messages of the company's partition."""
    place = TopicPartition(LEDGER.topic, topics.partition_of(COMPANY, partitions=PARTITIONS))
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.endpoints.kafka_url)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=offset)})
    await admin.close()


async def accept(engine: Engine) -> Rebuilt:
    """Rebuilds the ledger without what is lost."""
    return await Rebuild(
        engine.settings, LEDGER, holder="test", report=lambda *_: None, accepts_gap=True
    ).take_over()


async def rebuild(
    engine: Engine, database: Database, projection: Projection = LEDGER
) -> RebuiltCompany:
    return await rebuild_company(
        database, projection, COMPANY, settings=engine.settings, holder="test"
    )


async def rows(
    engine: Engine, company: str, *, projection: Projection = LEDGER, version: int = 1
) -> dict[str, Any]:
    """All that the tables of a version hold of a company, to the byte."""
    found = {}
    schema = projection.schema(version)
    for (table,) in await engine.connection.fetch(TABLES_OF, schema):
        name = f"{schema}.{table}"
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

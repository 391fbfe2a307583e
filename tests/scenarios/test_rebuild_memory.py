"""What a rebuild's process keeps in memory: nothing of a batch that it is done with."""

import gc
from collections.abc import Iterator

import pytest

from projections.migrate import LEDGER
from schemas.codec import Message, encode
from schemas.ledger_events import VouchersObserved
from streams.rebuild import builds
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.child import Progress, Task, build, build_database
from tests.builders import a_page, a_voucher
from tests.engine import Engine

pytestmark = pytest.mark.engine
GARBAGE = Message(LEDGER.topic, b"bageriet", (), b"no event")


@pytest.fixture
def without_collector() -> Iterator[None]:
    """As in the process of a rebuild."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _pages_in_memory() -> list[VouchersObserved]:
    return [one for one in gc.get_objects() if isinstance(one, VouchersObserved)]


@pytest.mark.usefixtures("without_collector")
async def test_a_batch_that_holds_a_rejected_message_is_let_go(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its error holds the frames that it came through, and these hold the batch."""
    pages = [a_page(a_voucher(str(number)), sequence=number) for number in range(1, 4)]
    await engine.publish(*map(encode, pages), GARBAGE)
    pages.clear()
    others = _pages_in_memory()  # Those of other tests, which hold on to them.
    database = build_database(engine.settings)
    await database.start()
    try:
        async with builds.building(
            database, LEDGER, kind="whole", holder="test", lease_seconds=30
        ) as made:
            async with BulkReader.open(engine.endpoints.kafka_url, LEDGER.topic) as reader:
                stretch = await reader.bounds(engine.settings.partitions)
            task = Task(projection=LEDGER.name, version=made.version, stretch=stretch)
            await build(engine.settings, task)
    finally:
        await database.stop()

    told = map(Progress.model_validate_json, capsys.readouterr().out.splitlines())
    assert sum(len(one.rejected) for one in told) == 1
    known = {id(one) for one in others}
    assert [one for one in _pages_in_memory() if id(one) not in known] == []

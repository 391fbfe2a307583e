"""Purges that are not applied yet when a topic has lost messages and the loss is accepted."""

from collections.abc import Sequence

import pytest

from projections.migrate import LEDGER
from schemas.ledger_events import AnyLedgerEvent
from streams import purges
from streams.database import Database
from streams.migrate import bring_up_to_date
from streams.outbox_relay import OutboxRelay
from tests.builders import YEAR, a_read, a_voucher
from tests.engine import Engine, delete_topics
from tests.scenarios.rebuilding import COMPANY, accept, lose_before, project, say
from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine
VOUCHERS = "SELECT count(*) FROM ledger.voucher"
OPEN = "SELECT count(*) FROM engine.purge WHERE completed_at IS NULL"
FIRST = a_read(a_voucher("1"), run=1)
SECOND = a_read(a_voucher("1"), a_voucher("2"), run=2)


@pytest.fixture
async def commands(engine: Engine, pool: Database) -> CommandTopic:
    """A connected company with two vouchers, and whoever decides its commands."""
    commands = CommandTopic(pool)
    await commands.command("connection_requested", source="fortnox")
    await say(engine, *FIRST, *SECOND)
    await project(engine, pool)
    await OutboxRelay(pool, engine.publisher).relay()
    return commands


async def test_a_purge_that_is_still_to_come_is_applied_after_the_gap(
    engine: Engine, pool: Database, commands: CommandTopic
) -> None:
    await commands.command("purge_requested")
    await lose_before(engine, len(FIRST))

    await accept(engine)

    assert await engine.value(VOUCHERS) == 2  # Nothing goes before its purge comes.
    await _go_on(engine, pool)
    assert await engine.value(VOUCHERS) == 0
    assert await engine.value(OPEN) == 0


@pytest.mark.parametrize("is_applied", [False, True])
async def test_a_purge_that_is_lost_with_all_before_it_is_completed(
    engine: Engine, pool: Database, commands: CommandTopic, is_applied: bool
) -> None:
    await commands.command("purge_requested", fiscal_years=[YEAR])
    await OutboxRelay(pool, engine.publisher).relay()
    if is_applied:
        await project(engine, pool)
    await lose_before(engine, len(FIRST) + len(SECOND) + 1)

    await accept(engine)
    await _go_on(engine, pool)
    await say(engine, *a_read(a_voucher("3"), run=3, generation=1))
    await project(engine, pool)

    assert await engine.value(OPEN) == 0
    assert await engine.value(VOUCHERS) == 1  # What comes behind it is taken.


@pytest.mark.parametrize("wish", ["purge_requested", "company_removal_requested"])
async def test_a_purge_that_alone_is_lost_is_said_again(
    engine: Engine, pool: Database, commands: CommandTopic, wish: str
) -> None:
    await commands.command(wish)
    await OutboxRelay(pool, engine.publisher).relay()
    await _make_anew(engine, FIRST)

    await accept(engine)

    assert await engine.value(VOUCHERS) == 1
    await _go_on(engine, pool)
    assert await engine.value(VOUCHERS) == 0
    assert await engine.value(OPEN) == 0


async def test_a_purge_that_is_lost_before_another_is_told_as_superseded(
    engine: Engine, pool: Database, commands: CommandTopic
) -> None:
    await commands.command("purge_requested", command_id="p-1")
    await commands.command("purge_requested", command_id="p-2", fiscal_years=[YEAR])
    await OutboxRelay(pool, engine.publisher).relay()
    await lose_before(engine, len(FIRST) + len(SECOND) + 1)

    await accept(engine)
    await project(engine, pool)
    assert not await purges.empties(engine.connection, COMPANY)
    await _go_on(engine, pool)

    assert await engine.value(OPEN) == 0
    first, second = (await commands.events())[-2:]
    assert (first["command_id"], first["superseded"]) == ("p-1", True)
    assert (second["command_id"], second.get("superseded", False)) == ("p-2", False)


async def _make_anew(engine: Engine, events: Sequence[AnyLedgerEvent]) -> None:
    """The topic as somebody has restored it: with its first messages."""
    await delete_topics(engine.endpoints.kafka_url, [LEDGER.topic])
    await bring_up_to_date(engine.settings)
    await say(engine, *events)


async def _go_on(engine: Engine, pool: Database) -> None:
    """What waits is published and applied, and what has been applied is told."""
    await OutboxRelay(pool, engine.publisher).relay()
    await project(engine, pool)
    await purges.complete(pool)

"""Projections built anew from their topics while everything goes on, and what cannot go wrong."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from projections.migrate import LEDGER, version_in_use
from projections.queries.verification import verification
from schemas.codec import Message
from streams import offsets
from streams.database import Database
from streams.migrate import bring_up_to_date
from streams.rebuild.gaps import TopicTruncated
from streams.rebuild.verify import verify_all
from streams.rebuild.whole import Rebuild, Rebuilt
from tests.builders import a_purge, a_read, a_total, a_voucher
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.beside import bystanders_of
from tests.scenarios.rebuilding import (
    COMPANY,
    FLIP,
    a_neighbour,
    accept,
    books,
    lose_before,
    project,
    say,
)

pytestmark = pytest.mark.engine
SCHEMAS = """
    SELECT array_agg(nspname::text ORDER BY nspname) FROM pg_namespace WHERE nspname ~ '^ledger_'
"""
STAND = """
    SELECT partition, next_offset FROM engine.projection_offset
    WHERE agent = 'project_ledger' AND in_use ORDER BY partition
"""
VOUCHERS = "SELECT count(*) FROM ledger.voucher"
RUN = """
import asyncio, sys
from projections.migrate import LEDGER
from streams.rebuild.whole import Rebuild
from streams.settings import Settings
def report(stage, done, total):
    print(stage, flush=True)
    if stage == sys.argv[1]:
        sys.stdin.read()  # Held here, until it is killed.
work = Rebuild(Settings.from_environment(), LEDGER, holder="killed", report=report)
asyncio.run(work.take_over())
"""


def a_rebuild(engine: Engine, **options: Any) -> Rebuild:
    return Rebuild(engine.settings, LEDGER, holder="test", report=lambda *_: None, **options)


async def test_a_rebuild_beside_syncs_and_purges_takes_over_equal_and_readers_notice_nothing(
    engine: Engine,
) -> None:
    await say(engine, *books(COMPANY), *books("snickeriet"))
    await engine.start_worker()
    await engine.caught_up()
    async with bystanders_of(engine) as bystanders:
        before = await bystanders.digests()
        going = asyncio.create_task(_talk(engine))

        first = await a_rebuild(engine).take_over()
        second = await a_rebuild(engine).take_over()
        await going
        await engine.caught_up()
        async with a_rebuild(engine).verified() as (_, third):
            differing = third.differing

        assert await bystanders.digests() == before
        assert await bystanders.booked()  # A report's own view goes on, with its role's rights.
    assert (first.differing, second.differing, differing) == ([], [], [])
    assert await version_in_use(engine.connection, LEDGER) == second.version
    assert await engine.value(SCHEMAS) == [f"ledger_{second.version}"]
    assert await engine.balances_are_right()


async def _talk(engine: Engine) -> None:
    """Runs of one company, and a purge and a new start of the other, a message at a time."""
    for run in range(3, 8):
        for event in a_read(*(a_voucher(str(n), amount=f"{run}.00") for n in range(4)), run=run):
            await say(engine, event)
        if run == 5:
            await say(engine, a_purge(company="snickeriet", generation=1, run=3))
        elif run > 5:
            fresh = a_read(a_voucher("1"), company="snickeriet", run=run, generation=1)
            await say(engine, *fresh)


async def test_a_flipped_amount_is_found_named_and_mended(engine: Engine, pool: Database) -> None:
    await say(engine, *books(COMPANY), *books(a_neighbour()))
    await project(engine, pool)
    await engine.connection.execute(f"{FLIP} AND company_id = $1 AND number = '5'", COMPANY)

    found = await verify_all(engine.settings, holder="test", report=lambda *_: None)
    mending = await a_rebuild(engine).take_over()
    async with a_rebuild(engine).verified() as (_, after):
        left = after.differing

    (company,) = found.differences
    (voucher,) = found.differences[company].vouchers
    assert (company, voucher.number) == (COMPANY, "5")
    assert {(place.company_id, place.table) for place in mending.differing} == {
        (COMPANY, "posting")
    }
    assert left == []


async def test_postings_that_go_during_the_bulk_find_their_keys(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))  # Its second read changes a voucher of the first.
    await project(engine, pool)

    rebuilt = await a_rebuild(engine).take_over()

    assert rebuilt.differing == []
    schema = LEDGER.schema(rebuilt.version)
    keys = "SELECT count(*) FROM pg_indexes WHERE schemaname = $1 AND tablename = 'posting'"
    assert await engine.value(keys, schema) == 1
    assert await engine.value("SELECT to_regproc($1)", f"{schema}.want_keys") is None


@pytest.mark.parametrize("stage", ["reading", "keys", "comparing", "taking_over"])
async def test_a_rebuild_that_is_killed_leaves_what_is_in_use_alone(
    engine: Engine, pool: Database, stage: str
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    before = await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY number, line")
    stood = await engine.connection.fetch(STAND)

    await _killed_at(engine, stage)

    assert await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY number, line") == (
        before
    )
    assert await engine.connection.fetch(STAND) == stood
    await engine.connection.execute("UPDATE engine.lease SET until = '2020-01-01'")
    rebuilt = await a_rebuild(engine).take_over()
    assert rebuilt.differing == []
    assert await engine.value(SCHEMAS) == [f"ledger_{rebuilt.version}"]


async def _killed_at(engine: Engine, stage: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN, stage),
        env={**os.environ, **engine.environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while (line := await process.stdout.readline()).decode().strip() != stage:
            assert line, "the rebuild has ended"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await eventually(_nobody_builds(engine), what="its processes are gone too")


def _nobody_builds(engine: Engine) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        query = """
            SELECT count(*) = 0 FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND query LIKE '%ledger_2%' AND state <> 'idle'
        """
        return bool(await engine.value(query))

    return look


async def test_a_topic_that_has_lost_messages_is_refused_until_the_loss_is_accepted(
    engine: Engine, pool: Database
) -> None:
    totals = (a_total("1930", "125.00"), a_total("3001", "-125.00", "result"))
    await say(engine, *a_read(a_voucher("1"), totals=totals, run=1))
    await say(engine, *a_read(a_voucher("1"), a_voucher("2"), run=2))
    await project(engine, pool)
    await lose_before(engine, 3)

    with pytest.raises(TopicTruncated, match="begins at offset 3"):
        await a_rebuild(engine).take_over()
    assert await engine.value(SCHEMAS) == ["ledger_1"]
    rebuilt = await accept(engine)

    assert rebuilt.doubted == [COMPANY]
    assert await engine.value(VOUCHERS) == 2
    assert (await verification(engine.connection, COMPANY)).state == "unverified"


async def test_a_projection_of_an_older_shape_is_built_anew_and_its_worker_stops(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    before = await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY number, line")
    old = "UPDATE engine.projection_offset SET shape = shape - 1 WHERE agent = $1"
    await engine.connection.execute(old, LEDGER.agent)
    with pytest.raises(offsets.VersionSuperseded):
        await project(engine, pool)

    done = await bring_up_to_date(engine.settings)

    assert done == ["projection ledger rebuilt, version 2"]
    assert await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY number, line") == (
        before
    )
    await project(engine, pool)
    assert await bring_up_to_date(engine.settings) == []


async def test_a_dead_letter_that_is_applied_now_is_closed(engine: Engine, pool: Database) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool, unknown=4)
    assert await engine.value("SELECT count(*) FROM engine.dead_letter") == 1

    rebuilt: Rebuilt = await a_rebuild(engine).take_over()

    assert rebuilt.differing  # What had been left out is there now.
    assert not rebuilt.rejected
    assert await engine.value("SELECT count(*) FROM engine.dead_letter") == 0


async def test_what_is_rejected_while_a_rebuild_goes_on_stays_a_dead_letter(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    await engine.publish(Message(LEDGER.topic, COMPANY.encode(), (), b"{"))

    def report(stage: str, *_: int) -> None:
        if stage == "comparing":  # The bulk is over: it has not seen the last message.
            thread = threading.Thread(target=lambda: asyncio.run(_project_beside(engine)))
            thread.start()
            thread.join()

    rebuilt = await Rebuild(engine.settings, LEDGER, holder="test", report=report).take_over()

    (rejected,) = rebuilt.rejected
    assert rejected.reason == "unreadable"
    assert await engine.value("SELECT count(*) FROM engine.dead_letter") == 1


async def _project_beside(engine: Engine) -> None:
    """In a loop of its own, as a worker would."""
    database = await engine.database()
    try:
        await project(engine, database)
    finally:
        await database.stop()

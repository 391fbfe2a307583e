"""Rebuilds of one company that meet what cannot be applied, are refused, or do not end."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from projections.migrate import LEDGER
from projections.queries.verification import verification
from schemas.codec import encode
from streams import topics
from streams.database import Database
from streams.folds import FOLDS
from streams.migrate import bring_up_to_date
from streams.rebuild.gaps import TopicTruncated
from streams.refusals import MessageUnsolved
from tests.builders import a_page, a_voucher
from tests.engine import Engine, delete_topics
from tests.eventually import eventually
from tests.scenarios.rebuilding import (
    BUILDS,
    COMPANY,
    FLIP,
    books,
    project,
    rebuild,
    rows,
    say,
    say_what_older_code_applied,
)
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
BUILT = "SELECT EXISTS (SELECT FROM engine.projection_offset WHERE NOT in_use AND next_offset > 0)"
# A rebuild that stands still where it would exchange the rows.
HUNG_REBUILD = """
import asyncio, sys
from projections.migrate import LEDGER
from projections.queries.verification import verification
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


async def test_a_value_that_postgresql_refuses_is_found_and_the_rest_is_rebuilt(
    engine: Engine, pool: Database
) -> None:
    pages = [encode(a_page(a_voucher(str(n)), sequence=n)) for n in range(1, 30)]
    value = encode(a_page(a_voucher("99", text="tva"), sequence=12)).value or b""
    bad = replace(pages[0], value=value.replace(b'"tva"', b'"t\\u0000va"'))
    await engine.publish(*pages[:11], bad, *pages[11:])
    await project(engine, pool)
    before = await rows(engine, COMPANY)

    done = await rebuild(engine, pool)

    assert [(one.offset, one.reason) for one in done.rejected] == [(11, "value_refused")]
    assert await rows(engine, COMPANY) == before
    assert await engine.value("SELECT count(*) FROM engine.dead_letter") == 1


async def test_what_this_code_rejects_and_older_code_applied_is_told_and_leaves_it_unverified(
    engine: Engine, pool: Database
) -> None:
    await say_what_older_code_applied(engine, pool)
    await engine.connection.execute(FLIP)

    done = await rebuild(engine, pool)
    again = await rebuild(engine, pool)

    assert [(one.offset, one.reason) for one in done.newly_rejected] == [(3, "unreadable")]
    assert done.newly_rejected == done.rejected == again.rejected
    assert again.newly_rejected == ()
    found = await verification(engine.connection, COMPANY)
    assert (found.state, found.dead_letters) == ("unverified", 1)
    assert await engine.value("SELECT count(*) FROM engine.outbox WHERE topic ~ 'dead'") == 1


async def test_a_message_that_nobody_foresaw_ends_the_rebuild_and_changes_nothing(
    engine: Engine, pool: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    await engine.connection.execute(FLIP)
    before = await rows(engine, COMPANY)

    async def fail(*_: Any) -> int:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setitem(FOLDS, LEDGER, replace(FOLDS[LEDGER], apply=fail))
    with pytest.raises(MessageUnsolved, match="nobody foresaw this"):
        await rebuild(engine, pool)

    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 0


async def test_a_rebuild_that_is_cancelled_changes_nothing_and_leaves_nothing(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    await engine.connection.execute(FLIP)
    before = await rows(engine, COMPANY)
    # Held up where it would exchange the rows.
    async with engine.connection.transaction():
        await engine.connection.execute("SELECT FROM engine.projection_offset FOR UPDATE")
        task = asyncio.create_task(rebuild(engine, pool))
        async with pool.connection() as other:
            await eventually(lambda: other.fetchval(BUILDS), what="a build")
        await asyncio.sleep(1)
        task.cancel()
        # Dropping it waits for nobody: its own offset rows are not held.
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 0


async def test_what_a_killed_rebuild_has_left_is_dropped_by_the_next_one(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
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

    await rebuild(engine, pool)

    assert await rows(engine, COMPANY) == before
    assert await engine.value(BUILDS) == 0


async def test_a_log_that_has_lost_its_first_messages_is_refused(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    before = await rows(engine, COMPANY)
    place = TopicPartition(LEDGER.topic, topics.partition_of(COMPANY, partitions=PARTITIONS))
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.endpoints.kafka_url)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=3)})
    await admin.close()

    with pytest.raises(TopicTruncated, match="begins at offset 3"):
        await rebuild(engine, pool)

    assert await rows(engine, COMPANY) == before


async def test_a_log_that_was_made_anew_is_refused(engine: Engine, pool: Database) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    before = await rows(engine, COMPANY)
    await delete_topics(engine.endpoints.kafka_url, [LEDGER.topic])
    await bring_up_to_date(engine.settings)

    with pytest.raises(TopicTruncated, match="log_lost"):
        await rebuild(engine, pool)

    assert await rows(engine, COMPANY) == before

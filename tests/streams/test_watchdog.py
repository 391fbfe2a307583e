"""Runs without an outcome are called stalled, once, and can still be ended."""

from datetime import timedelta

import pytest

from projections.migrate import LEDGER
from streams import offsets, topics, watchdog
from streams.database import Database
from tests.servers import PARTITIONS
from tests.streams.command_topic import CommandTopic
from tests.streams.queue import claim_next

pytestmark = pytest.mark.engine
STALLED_SECONDS = 900.0
READS = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset)
    SELECT run_id, 'published', 1, 0, 0, 0 FROM engine.sync_run;
    INSERT INTO engine.watermark VALUES
        ('bageriet', 'published', 'x', now()), ('bageriet', 'untouched', 'x', now());
"""


async def watch(pool: Database) -> int:
    return await watchdog.watch(pool, stalled_seconds=STALLED_SECONDS)


async def queue_a_run(topic: CommandTopic, company: str = "bageriet") -> None:
    await topic.command("connection_requested", company, source="fortnox")
    await topic.command("sync_requested", company)


async def set_state(pool: Database, state: str) -> None:
    async with pool.connection() as connection:
        await connection.execute("UPDATE engine.sync_run SET state = $1", state)


@pytest.mark.parametrize("state", ["queued", "running", "confirming"])
async def test_a_run_without_an_outcome_is_stalled_once(
    pool: Database, topic: CommandTopic, state: str
) -> None:
    await queue_a_run(topic)
    await set_state(pool, state)
    await topic.set_clock(timedelta(seconds=STALLED_SECONDS - 60))
    assert await watch(pool) == 0

    await topic.set_clock(timedelta(seconds=STALLED_SECONDS + 1))
    assert await watch(pool) == 1
    assert await watch(pool) == 0

    stalled = (await topic.events())[-1]
    assert (stalled["type"], stalled["reason"]) == ("sync_stalled.v1", "no_outcome")
    assert stalled["run_id"] == await topic.value("SELECT run_id FROM engine.sync_run")


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
async def test_a_run_that_has_ended_is_left_alone(
    pool: Database, topic: CommandTopic, state: str
) -> None:
    await queue_a_run(topic)
    await set_state(pool, state)
    await topic.set_clock(timedelta(days=1))

    assert await watch(pool) == 0


async def test_a_stopped_partition_stalls_its_companies_only(
    pool: Database, topic: CommandTopic
) -> None:
    names = [f"company-{number}" for number in range(2 * PARTITIONS)]
    for name in names:
        await queue_a_run(topic, name)
    stopped = topics.partition_of(names[0], partitions=PARTITIONS)
    async with pool.transaction() as connection:
        await offsets.stop(connection, LEDGER, stopped, "message 7 ended the worker 3 times")

    await watch(pool)

    for name in names:
        is_there = topics.partition_of(name, partitions=PARTITIONS) == stopped
        last = (await topic.events(name))[-1]
        assert last.get("reason") == ("ledger_stopped" if is_there else None)
    assert (await topic.events(names[0]))[-1]["type"] == "sync_stalled.v1"


async def test_a_run_that_was_taken_over_is_stalled_anew(
    pool: Database, topic: CommandTopic
) -> None:
    await queue_a_run(topic)
    async with pool.transaction() as connection:
        await connection.execute("UPDATE engine.outbox SET published_at = engine.clock()")
    await topic.set_clock(timedelta(days=1))
    assert await watch(pool) == 1

    async with pool.connection() as connection:
        assert await claim_next(connection, holder="another") is not None

    assert await watch(pool) == 1
    assert (await topic.kinds())[-3:] == ["sync_stalled", "sync_started", "sync_stalled"]


async def test_a_stalled_run_can_be_cancelled(pool: Database, topic: CommandTopic) -> None:
    await queue_a_run(topic)
    await topic.set_clock(timedelta(days=1))
    await watch(pool)

    await topic.command("sync_cancel_requested")

    assert (await topic.kinds())[-2:] == ["sync_stalled", "sync_cancelled"]


async def test_a_run_that_the_ledger_says_nothing_of_can_be_cancelled(
    pool: Database, topic: CommandTopic
) -> None:
    await queue_a_run(topic)
    await set_state(pool, "confirming")
    async with pool.connection() as connection:
        await connection.execute(READS)
    await topic.set_clock(timedelta(days=1))
    await watch(pool)

    await topic.command("sync_cancel_requested")
    await topic.command("sync_requested")

    assert (await topic.kinds())[-2:] == ["sync_cancelled", "sync_queued"]
    # The ledger may have a part of what was published, or all of it later.
    assert await topic.value("SELECT array_agg(read) FROM engine.watermark") == ["untouched"]

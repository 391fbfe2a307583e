"""Commands from anyone, written as anyone writes to Kafka: each is answered, and only once."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from projections.migrate import COMMANDS
from streams import offsets, topics
from streams.migrate import bring_up_to_date
from tests.engine import Engine, delete_topics
from tests.eventually import eventually
from tests.scenarios.test_bad_messages import dead_letters
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
TOPIC = COMMANDS.topic


def a_command(kind: str, company: str = "bageriet", **fields: Any) -> bytes:
    return json.dumps({"type": f"{kind}.v1", "company_id": company, **fields}).encode()


CONNECT = a_command("connection_requested", source="fortnox")


@asynccontextmanager
async def foreign(engine: Engine, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A service's own producer."""
    producer = AIOKafkaProducer(bootstrap_servers=engine.endpoints.kafka_url, **settings)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def start_worker(engine: Engine) -> Any:
    """A worker that decides and runs nothing."""
    return await engine.start_worker(runs_at_once="0", sync_interval_seconds="3600")


async def answers(engine: Engine, count: int, company: str = "bageriet") -> list[dict[str, Any]]:
    """The company's lifecycle, once the broker has so many events of it; there are no more."""
    query = """
        SELECT message_value FROM engine.outbox WHERE topic = 'bokflow.lifecycle'
            AND message_key = $1 AND published_at IS NOT NULL ORDER BY outbox_id
    """

    async def published() -> list[Any] | None:
        rows = await engine.connection.fetch(query, company.encode())
        return rows if len(rows) >= count else None

    rows = await eventually(published, what=f"{count} events of {company}")
    events = [json.loads(row["message_value"]) for row in rows]
    assert len(events) == count, events
    return events


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removesuffix(".v1") for event in events]


async def decided(engine: Engine) -> None:
    """Returns when the agent has passed all that has been written."""

    async def is_passed() -> bool:
        rows = await offsets.read(engine.connection, COMMANDS)
        places = {TopicPartition(TOPIC, number): row.next_offset for number, row in rows.items()}
        return not await topics.hold_messages(engine.endpoints.kafka_url, places)

    await eventually(is_passed, what="all commands are decided")


async def connect(engine: Engine, company: str = "bageriet") -> int:
    """A connected company that has nothing to do any more; how many events it has."""
    async with foreign(engine) as producer:
        wanted = a_command("connection_requested", company, source="fortnox")
        await producer.send_and_wait(TOPIC, wanted)
        first = await answers(engine, 3, company)
        assert (first[-1]["type"], first[-1]["trigger"]) == ("sync_queued.v1", "automatic")
        await producer.send_and_wait(TOPIC, a_command("sync_cancel_requested", company))
    return len(await answers(engine, 4, company))


async def test_any_producer_is_answered_whatever_its_key_and_partition(engine: Engine) -> None:
    await start_worker(engine)
    known = await connect(engine)

    async with foreign(engine) as producer:
        wanted = a_command("sync_requested", requested_by="Åsa", command_id="s-1")
        await producer.send_and_wait(TOPIC, wanted, key=b"another key", partition=3)
        queued = (await answers(engine, known + 1))[-1]
        place = await producer.send_and_wait(TOPIC, a_command("sync_requested", "nobody"))

    assert (queued["type"], queued["requested_by"]) == ("sync_queued.v1", "Åsa")
    (rejected,) = await answers(engine, 1, "nobody")
    assert rejected["reason"] == "unknown_company"
    assert rejected["command_id"] == f"{TOPIC}/{place.partition}/{place.offset}"


async def test_a_transaction_counts_when_it_is_committed_and_leaves_holes(engine: Engine) -> None:
    await start_worker(engine)
    known = await connect(engine)
    sync = a_command("sync_requested")

    async with foreign(engine, transactional_id="a-service") as producer:
        async with producer.transaction():
            await producer.send_and_wait(TOPIC, a_command("sync_requested", "no-1"), partition=1)
        await producer.begin_transaction()
        await producer.send_and_wait(TOPIC, a_command("disconnect_requested"), partition=1)
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(TOPIC, sync, partition=1)
    queued = (await answers(engine, known + 1))[-1]
    await decided(engine)

    assert queued["type"] == "sync_queued.v1"
    rows = await offsets.read(engine.connection, COMMANDS)
    # The mark of the last transaction is behind what was read: the worker does not wait for it.
    end = TopicPartition(TOPIC, 1)
    ends = await topics.end_offsets(engine.endpoints.kafka_url, [end])
    assert rows[1].next_offset < ends[end]
    assert all(row.stopped_reason is None for row in rows.values())
    assert await engine.value("SELECT count(*) FROM engine.projection_failure") == 0


async def test_the_same_command_three_times_has_one_effect_and_one_answer(engine: Engine) -> None:
    worker = await start_worker(engine)
    known = await connect(engine)
    sync = a_command("sync_requested", command_id="s-1")

    async with foreign(engine) as producer:
        await producer.send_and_wait(TOPIC, sync, partition=0)
        await producer.send_and_wait(TOPIC, sync, partition=0)
        await answers(engine, known + 1)
        await decided(engine)
        assert worker.end() == 0
        await producer.send_and_wait(TOPIC, sync, partition=2)
        await start_worker(engine)
        await decided(engine)
        await producer.send_and_wait(TOPIC, a_command("sync_cancel_requested"), partition=2)

    assert kinds(await answers(engine, known + 2))[known:] == ["sync_queued", "sync_cancelled"]
    assert await engine.value("SELECT count(*) FROM engine.sync_run") == 2  # And the automatic one.


async def test_two_requests_at_once_are_one_run_and_one_rejection(engine: Engine) -> None:
    await start_worker(engine)
    await start_worker(engine)
    known = await connect(engine)

    async with foreign(engine) as producer:
        for partition in range(PARTITIONS):
            await producer.send(TOPIC, a_command("sync_requested"), partition=partition)

    events = (await answers(engine, known + PARTITIONS))[known:]
    assert kinds(events) == ["sync_queued", *["sync_rejected"] * (PARTITIONS - 1)]
    assert {event.get("reason") for event in events[1:]} == {"already_running"}


async def test_what_is_no_command_is_set_aside_and_the_rest_is_answered(engine: Engine) -> None:
    large = a_command("sync_requested", requested_by=os.urandom(40_000).hex())
    bad = {
        b"sync, please": b"unreadable",
        a_command("sync_wanted"): b"unknown_type",
        a_command("purge_requested", fiscal_year="2024-01-01"): b"wrong_schema",
        large: b"too_large",
    }
    await start_worker(engine)

    async with foreign(engine) as producer:
        for value in bad:
            await producer.send_and_wait(TOPIC, value, partition=0)
        old = a_command("sync_requested", expires_at="2026-01-01T00:00:00Z", command_id="old")
        await producer.send_and_wait(TOPIC, old, partition=0)

    (expired,) = await answers(engine, 1)
    assert (expired["reason"], expired["command_id"]) == ("expired", "old")
    found = await dead_letters(engine, len(bad))
    assert {value: headers["dead-letter-reason"] for value, headers in found.items()} == bad


async def test_one_record_of_kcat_is_a_command(engine: Engine) -> None:
    if shutil.which("kcat") is None:
        assert os.environ.get("BOKFLOW_ALL_TESTS") != "1", "kcat is missing: apt install kcat"
        pytest.skip("kcat is not installed")
    await start_worker(engine)
    known = await connect(engine)

    command = ["kcat", "-P", "-b", engine.endpoints.kafka_url, "-t", TOPIC]
    wanted = b'{"type": "sync_requested.v1", "company_id": "bageriet", "parts": ["accounts"]}\n'
    subprocess.run(command, input=wanted, check=True, timeout=30)  # noqa: ASYNC221

    queued = (await answers(engine, known + 1))[-1]
    assert (queued["type"], queued["scope"]) == ("sync_queued.v1", {"parts": ["accounts"]})


async def test_a_company_is_synced_by_itself_when_it_is_due(engine: Engine) -> None:
    await start_worker(engine)
    known = await connect(engine)

    for hours in (2, 90 * 24):  # Beyond a change of the clocks, whenever this runs.
        await engine.connection.execute(
            "UPDATE engine.clock_offset SET clock_offset = $1", timedelta(hours=hours)
        )
        queued = (await answers(engine, known + 1))[-1]
        assert (queued["trigger"], queued["requested_by"]) == ("automatic", "scheduler")
        async with foreign(engine) as producer:
            await producer.send_and_wait(TOPIC, a_command("sync_cancel_requested"))
        known = len(await answers(engine, known + 2))

    assert await engine.value("SELECT count(*) FROM engine.sync_run") == 3


async def test_commands_that_have_gone_are_no_loss(engine: Engine) -> None:
    worker = await start_worker(engine)
    known = await connect(engine)
    assert worker.end() == 0
    async with foreign(engine) as producer:
        for _ in range(9):
            gone = await producer.send_and_wait(TOPIC, b"long ago", partition=2)
        await producer.send_and_wait(TOPIC, a_command("sync_requested"), partition=2)
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.endpoints.kafka_url)
    await admin.start()
    before = RecordsToDelete(before_offset=gone.offset + 1)
    await admin.delete_records({TopicPartition(TOPIC, 2): before})
    await admin.close()

    await start_worker(engine)

    assert kinds(await answers(engine, known + 1))[-1] == "sync_queued"
    assert await engine.value("SELECT max(stopped_reason) FROM engine.projection_offset") is None


async def test_a_command_topic_that_was_made_anew_is_noticed(engine: Engine) -> None:
    worker = await start_worker(engine)
    await connect(engine)
    await decided(engine)
    assert worker.end() == 0

    await delete_topics(engine.endpoints.kafka_url, [TOPIC])
    await bring_up_to_date(engine.settings)
    await start_worker(engine)

    async def stopped() -> str | None:
        reason: str | None = await engine.value(
            "SELECT max(stopped_reason) FROM engine.projection_offset WHERE agent = $1",
            COMMANDS.agent,
        )
        return reason

    assert (await eventually(stopped, what="the partition is stopped")).startswith("log_lost")


async def test_a_run_without_an_outcome_is_called_stalled(engine: Engine) -> None:
    await engine.start_worker(runs_at_once="0", stalled_seconds="1")

    async with foreign(engine) as producer:
        await producer.send_and_wait(TOPIC, CONNECT)
        stalled = (await answers(engine, 4))[-1]
        assert (stalled["type"], stalled["reason"]) == ("sync_stalled.v1", "no_outcome")
        await engine.caught_up()
        assert await engine.value("SELECT state FROM status.sync_run") == "stalled"

        await producer.send_and_wait(TOPIC, a_command("sync_cancel_requested"))

    assert kinds(await answers(engine, 5))[-1] == "sync_cancelled"

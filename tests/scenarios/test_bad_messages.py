"""Messages that cannot be applied, lost ones, and a topic that is no more what it was."""

import json
import os
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.codec import Message, encode
from schemas.topics import COMMANDS, DEAD_LETTERS, LEDGER
from streams import outbox
from streams.checkup import examine
from streams.migrate import bring_up_to_date
from streams.sync_runner import SyncRunner
from tests.builders import AT, a_page, a_read, a_voucher
from tests.engine import Engine, delete_topics
from tests.eventually import eventually
from tests.scenarios.lossy_publisher import LossyPublisher
from tests.scenarios.test_command_line import sent
from tests.scenarios.test_faults import a_file, is_whole
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine


def raw(value: bytes, company: str = "bageriet") -> Message:
    return Message(LEDGER.name, company.encode(), (("trace", b"\xff1"),), value)


def changed_page(**changes: Any) -> bytes:
    return json.dumps(json.loads(encode(a_page(a_voucher("77"))).value) | changes).encode()


async def dead_letters(engine: Engine, count: int) -> dict[bytes, dict[str, bytes]]:
    """The dead letters' headers by their bytes, once there are so many."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=engine.endpoints.kafka_url, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(DEAD_LETTERS.name, n) for n in range(PARTITIONS)])
        await consumer.seek_to_beginning()
        found: dict[bytes, dict[str, bytes]] = {}

        async def all_there() -> bool:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    found[record.value] = dict(record.headers)
            return len(found) >= count

        await eventually(all_there, what=f"{count} dead letters")
        return found
    finally:
        await consumer.stop()


async def test_what_cannot_be_applied_goes_to_the_dead_letters_and_the_rest_flows(
    engine: Engine,
) -> None:
    null = changed_page(read={"part": "vouchers", "fiscal_year": "2024-01-01"})
    null = null.replace(b'"1930"', b'"19\\u00003"', 1)
    bad = {
        b"\x00\xffgarbage": b"unreadable",
        changed_page(type="vouchers_observed.v9"): b"unknown_type",
        changed_page(run_number="many"): b"wrong_schema",
        changed_page(company_id="snickeriet"): b"wrong_key",
        null: b"value_refused",
    }
    await engine.start_worker()
    read = a_read(*(a_voucher(str(number)) for number in range(1, 7)))
    messages = [encode(event) for event in read]

    await engine.publish(*messages[:2], *map(raw, bad), *messages[2:])
    await engine.caught_up()

    found = await dead_letters(engine, len(bad))
    assert {value: headers["dead-letter-reason"] for value, headers in found.items()} == bad
    assert all(headers["trace"] == b"\xff1" for headers in found.values())
    assert all(headers["dead-letter-topic"] == LEDGER.name.encode() for headers in found.values())
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == 6
    assert await engine.value("SELECT state FROM ledger.read_result") == "complete"
    assert await engine.balances_are_right()


async def test_a_message_that_had_no_key_has_none_among_the_dead_letters(engine: Engine) -> None:
    messages = [(None, b"no key"), (b"", b"an empty key"), (None, None)]
    async with engine.connection.transaction():
        for key, value in messages:
            await outbox.add(
                engine.connection,
                topic=DEAD_LETTERS.name,
                key=key,
                headers=(),
                value=value,
                created_at=AT,
            )
    worker = await engine.start_worker(runs_at_once="0")
    unpublished = "SELECT count(*) = 0 FROM engine.outbox WHERE published_at IS NULL"
    await eventually(lambda: engine.value(unpublished), what="all is published")

    found = {(record.key, record.value) for record in await sent(engine, DEAD_LETTERS.name)}

    # Kafka takes a message without both, but our producer does not.
    assert found == {*messages[:2], (b"", None)}
    assert worker.process.poll() is None, worker.log


async def test_a_command_blown_up_for_spite_stops_no_company(engine: Engine) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=engine.endpoints.kafka_url,
        compression_type="zstd",
        max_request_size=64 * 1024 * 1024,
    )
    async with producer:
        large = [("large", b"x" * 20_000_000)]
        await producer.send_and_wait(COMMANDS.name, b"{", key=b"acme", headers=large)
    await engine.start_worker(runs_at_once="0")

    (headers,) = (await dead_letters(engine, 1)).values()

    assert headers["dead-letter-reason"] == b"unreadable"
    assert int(headers["dead-letter-cut-from-bytes"]) > 20_000_000


async def test_a_message_that_kafka_never_takes_is_told_by_the_doctor(engine: Engine) -> None:
    async with engine.connection.transaction():
        for headers, value in (((("large", b"x" * 20_000_000),), b"1"), ((), b"2")):
            await outbox.add(
                engine.connection,
                topic=DEAD_LETTERS.name,
                key=b"acme",
                headers=headers,
                value=value,
                created_at=AT,
            )
        # What the producer lets go and the broker does not: no compression makes it small.
        await outbox.add(
            engine.connection,
            topic=COMMANDS.name,
            key=b"acme",
            headers=(),
            value=os.urandom(1_000_000),
            created_at=AT,
        )
        await outbox.add(
            engine.connection,
            topic=COMMANDS.name,
            key=b"acme",
            headers=(),
            value=b"{",
            created_at=AT,
        )
    worker = await engine.start_worker(runs_at_once="0")

    assert set(await dead_letters(engine, 2)) == {b"2", b"{"}
    findings = {one.check: one async for one in examine(engine.settings)}
    assert findings["messages given up"].detail.startswith("Kafka never takes 2 messages")
    assert findings["outbox"].state == "ok"
    assert worker.process.poll() is None, worker.log


async def test_a_run_that_lost_an_event_is_incomplete_and_removes_nothing(engine: Engine) -> None:
    first = a_file(700, seed=12)
    await engine.start_worker(runs_at_once="0")
    database = await engine.database()
    whole = SyncRunner(database, engine.publisher, engine.settings, holder="test")
    run_id = await engine.upload("bageriet", first)
    await eventually(whole.run_next, what="the first run is taken")
    assert (await engine.end_of(run_id))["state"] == "completed"

    lossy = LossyPublisher(engine.endpoints.kafka_url, loses="vouchers_observed.v1")
    runner = SyncRunner(database, lossy, engine.settings, holder="test")
    run_id = await engine.upload("bageriet", a_file(600, seed=12))
    await eventually(runner.run_next, what="the second run is taken")
    run = await engine.end_of(run_id)
    await lossy.close()
    await database.stop()

    assert lossy.lost == 1
    assert (run["state"], run["reason"]) == ("failed", "incomplete")
    removed = "SELECT sum(removed) FROM ledger.read_result WHERE part = 'vouchers'"
    assert await engine.value(removed) == 0
    assert await engine.value("SELECT count(*) FROM ledger.voucher") >= 700
    assert await engine.balances_are_right()


async def test_a_topic_that_was_deleted_and_made_anew_is_noticed(engine: Engine) -> None:
    worker = await engine.start_worker()
    content = a_file(100)
    await engine.end_of(await engine.upload("bageriet", content))
    await engine.caught_up()
    assert worker.end() == 0

    await delete_topics(engine.endpoints.kafka_url, [LEDGER.name])
    await bring_up_to_date(engine.settings)
    await engine.publish(*(encode(event) for event in a_read(a_voucher("1"), company="bageriet")))
    await engine.start_worker()

    async def stopped() -> str | None:
        reason: str | None = await engine.value(
            "SELECT max(stopped_reason) FROM engine.projection_offset"
        )
        return reason

    assert (await eventually(stopped, what="the partition is stopped")).startswith("log_lost")
    findings = [finding async for finding in examine(engine.settings)]
    ill = [finding for finding in findings if finding.state == "error"]
    assert ill
    assert all("log_lost" in finding.detail for finding in ill)
    await is_whole(engine, content)

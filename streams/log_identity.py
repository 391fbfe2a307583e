"""Whether a topic is still the log that PostgreSQL knows: found out by one message per partition.

A topic that was deleted, recreated or truncated has the same name and other messages. So before a
partition is read on from its next offset, that offset must lie on the log, and the message before
it must have the digest that was stored with it. Where a topic may have holes there is less to hold
on to: a message before may be gone, and the beginning may have passed the next offset.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from projections.migrate import Reader
from schemas.errors import BrokerUnavailable
from streams.offsets import Stored, message_digest

READ_SECONDS_MAX = 20
LOOK_MS = 500
LOST = "log_lost"  # Begins every reason that this check finds.


@dataclass
class Examined:
    """What was found, by partition: where to read on, or why it is not what it was."""

    positions: dict[int, int] = field(default_factory=dict)
    differences: dict[int, str] = field(default_factory=dict)


async def examine(kafka_url: str, reader: Reader, stored: Mapping[int, Stored]) -> Examined:
    """Compares the log with what is stored. Raises BrokerUnavailable."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_url,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=1024 * 1024,
        fetch_max_wait_ms=100,
    )
    try:
        await consumer.start()
        try:
            return await _examine(consumer, reader, stored)
        finally:
            await consumer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"{reader.topic} cannot be checked: {error!r}") from error


async def _examine(
    consumer: AIOKafkaConsumer, reader: Reader, stored: Mapping[int, Stored]
) -> Examined:
    partitions = {TopicPartition(reader.topic, number): row for number, row in stored.items()}
    consumer.assign(list(partitions))
    beginnings = await consumer.beginning_offsets(list(partitions))
    ends = await consumer.end_offsets(list(partitions))
    found = Examined()
    for place, row in partitions.items():
        beginning, end = beginnings[place], ends[place]
        position = max(row.next_offset, beginning) if reader.may_have_holes else row.next_offset
        if beginning <= position <= end:
            found.positions[place.partition] = position
        else:
            found.differences[place.partition] = (
                f"{LOST}: {place.topic}/{place.partition} holds offsets {beginning} to {end}, "
                f"the next one is {row.next_offset}"
            )
    if not reader.may_have_holes:
        await _compare(consumer, partitions, beginnings, found)
    return found


async def _compare(
    consumer: AIOKafkaConsumer,
    partitions: Mapping[TopicPartition, Stored],
    beginnings: Mapping[TopicPartition, int],
    found: Examined,
) -> None:
    """Moves to the differences where the message before is another than the one applied."""
    before = {
        place: row.next_offset - 1
        for place, row in partitions.items()
        if place.partition in found.positions
        and row.next_offset > beginnings[place]
        and row.last_digest is not None
    }
    digests = await _digests(consumer, before) if before else {}
    for place, offset in before.items():
        if digests[place] != partitions[place].last_digest:
            del found.positions[place.partition]
            found.differences[place.partition] = (
                f"{LOST}: {place.topic}/{place.partition} has another message at offset "
                f"{offset} than the one that was applied"
            )


async def _digests(
    consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]
) -> dict[TopicPartition, bytes | None]:
    """The digest of the message at each offset, all asked for at once; None where there is none."""
    consumer.pause(*consumer.assignment() - offsets.keys())
    for place, offset in offsets.items():
        consumer.seek(place, offset)
    found: dict[TopicPartition, bytes | None] = {}
    async with asyncio.timeout(READ_SECONDS_MAX):
        while missing := offsets.keys() - found.keys():  # Asked for by name: others have errors.
            looked = await consumer.getmany(*missing, timeout_ms=LOOK_MS, max_records=1)
            for place, (record,) in looked.items():
                is_there = record.offset == offsets[place]
                found[place] = message_digest(record.key, record.value) if is_there else None
    return found

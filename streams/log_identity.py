"""Whether a topic is still the log that PostgreSQL knows: found out by one message per partition.

A topic that was deleted, recreated or truncated has the same name and other messages. So before a
partition is read on from its next offset, that offset must lie on the log, and the message before
it must have the digest that was stored with it. Where a topic may have holes there is less to hold
on to: a message before may be gone, and the beginning may have passed the next offset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from projections.migrate import Reader
from schemas.errors import BrokerUnavailable
from streams.offsets import Stored, message_digest

READ_SECONDS_MAX = 20
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
        if not beginning <= position <= end:
            found.differences[place.partition] = (
                f"{LOST}: {place.topic}/{place.partition} holds offsets {beginning} to {end}, "
                f"the next one is {row.next_offset}"
            )
        elif (
            not reader.may_have_holes
            and position > beginning
            and row.last_digest is not None
            and await _digest_before(consumer, place, position) != row.last_digest
        ):
            found.differences[place.partition] = (
                f"{LOST}: {place.topic}/{place.partition} has another message at offset "
                f"{position - 1} than the one that was applied"
            )
        else:
            found.positions[place.partition] = position
    return found


async def _digest_before(
    consumer: AIOKafkaConsumer, place: TopicPartition, next_offset: int
) -> bytes | None:
    """The digest of the message before `next_offset`; None where there is none."""
    consumer.pause(*consumer.assignment())
    consumer.resume(place)
    consumer.seek(place, next_offset - 1)
    records = await consumer.getmany(place, timeout_ms=READ_SECONDS_MAX * 1000, max_records=1)
    if place not in records:
        raise BrokerUnavailable(f"{place.topic}/{place.partition} gave nothing to compare")
    record = records[place][0]
    return message_digest(record.key, record.value) if record.offset == next_offset - 1 else None

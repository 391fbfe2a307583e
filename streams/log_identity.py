"""Whether a topic is still the log that PostgreSQL knows: found out by one message per partition.

A topic that was deleted, recreated or truncated has the same name and other messages. So before a
partition is read on from its next offset, that offset must lie on the log, and the message before
it must have the digest that was stored with it.
"""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import BrokerUnavailable
from streams.offsets import Stored, message_digest

READ_SECONDS_MAX = 20
LOST = "log_lost"  # Begins every reason that this check finds.


async def differences(kafka_url: str, topic: str, stored: Mapping[int, Stored]) -> dict[int, str]:
    """The partitions that are not what they were, with the reasons. Raises BrokerUnavailable."""
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
            return await _differences(consumer, topic, stored)
        finally:
            await consumer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"{topic} cannot be checked: {error!r}") from error


async def _differences(
    consumer: AIOKafkaConsumer, topic: str, stored: Mapping[int, Stored]
) -> dict[int, str]:
    partitions = {TopicPartition(topic, partition): row for partition, row in stored.items()}
    consumer.assign(list(partitions))
    beginnings = await consumer.beginning_offsets(list(partitions))
    ends = await consumer.end_offsets(list(partitions))
    found: dict[int, str] = {}
    to_read: dict[TopicPartition, Stored] = {}
    for place, row in partitions.items():
        beginning, end = beginnings[place], ends[place]
        if not beginning <= row.next_offset <= end:
            found[place.partition] = (
                f"{LOST}: {topic}/{place.partition} holds offsets {beginning} to {end}, "
                f"the next one is {row.next_offset}"
            )
        elif row.next_offset > beginning and row.last_digest is not None:
            to_read[place] = row
    for place, row in to_read.items():
        if await _digest_before(consumer, place, row.next_offset) != row.last_digest:
            found[place.partition] = (
                f"{LOST}: {topic}/{place.partition} has another message at offset "
                f"{row.next_offset - 1} than the one that was applied"
            )
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

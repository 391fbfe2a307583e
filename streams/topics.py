"""The topics on the broker: made explicitly, and their partition count checked, never changed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from aiokafka.partitioner import DefaultPartitioner

from schemas.errors import BrokerUnavailable, SyncError
from schemas.topics import TOPICS

PARTITIONER = DefaultPartitioner()  # As the publisher's.
READ_MS = 500
READ_SECONDS_MAX = 30


class PartitionsDiffer(SyncError):
    """A topic has another number of partitions: companies would move between them."""

    def __init__(self, topic: str, found: int, wanted: int) -> None:
        super().__init__(
            f"topic {topic} has {found} partitions, BOKFLOW_PARTITIONS says {wanted}: "
            f"set BOKFLOW_PARTITIONS={found} (the count is never changed)"
        )
        self.topic = topic
        self.found = found


async def ensure(kafka_url: str, *, partitions: int, replication_factor: int) -> list[str]:
    """Makes the missing topics; their names. Raises PartitionsDiffer, BrokerUnavailable."""
    async with _admin(kafka_url) as admin:
        existing = await _partition_counts(admin)
        for topic, found in existing.items():
            if found != partitions:
                raise PartitionsDiffer(topic, found, partitions)
        missing = [topic for topic in TOPICS if topic.name not in existing]
        wanted = [
            NewTopic(topic.name, partitions, replication_factor, topic_configs=topic.config)
            for topic in missing
        ]
        if wanted:
            await _create(admin, wanted)
        return [topic.name for topic in missing]


async def partition_counts(kafka_url: str) -> dict[str, int]:
    """How many partitions each of our topics has, of those that exist. Raises BrokerUnavailable."""
    async with _admin(kafka_url) as admin:
        return await _partition_counts(admin)


async def end_offsets(kafka_url: str, places: list[TopicPartition]) -> dict[TopicPartition, int]:
    """Where the log ends in each of those partitions. Raises BrokerUnavailable."""
    async with _consumer(kafka_url) as consumer:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        return ends


def partition_of(company_id: str, *, partitions: int) -> int:
    """Where the engine's messages of a company stand on each topic."""
    partition: int = PARTITIONER(company_id.encode(), range(partitions), ())
    return partition


async def hold_messages(
    kafka_url: str, positions: Mapping[TopicPartition, int]
) -> set[TopicPartition]:
    """The partitions with a message at that offset or beyond: before the end may be nothing but
    holes, such as the marks of transactions. Raises BrokerUnavailable.
    """
    async with _consumer(kafka_url) as consumer, asyncio.timeout(READ_SECONDS_MAX):
        ends = await consumer.end_offsets(list(positions))
        # At once, and for good: aiokafka may not stop after partitions have been assigned anew.
        consumer.assign(list(positions))
        for place, at in positions.items():
            consumer.seek(place, at)
        holding: set[TopicPartition] = set()
        while open_places := [
            place
            for place in positions
            if place not in holding and await consumer.position(place) < ends[place]
        ]:
            holding |= set(await consumer.getmany(*open_places, timeout_ms=READ_MS, max_records=1))
        return holding


@asynccontextmanager
async def _consumer(kafka_url: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group, which sees what a worker sees."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_url,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # The oldest commands go.
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"the log cannot be looked at: {error!r}") from error


@asynccontextmanager
async def _admin(kafka_url: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
    try:
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"{kafka_url} does not answer: {error!r}") from error


async def _create(admin: AIOKafkaAdminClient, wanted: list[NewTopic]) -> None:
    response = await admin.create_topics(wanted)
    for topic, code, *message in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise BrokerUnavailable(f"topic {topic} was not made: error {code} {message}")


async def _partition_counts(admin: AIOKafkaAdminClient) -> dict[str, int]:
    names = {topic.name for topic in TOPICS}
    described = await admin.describe_topics()
    return {
        topic["topic"]: len(topic["partitions"]) for topic in described if topic["topic"] in names
    }

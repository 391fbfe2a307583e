"""Reads a stretch of a topic in bulk: many messages at once, of all its partitions."""

from collections.abc import AsyncGenerator, AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import BrokerUnavailable
from streams.offsets import Stored
from streams.received import Received

# A batch ends with the look that fills it: at most as many bytes again as a look can bring.
MESSAGES_MAX = 200
BATCH_BYTES = 4 * 1024 * 1024
LOOK_MESSAGES_MAX = 16
LOOK_MS = 500
FETCH_BYTES_MAX = 1024 * 1024
SILENCE_LOOKS_MAX = 120  # Without any message: the broker has lost what it said it had.


def missing(
    stands_at: Mapping[int, Stored], to: Mapping[int, int], *, but_not: Container[int] = ()
) -> dict[int, tuple[int, int]]:
    """What is missing between where a version stands and other offsets, but in some partitions."""
    return {
        number: (row.next_offset, to[number])
        for number, row in stands_at.items()
        if row.next_offset < to[number] and number not in but_not
    }


class BulkReader:
    """A consumer that belongs to no group, and reads what it is told to."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic

    @classmethod
    @asynccontextmanager
    async def open(cls, kafka_url: str, topic: str) -> AsyncIterator["BulkReader"]:
        """Raises BrokerUnavailable, also inside the block."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka_url,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=FETCH_BYTES_MAX,  # A larger message comes alone.
            fetch_max_wait_ms=100,
        )
        try:
            await consumer.start()
            try:
                yield cls(consumer, topic)
            finally:
                await consumer.stop()
        except (KafkaError, OSError, TimeoutError) as error:
            raise BrokerUnavailable(f"{topic} cannot be read: {error!r}") from error

    async def bounds(self, partitions: int) -> dict[int, tuple[int, int]]:
        """The first offset of each partition, and the one after its last."""
        places = [TopicPartition(self._topic, number) for number in range(partitions)]
        self._consumer.assign(places)
        first = await self._consumer.beginning_offsets(places)
        after = await self._consumer.end_offsets(places)
        return {place.partition: (first[place], after[place]) for place in places}

    async def read(
        self, stretch: Mapping[int, tuple[int, int]]
    ) -> AsyncGenerator[list[Received], None]:
        """The messages of those partitions from the first offset up to the second, in batches.

        Each partition's messages are in order, without a hole.
        """
        open_until = {number: end for number, (start, end) in stretch.items() if start < end}
        if not open_until:
            return  # A consumer that is stopped right after another assignment may never end.
        places = {number: TopicPartition(self._topic, number) for number in open_until}
        self._consumer.assign(list(places.values()))
        for number, place in places.items():
            self._consumer.seek(place, stretch[number][0])
        batch: list[Received] = []
        size_bytes, silent_looks = 0, 0
        while open_until:
            found = await self._look(open_until)
            batch += found
            size_bytes += sum(received.size_bytes for received in found)
            silent_looks = 0 if found else silent_looks + 1
            if silent_looks > SILENCE_LOOKS_MAX:
                raise BrokerUnavailable(f"{self._topic} gives no messages up to {open_until}")
            is_full = len(batch) >= MESSAGES_MAX or size_bytes >= BATCH_BYTES
            if batch and (is_full or not found or not open_until):
                yield batch
                batch, size_bytes = [], 0

    async def _look(self, open_until: dict[int, int]) -> list[Received]:
        """A few messages of the open partitions; closes those that have come to their end."""
        batch: list[Received] = []
        found = await self._consumer.getmany(timeout_ms=LOOK_MS, max_records=LOOK_MESSAGES_MAX)
        for place, records in found.items():
            end = open_until.get(place.partition, 0)
            batch += [_received(record) for record in records if record.offset < end]
            if records and records[-1].offset >= end - 1 and place.partition in open_until:
                del open_until[place.partition]
                self._consumer.pause(place)
        return batch


def _received(record: ConsumerRecord) -> Received:
    return Received(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        headers=tuple((name, bytes(value or b"")) for name, value in record.headers),
        received_at=datetime.now(UTC),
        timestamp_seconds=record.timestamp / 1000,
    )

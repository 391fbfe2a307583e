"""Faust's Kafka consumer, taught that PostgreSQL owns the offsets.

Two methods differ from the driver's: positions come from the database, and what is committed to
Kafka is only a mirror of what the database has. Faust's own acknowledgement decides nothing.
"""

from collections.abc import Mapping
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from yarl import URL

from streams.positions import Positions

log = structlog.get_logger()


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to the broker; a mirror that cannot be written is no disaster."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        """A command of a transaction that its producer gave up was never given."""
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # Looked at when it starts.
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        consumer = self._ensure_consumer()
        mirrored = {
            TopicPartition(place.topic, place.partition): OffsetAndMetadata(offset, "")
            for place, offset in offsets.items()
            if place in self.assignment()
        }
        if not mirrored:
            return False
        try:
            await consumer.commit(mirrored)
        except KafkaError as error:
            log.debug("offset_mirror_skipped", error=repr(error))
            return False
        return True


class Consumer(driver.Consumer):
    """Reads on where the database says, and commits to Kafka only what the database has."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def _positions(self) -> Positions:
        return cast(Transport, self.transport).positions

    async def seek_to_committed(self) -> Mapping[TP, int]:
        assigned = {TopicPartition(tp.topic, tp.partition) for tp in self.assignment()}
        found = await self._positions.find(assigned)
        ours = {tp: found[tp] for tp in assigned if tp in found}
        lost = [tp for tp in assigned if tp not in found and self._positions.owns(tp.topic)]
        if lost:
            # A stopped partition waits at its end: any other place may lie outside the log.
            ends = await self.highwaters_of(lost)
            self.pause_partitions(cast(Any, lost))
            ours |= ends
        if ours:
            await self.seek_wait(cast(Any, ours))
        return cast(Mapping[TP, int], ours)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - the driver's own signature
    ) -> Any:
        """Finds anew a position outside the log, or one that aiokafka looked up before us.

        With `auto_offset_reset` none it raises for both; the log is checked, and what is no more
        what it was is stopped.
        """
        try:
            return await super()._getmany(active_partitions, timeout)
        except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
            log.info("positions_sought", error=repr(error))
            await self.perform_seek()
            return {}

    async def highwaters_of(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """The end of each of those partitions."""
        ends = await self.highwaters(*cast(Any, places))
        return {place: ends[cast(Any, place)] for place in places}

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        self._gap.pop(tp, None)
        return self._positions.committed(tp.topic, tp.partition)


class Transport(driver.Transport):
    """The driver's transport with our consumer, which asks `positions`."""

    Consumer = Consumer

    def __init__(self, url: str, app: Any, positions: Positions) -> None:
        super().__init__([URL(f"kafka://{broker}") for broker in url.split(",")], app)
        self.positions = positions

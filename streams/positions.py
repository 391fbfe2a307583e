"""From where each agent reads: its stored offsets, after the log has been checked against them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog
from aiokafka import TopicPartition

from projections.migrate import Reader
from streams import log_identity, offsets, retry
from streams.database import Database
from streams.projector import Projector

log = structlog.get_logger()


@dataclass(frozen=True)
class Agent:
    """A reader of a topic, and who applies what it reads."""

    reader: Reader
    projector: Projector

    @property
    def topic(self) -> str:
        return self.reader.topic


class Positions:
    """Answers the consumer's two questions: where to read on, and what is safe."""

    def __init__(
        self,
        database: Database,
        agents: Iterable[Agent],
        *,
        kafka_url: str,
        retry_delay_seconds_max: float,
    ) -> None:
        self._database = database
        self._agents = {agent.topic: agent for agent in agents}
        self._kafka_url = kafka_url
        self._retry_delay_seconds_max = retry_delay_seconds_max
        self.assigned: set[TopicPartition] = set()  # What this worker reads, once it is in place.

    def owns(self, topic: str) -> bool:
        return topic in self._agents

    def committed(self, topic: str, partition: int) -> int | None:
        """The offset up to which the partition is safe in PostgreSQL."""
        return self._agents[topic].projector.committed.get(partition)

    async def find(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Where to read on in each of those partitions, which are all that this worker has.

        Stops those whose log is not the same any more.
        """
        found: dict[TopicPartition, int] = {}
        of_topic: dict[str, list[int]] = {}
        for place in places:
            if self.owns(place.topic):
                of_topic.setdefault(place.topic, []).append(place.partition)
        for topic, partitions in of_topic.items():
            positions = await retry.until_done(
                partial(self._find, topic, partitions),
                what="find_positions",
                delay_seconds_max=self._retry_delay_seconds_max,
            )
            found |= {TopicPartition(topic, number): at for number, at in positions.items()}
        self.assigned = {
            TopicPartition(t, number) for t, some in of_topic.items() for number in some
        }
        return found

    async def _find(self, topic: str, partitions: list[int]) -> dict[int, int]:
        agent = self._agents[topic]
        async with self._database.connection() as connection:
            rows = await offsets.read(connection, agent.reader)
        stored = {partition: rows[partition] for partition in partitions if partition in rows}
        found = await log_identity.examine(self._kafka_url, agent.reader, stored)
        await self._remember(agent, stored, found.differences)
        for partition, row in stored.items():
            agent.projector.committed[partition] = row.next_offset
        return found.positions

    async def _remember(
        self, agent: Agent, stored: Mapping[int, offsets.Stored], differences: Mapping[int, str]
    ) -> None:
        """Stops what differs; lets go on what stood still because it had differed."""
        for partition, row in stored.items():
            reason = differences.get(partition)
            was_lost = (row.stopped_reason or "").startswith(log_identity.LOST)
            if reason == row.stopped_reason or (reason is None and not was_lost):
                continue
            async with self._database.transaction() as connection:
                if reason is not None:
                    await offsets.stop(connection, agent.reader, partition, reason)
                    log.error("partition_stopped", agent=agent.reader.agent, reason=reason)
                else:
                    await offsets.resume(connection, agent.reader, partition)
                    log.info("partition_resumed", agent=agent.reader.agent, partition=partition)

"""Whether this worker is of use: it says that it is there, and leaves when it makes no progress.

Consumers can die quietly: some never get a fetch, some never rejoin after the broker was away. So
a worker that falls behind without moving, while Kafka and PostgreSQL answer, ends itself, and its
supervisor starts another.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from aiokafka import TopicPartition
from mode import Service

from schemas.errors import SyncError, TransientError
from streams import lease, offsets, retry, topics
from streams.background import guarded
from streams.database import Database
from streams.positions import Agent, Positions
from streams.settings import Settings

log = structlog.get_logger()
LEASE_PREFIX = "worker:"


class WorkerStuck(SyncError):
    """Partitions have waited for this worker too long."""


@dataclass
class Waiting:
    """Since when a partition has stood at one offset with messages behind it."""

    next_offset: int
    since_seconds: float


class Presence(Service):
    def __init__(
        self,
        database: Database,
        positions: Positions,
        agents: Sequence[Agent],
        settings: Settings,
        *,
        holder: str,
        give_up: Callable[[str, BaseException], None],
    ) -> None:
        super().__init__()
        self._database = database
        self._positions = positions
        self._agents = agents
        self._settings = settings
        self._holder = holder
        self._give_up = give_up
        self._waiting: dict[TopicPartition, Waiting] = {}
        self._running: list[asyncio.Task[None]] = []

    async def on_start(self) -> None:
        self._running = [
            asyncio.create_task(guarded(loop, what=what, give_up=self._give_up))
            for what, loop in (("announce", self._announce()), ("watch", self._watch()))
        ]

    async def on_stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await lease.give_back(self._database, self._name, holder=self._holder)

    @property
    def _name(self) -> str:
        return LEASE_PREFIX + self._holder

    async def _announce(self) -> None:
        """Holds the lease that says that a worker is ready: once it has partitions to read."""
        while True:
            if self._positions.assigned:
                try:
                    async with self._database.connection() as connection:
                        await lease.acquire(
                            connection,
                            name=self._name,
                            holder=self._holder,
                            seconds=self._settings.lease_seconds,
                        )
                except TransientError:
                    pass  # Who asks cannot reach the database either.
                await asyncio.sleep(self._settings.lease_seconds / 3)
            else:
                await asyncio.sleep(0.1)

    async def _watch(self) -> None:
        interval_seconds = self._settings.stuck_seconds / 8
        while True:
            await asyncio.sleep(interval_seconds)
            stuck = await retry.until_done(
                self._stuck,
                what="watch",
                delay_seconds_max=self._settings.retry_delay_seconds_max,
            )
            if stuck:
                names = ", ".join(f"{place.topic}/{place.partition}" for place in sorted(stuck))
                self._give_up("watch", WorkerStuck(f"no progress at {names}"))

    async def _stuck(self) -> set[TopicPartition]:
        """The partitions that have waited too long and are this worker's, or nobody's."""
        try:
            behind = await self._behind()
        except TransientError:
            self._waiting.clear()  # Nothing can move while a server is away.
            raise
        now = asyncio.get_running_loop().time()
        waiting = {}
        for place, next_offset in behind.items():
            known = self._waiting.get(place)
            moved = known is None or known.next_offset != next_offset
            waiting[place] = Waiting(next_offset, now) if moved or known is None else known
        self._waiting = waiting
        mine = self._positions.assigned
        late = {
            place: one.next_offset
            for place, one in waiting.items()
            if now - one.since_seconds > self._settings.stuck_seconds
            and (place in mine or not mine)
        }
        standing = await self._at_rest(late) if late else {}
        return await topics.hold_messages(self._settings.kafka_url, standing) if standing else set()

    async def _at_rest(self, late: dict[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Those that still stand there while their agent does nothing: a purge takes its time.

        An agent takes one batch at a time, and all else that this worker reads there waits for it.
        Who has no partition looks at everybody's.
        """
        mine = self._positions.assigned
        at_rest: dict[TopicPartition, int] = {}
        async with self._database.connection() as connection:
            for agent in self._agents:
                numbers = [place.partition for place in mine if place.topic == agent.topic]
                found = await offsets.at_rest(connection, agent.reader, numbers if mine else None)
                at_rest |= {TopicPartition(agent.topic, number): at for number, at in found.items()}
        return {place: at for place, at in late.items() if at_rest.get(place) == at}

    async def _behind(self) -> dict[TopicPartition, int]:
        """The next offsets of the partitions that have messages to be applied."""
        stored: dict[TopicPartition, int] = {}
        async with self._database.connection() as connection:
            for agent in self._agents:
                rows = await offsets.read(connection, agent.reader)
                for partition, row in rows.items():
                    if row.stopped_reason is None:
                        stored[TopicPartition(agent.topic, partition)] = row.next_offset
        ends = await topics.end_offsets(self._settings.kafka_url, list(stored))
        return {place: at for place, at in stored.items() if ends[place] > at}

"""What becomes of a message that cannot be applied by the live agents.

One that can never be applied goes to the dead letters in the transaction that passes it. One that
nobody foresaw ends the process; the third time it stops its partition.
"""

from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import structlog

from projections.migrate import Reader
from schemas.errors import RejectedError, SyncError
from schemas.limits import replace_forbidden
from streams import dead_letters, metrics, offsets, retry
from streams.database import Database
from streams.received import Received

log = structlog.get_logger()
EXITS_MAX = 3
ERROR_MAX = 4_000  # Characters of an error that are kept.
GAPS_MAX = 2  # The second gap at one offset is a loss.


class OffsetGap(SyncError):
    """The next message is not the one that is waited for: the position must be sought anew."""

    def __init__(self, topic: str, partition: int, *, came: int, expected: int) -> None:
        super().__init__(f"{topic}/{partition}: message {came} came, {expected} is next")
        self.partition = partition
        self.expected = expected


class MessageUnsolved(SyncError):
    """A message ended the work in a way that nobody foresaw: the process must go."""


class Refusals(Protocol):
    """What becomes of messages that cannot be applied."""

    async def reject(
        self, connection: asyncpg.Connection, received: Received, error: RejectedError
    ) -> None:
        """Of one that can never be: inside the transaction that passes it."""

    async def meet(self, gap: OffsetGap) -> None:
        """Of one that is not the next: returns where its partition has been stopped."""

    async def give_up(self, received: Received, error: Exception) -> None:
        """Of one that nobody foresaw: returns where its partition has been stopped."""


class LiveRefusals:
    """Those of one agent."""

    def __init__(
        self, database: Database, reader: Reader, *, retry_delay_seconds_max: float
    ) -> None:
        self._database = database
        self._reader = reader
        self._retry_delay_seconds_max = retry_delay_seconds_max

    async def reject(
        self, connection: asyncpg.Connection, received: Received, error: RejectedError
    ) -> None:
        """Sends the message to the dead letters, in the transaction that passes it."""
        agent, at = self._reader.agent, datetime.now(UTC)
        await dead_letters.set_aside(connection, received, error, agent=agent, at=at)
        metrics.DEAD_LETTERS.labels(received.topic, error.reason).inc()
        log.warning(
            "message_rejected",
            topic=received.topic,
            partition=received.partition,
            offset=received.offset,
            reason=error.reason,
            error=str(error),
        )

    async def meet(self, gap: OffsetGap) -> None:
        """The first time the process goes, and its restart seeks anew; then it is a loss."""
        exits = await self._count_exit(gap.partition, gap.expected, gap, exits_max=GAPS_MAX)
        log.error("offset_gap_met", agent=self._reader.agent, error=str(gap), exits=exits)
        if exits < GAPS_MAX:
            raise gap

    async def give_up(self, received: Received, error: Exception) -> None:
        """Counts the exit that this message causes; the third one stops its partition instead."""
        partition = received.partition
        exits = await self._count_exit(partition, received.offset, error, exits_max=EXITS_MAX)
        log.error(
            "message_unsolved",
            topic=received.topic,
            partition=partition,
            offset=received.offset,
            exits=exits,
            exc_info=error,
        )
        if exits < EXITS_MAX:
            raise MessageUnsolved(f"{received.topic}/{partition}/{received.offset}") from error

    async def _count_exit(
        self, partition: int, message_offset: int, error: Exception, *, exits_max: int
    ) -> int:
        """Counts an exit; with the last that is allowed the partition stops."""

        async def count() -> int:
            async with self._database.transaction() as connection:
                exits = await offsets.count_exit(
                    connection,
                    self._reader,
                    partition=partition,
                    message_offset=message_offset,
                    error=replace_forbidden(f"{type(error).__name__}: {error}")[:ERROR_MAX],
                )
                if exits >= exits_max:
                    reason = f"message {message_offset} ended the worker {exits} times: {error!r}"
                    reason = replace_forbidden(reason)[:ERROR_MAX]
                    await offsets.stop(connection, self._reader, partition, reason)
                return exits

        return await retry.until_done(
            count,
            what=self._reader.agent,
            delay_seconds_max=self._retry_delay_seconds_max,
        )

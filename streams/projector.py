"""A batch of messages into a reader's tables: rows and offsets in one transaction, once.

Design, section 5: the transaction starts by locking the offsets of its partitions, skips what
they have passed, and applies the rest. What is transient is waited out in place. A message that
can never be applied goes to the dead letters in the same transaction, and its partition goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import asyncpg
import structlog

from projections.migrate import Reader
from schemas.errors import RejectedError, SyncError
from streams import metrics, offsets, retry
from streams.database import Database
from streams.received import Received
from streams.refusals import LiveRefusals, OffsetGap, Refusals

log = structlog.get_logger()

TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
TRANSACTION_MESSAGES_MAX = 500
NOTIFY = "SELECT pg_notify($1, '')"
Decode = Callable[[Received], Any]
Apply = Callable[[asyncpg.Connection, Sequence[Any]], Awaitable[int]]


@dataclass(frozen=True)
class Decoded:
    """A message with the event that it holds, or with the reason why it holds none."""

    received: Received
    event: Any = None
    rejection: RejectedError | None = None
    failure: Exception | None = None


class Projector:
    """Applies what one reader reads, to the version in use or to one that is being built.

    `committed` is how far each partition is safe.
    """

    # No message is to blame for these.
    ends_by: ClassVar[tuple[type[SyncError], ...]] = (
        offsets.VersionSuperseded,
        offsets.VersionGone,
    )

    def __init__(
        self,
        database: Database,
        reader: Reader,
        *,
        decode: Decode,
        apply: Apply,
        refusals: Refusals | None = None,
        version: int | None = None,
        retry_delay_seconds_max: float,
        transaction_messages_max: int = TRANSACTION_MESSAGES_MAX,
    ) -> None:
        self._database = database
        self._reader = reader
        self._decode = decode
        self._apply = apply
        self._refusals = refusals or LiveRefusals(
            database, reader, retry_delay_seconds_max=retry_delay_seconds_max
        )
        self._version = version
        self._retry_delay_seconds_max = retry_delay_seconds_max
        self._transaction_messages_max = transaction_messages_max
        self.committed: dict[int, int] = {}

    async def apply(self, batch: Sequence[Received]) -> None:
        """Applies the messages, each partition's in rising order; returns when they are safe.

        Raises OffsetGap, MessageUnsolved, VersionSuperseded and VersionGone: each must end the
        process.
        """
        cut = portions(batch, messages_max=self._transaction_messages_max)
        decoding = self._start_decoding(cut[0])
        for place in range(len(cut)):
            decoded = await decoding
            if place + 1 < len(cut):  # In a thread, while PostgreSQL works on this portion.
                decoding = self._start_decoding(cut[place + 1])
            await self._apply_portion(decoded)

    def _start_decoding(self, portion: list[Received]) -> "asyncio.Task[list[Decoded]]":
        return asyncio.create_task(asyncio.to_thread(self._decode_all, portion))

    def _decode_all(self, portion: list[Received]) -> list[Decoded]:
        return [self._decoded(received) for received in portion]

    def _decoded(self, received: Received) -> Decoded:
        try:
            return Decoded(received, event=self._decode(received))
        except RejectedError as error:
            return Decoded(received, rejection=error)
        except Exception as error:  # noqa: BLE001 - kept with its message, to be counted there.
            return Decoded(received, failure=error)

    async def _apply_portion(self, portion: list[Decoded]) -> None:
        """The portion in one transaction, or, where a message spoils it, in ever smaller ones."""
        try:
            await retry.until_done(
                lambda: self._transaction(portion),
                what=self._reader.agent,
                delay_seconds_max=self._retry_delay_seconds_max,
            )
        except self.ends_by:
            raise
        except OffsetGap as gap:
            await self._refusals.meet(gap)
            await self._apply_portion(portion)  # Its partition has stopped; the others go on.
        except Exception as error:  # noqa: BLE001 - found by halving, then counted and named.
            if len(portion) > 1:
                middle = len(portion) // 2
                await self._apply_portion(portion[:middle])
                await self._apply_portion(portion[middle:])
            elif isinstance(error, RejectedError) and portion[0].rejection is None:
                await self._apply_portion([Decoded(portion[0].received, rejection=error)])
            else:
                await self._refusals.give_up(portion[0].received, error)

    async def _transaction(self, portion: list[Decoded]) -> None:
        async with self._database.transaction() as connection:
            partitions = [one.received.partition for one in portion]
            locked = await offsets.lock(connection, self._reader, partitions, version=self._version)
            stored = locked.rows
            fresh = next_messages(portion, stored, may_have_holes=self._reader.may_have_holes)
            moved = await self._write(connection, fresh, locked.version) if fresh else {}
        passed = 0
        for partition, row in stored.items():
            position = moved[partition].next_offset if partition in moved else row.next_offset
            self.committed[partition] = position
            passed += position - row.next_offset
        metrics.MESSAGES_APPLIED.labels(self._reader.name).inc(len(fresh))
        metrics.OFFSETS_WITHOUT_MESSAGE.labels(self._reader.topic).inc(passed - len(fresh))

    async def _write(
        self, connection: asyncpg.Connection, fresh: list[Decoded], version: int
    ) -> dict[int, offsets.Moved]:
        await connection.execute(f"SET LOCAL search_path = {self._reader.schema(version)}")
        for one in fresh:
            if one.failure is not None:
                raise one.failure
        events = [one.event for one in fresh if one.rejection is None]
        if events:
            ignored = await self._apply(connection, events)
            metrics.EVENTS_IGNORED.labels(self._reader.name).inc(ignored)
        for one in fresh:
            if one.rejection is not None:
                await self._refusals.reject(connection, one.received, one.rejection)
        last = {one.received.partition: one.received for one in fresh}
        moved = {
            partition: offsets.Moved(
                received.offset + 1, offsets.message_digest(received.key, received.value)
            )
            for partition, received in last.items()
        }
        await offsets.move(connection, self._reader, version, moved)
        await connection.execute(NOTIFY, f"bokflow_{self._reader.name}")
        return moved


def portions(
    batch: Sequence[Received], *, messages_max: int = TRANSACTION_MESSAGES_MAX
) -> list[list[Received]]:
    """The batch cut so that one transaction holds a bounded number of messages and bytes."""
    cut: list[list[Received]] = [[]]
    size_bytes = 0
    for received in batch:
        size_bytes += received.size_bytes
        is_full = len(cut[-1]) == messages_max or size_bytes > TRANSACTION_BYTES_MAX
        if cut[-1] and is_full:
            cut.append([])
            size_bytes = received.size_bytes
        cut[-1].append(received)
    return cut


def next_messages(
    portion: list[Decoded], stored: dict[int, offsets.Stored], *, may_have_holes: bool
) -> list[Decoded]:
    """What the stored offsets have not passed yet. Raises OffsetGap where one is skipped."""
    expected = {partition: row.next_offset for partition, row in stored.items()}
    fresh = []
    for one in portion:
        partition, offset = one.received.partition, one.received.offset
        if stored[partition].stopped_reason is not None or offset < expected[partition]:
            continue
        if offset > expected[partition] and not may_have_holes:
            raise OffsetGap(
                one.received.topic, partition, came=offset, expected=expected[partition]
            )
        expected[partition] = offset + 1
        fresh.append(one)
    return fresh

"""The build of one company: what its messages say, from the first one on, in tables of its own.

The messages are folded by the live agents' projector and functions. Those that can never be
applied are skipped and listed; no dead letters are written.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

from projections.migrate import LEDGER, Projection
from streams import offsets, topics
from streams.database import Database
from streams.projector import TRANSACTION_BYTES_MAX, TRANSACTION_MESSAGES_MAX
from streams.rebuild import gaps
from streams.rebuild.builds import Build, Kind, building
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.folding import BuildProjector, BuildRefusals, Rejected
from streams.received import Received
from streams.settings import Settings

# How many messages of the partition have been read, and how many there are to read.
Report = Callable[[int, int], None]


class CompanyBuild:
    """A build that holds what the messages of one company say, up to a position on its topic."""

    def __init__(
        self,
        database: Database,
        build: Build,
        company_id: str,
        *,
        partition: int,
        bounds: tuple[int, int],
        settings: Settings,
        report: Report,
    ) -> None:
        self.build = build
        self.company_id = company_id
        self.partition = partition
        # Of the partition, when the build began: all before the position has been read or is gone.
        self.position, self.log_end = bounds
        self.messages = 0  # Of the company, so far.
        self.first_at: datetime | None = None  # The time of the company's first message.
        self._kafka_url = settings.kafka_url
        self._report = report
        self._refusals = BuildRefusals()
        self._projector = BuildProjector(
            database, build.projection, build.version, self._refusals, may_have_holes=True
        )

    @property
    def rejected(self) -> list[Rejected]:
        """The company's messages that could not be applied, in their order."""
        return [found for _, found in sorted(self._refusals.rejected.items())]

    async def advance(self, until: int, *, at: datetime | None = None) -> None:
        """Applies the company's messages up to an offset, or to its first one after a time.

        Raises BrokerUnavailable, MessageUnsolved, VersionGone, DiskTooFull.
        """
        if until <= self.position:
            return
        stretch = {self.partition: (self.position, until)}
        async with (
            BulkReader.open(self._kafka_url, self.build.projection.topic) as reader,
            aclosing(reader.read(stretch)) as batches,
        ):
            await self.take(batches, until, at=at)

    async def take(
        self, batches: AsyncIterable[list[Received]], until: int, *, at: datetime | None = None
    ) -> None:
        """Applies the company's messages of those from the position on. Raises as `advance`."""
        waiting: list[Received] = []
        key = self.company_id.encode()
        async for batch in batches:
            own = [one for one in batch if one.key == key]
            known = _until(own, at)
            waiting += known
            self.first_at = self.first_at or _time(own)
            self._report(batch[-1].offset + 1, until)
            if len(known) < len(own):
                until = own[len(known)].offset
                break
            if is_full(waiting):
                await self._apply(waiting)
                waiting = []
        await self._apply(waiting)
        self.position = until

    async def _apply(self, messages: list[Received]) -> None:
        if messages:
            await self._projector.apply(messages)
            self.messages += len(messages)
            self.position = messages[-1].offset + 1


@asynccontextmanager
async def company_build(
    database: Database,
    projection: Projection,
    company_id: str,
    *,
    kind: Kind,
    settings: Settings,
    holder: str,
    report: Report = lambda read, until: None,
) -> AsyncIterator[CompanyBuild]:
    """An empty build of a company; it is dropped with the block.

    Raises TopicTruncated, BrokerUnavailable, StoreUnavailable.
    """
    async with database.connection() as connection:
        stored = await offsets.read(connection, projection)
    partition = topics.partition_of(company_id, partitions=len(stored))
    bounds = await _checked_bounds(database, settings.kafka_url, projection, partition, stored)
    async with building(
        database, projection, kind=kind, holder=holder, lease_seconds=settings.lease_seconds
    ) as build:
        if projection is LEDGER:
            await _raise_fence(database, build, company_id, partitions=len(stored))
        yield CompanyBuild(
            database,
            build,
            company_id,
            partition=partition,
            bounds=bounds,
            settings=settings,
            report=report,
        )


async def _checked_bounds(
    database: Database,
    kafka_url: str,
    projection: Projection,
    partition: int,
    stored: dict[int, offsets.Stored],
) -> tuple[int, int]:
    """Where the partition begins and ends, if it still is the log that was applied."""
    async with BulkReader.open(kafka_url, projection.topic) as reader:
        bounds = {partition: (await reader.bounds(len(stored)))[partition]}
    row = {partition: stored[partition]}
    lost = await gaps.find(database, kafka_url, projection, stored=row, bounds=bounds)
    if lost:
        raise gaps.TopicTruncated(projection, lost)
    return bounds[partition]


async def _raise_fence(
    database: Database, build: Build, company_id: str, *, partitions: int
) -> None:
    """As a build of all companies does."""
    async with database.transaction() as connection:
        known = await gaps.generations(connection, partitions=partitions, lost={})
        begun = {company_id: known[company_id]} if company_id in known else {}
        await gaps.raise_fences(connection, build.schema, begun)


def is_full(messages: list[Received]) -> bool:
    """Whether they are as many as one transaction takes."""
    size_bytes = sum(one.size_bytes for one in messages)
    return len(messages) >= TRANSACTION_MESSAGES_MAX or size_bytes >= TRANSACTION_BYTES_MAX


def _until(messages: list[Received], at: datetime | None) -> list[Received]:
    """Those before the first one after that time: what one producer's clock says later stays out,
    so that what was applied is what stood on the log.
    """
    if at is None:
        return messages
    later = [place for place, one in enumerate(messages) if one.timestamp_seconds > at.timestamp()]
    return messages[: later[0]] if later else messages


def _time(messages: list[Received]) -> datetime | None:
    return datetime.fromtimestamp(messages[0].timestamp_seconds, UTC) if messages else None

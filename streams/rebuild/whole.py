"""A projection built anew from its topic, beside the live one: compared, and brought into use.

    bulk -> keys -> catch-up -> comparison at one offset -> takeover

Live agents, syncs, purges and readers go on throughout. Until the takeover nothing that is in use
has changed; what ends before it, in whatever way, leaves a build that is dropped.
"""

import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from projections import migrate
from projections.migrate import Projection
from projections.rebuild.digests import Digests, Place, differing
from projections.rebuild.versions import Versions
from streams import offsets
from streams.rebuild import (
    builds,
    bulk,
    comparison,
    gaps,
    late_keys,
    newly_rejected,
    room,
    takeover,
)
from streams.rebuild.approach import Approach
from streams.rebuild.builds import Build
from streams.rebuild.bulk_reader import BulkReader, missing
from streams.rebuild.child import Progress, build_database
from streams.rebuild.comparison import Sides
from streams.rebuild.folding import BuildProjector, BuildRefusals, Rejected
from streams.settings import Settings

Stage = Literal["reading", "keys", "catching_up", "comparing", "taking_over"]
LEASE_SECONDS = 30.0
Report = Callable[[Stage, int, int], None]  # Messages applied, and how many there are.
Offsets = Mapping[int, int]


@dataclass
class Rebuilt:
    """What a rebuild has found, and where its time went."""

    projection: str
    version: int
    messages: int = 0
    rejected: Collection[Rejected] = ()  # Those that cannot be applied.
    # Those of them that the tables in use are built with: what they say is not in the rebuilt ones.
    newly_rejected: list[Rejected] = field(default_factory=list)
    is_compared: bool = False  # An upgrade has other columns: there is nothing to compare.
    differing: list[Place] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)  # Companies that a loss may concern.
    stage_seconds: dict[Stage, float] = field(default_factory=dict)
    readers_waited_seconds: float = 0.0


@dataclass
class Compared:
    """Both versions as one moment has them, and their digests once they have been taken."""

    sides: Sides
    versions: Versions
    shape_in_use: int
    in_use: Digests = field(default_factory=dict)
    rebuilt: Digests = field(default_factory=dict)


class Rebuild:
    """One rebuild of one projection."""

    def __init__(
        self,
        settings: Settings,
        projection: Projection,
        *,
        holder: str,
        report: Report,
        accepts_gap: bool = False,
        disk: Path | None = None,
    ) -> None:
        """`disk`: where the database lies, if that is known: its room is looked at first."""
        self._settings = settings
        self._projection = projection
        self._holder = holder
        self._report = report
        self._accepts_gap = accepts_gap
        self._disk = disk
        self._database = build_database(settings)
        self._refusals = BuildRefusals()
        self._lost: dict[int, gaps.Gap] = {}
        self._begun: dict[str, int] = {}  # Companies by the generations that they begin with.
        self._stage: tuple[Stage, float] | None = None

    async def take_over(self) -> Rebuilt:
        """Builds, compares and brings into use; the old version goes.

        Raises TopicTruncated, DiskTooFull, BuildFailed, NeverCaughtUp, NoMomentFound, BuildLost,
        and transient errors.
        """
        async with self._built() as (build, reader, rebuilt):
            async with self._same_offset(build, reader) as compared:
                await self._compare(compared, rebuilt)
            self._enter("taking_over", rebuilt)
            taken = await takeover.take_over(
                self._database,
                build,
                projector=self._projector(build),
                reader=reader,
                lost=self._lost,
                begun=self._begun,
                rejected=self._refusals.rejected,
                catch_up=lambda: self._catch_up(build, reader),
            )
            rebuilt.readers_waited_seconds = taken.readers_waited_seconds
            rebuilt.doubted, rebuilt.newly_rejected = taken.doubted, taken.newly_rejected
            self._enter(None, rebuilt)
            await takeover.retire_all(self._database, self._projection)
        return rebuilt

    @asynccontextmanager
    async def verified(self) -> AsyncIterator[tuple[Compared, Rebuilt]]:
        """Builds and compares; what was built goes when the caller has looked at it.

        Raises TopicTruncated, DiskTooFull, BuildFailed, NeverCaughtUp, VersionSuperseded where the
        tables in use have another shape, and transient errors.
        """
        async with (
            self._built() as (build, reader, rebuilt),
            self._same_offset(build, reader) as compared,
        ):
            await self._compare(compared, rebuilt)
            if not rebuilt.is_compared:
                known, found = self._projection.shape, compared.shape_in_use
                raise offsets.VersionSuperseded(self._projection.agent, known=known, found=found)
            left, projection = compared.sides.left, self._projection
            rebuilt.newly_rejected = await newly_rejected.find(left, projection, rebuilt.rejected)
            yield compared, rebuilt

    @asynccontextmanager
    async def _built(self) -> AsyncIterator[tuple[Build, BulkReader, Rebuilt]]:
        """The version, with all that the topic held when it was begun, and its keys."""
        projection = self._projection
        await self._database.start()
        try:
            async with BulkReader.open(self._settings.kafka_url, projection.topic) as reader:
                stored, bounds = await self._examine(reader)
                async with builds.building(
                    self._database,
                    projection,
                    kind="whole",
                    holder=self._holder,
                    lease_seconds=LEASE_SECONDS,
                ) as build:
                    rejected = self._refusals.rejected.values()
                    rebuilt = Rebuilt(projection.name, build.version, rejected=rejected)
                    await self._prepare(build, bounds)
                    await self._read(build, rebuilt, stored=stored, bounds=bounds)
                    await self._catch_up(build, reader)
                    yield build, reader, rebuilt
        finally:
            await self._database.stop()

    async def _examine(
        self, reader: BulkReader
    ) -> tuple[dict[int, offsets.Stored], dict[int, tuple[int, int]]]:
        """Where the live version stands, and what the topic holds. Raises TopicTruncated."""
        async with self._database.connection() as connection:
            if self._disk is not None:
                await room.check(connection, self._projection, self._disk)
            stored = await offsets.read(connection, self._projection)
        bounds = await reader.bounds(len(stored))
        where = (self._database, self._settings.kafka_url, self._projection)
        self._lost = await gaps.find(*where, stored=stored, bounds=bounds)
        if self._lost and not self._accepts_gap:
            raise gaps.TopicTruncated(self._projection, self._lost)
        return stored, bounds

    async def _prepare(self, build: Build, bounds: Mapping[int, tuple[int, int]]) -> None:
        """Empty tables without their late keys; partitions begin where their log does."""
        async with self._database.transaction() as connection:
            await late_keys.drop(connection, self._projection, build.version)
            begins = {number: first for number, (first, _) in bounds.items() if first > 0}
            await offsets.begin(connection, self._projection, build.version, begins)
            if self._projection is migrate.LEDGER:
                self._begun = await gaps.generations(
                    connection, partitions=len(bounds), lost=self._lost
                )
                await gaps.raise_fences(connection, build.schema, self._begun)

    async def _read(
        self,
        build: Build,
        rebuilt: Rebuilt,
        *,
        stored: Mapping[int, offsets.Stored],
        bounds: Mapping[int, tuple[int, int]],
    ) -> None:
        """The bulk, up to where the live version stood; then the keys."""
        self._enter("reading", rebuilt)
        wanted = {
            number: (first, after if number in self._lost else stored[number].next_offset)
            for number, (first, after) in bounds.items()
        }
        total = sum(end - first for first, end in wanted.values())

        def count(progress: Progress) -> None:
            rebuilt.messages += progress.messages
            for one in progress.rejected:
                self._refusals.add(one)
            self._report("reading", rebuilt.messages, total)

        self._report("reading", 0, total)
        await bulk.run(self._settings, self._projection, build.version, wanted, count)
        self._enter("keys", rebuilt)
        async with self._database.connection() as connection:
            await late_keys.make(connection, self._projection, build.version)
            await late_keys.analyze(connection, self._projection, build.version)
        self._enter("catching_up", rebuilt)

    async def _catch_up(self, build: Build, reader: BulkReader) -> None:
        """Applies what the live version has applied meanwhile, until there is little left.

        Raises NeverCaughtUp.
        """
        approach = Approach(self._projection)
        is_close = False
        while not is_close:
            async with self._database.connection() as connection:
                live = await offsets.read(connection, self._projection)
            is_close = approach.is_close(await self._advance(build, reader, _places(live)))

    async def _advance(self, build: Build, reader: BulkReader, to: Offsets) -> int:
        """Brings the build up to those offsets; how many messages that took."""
        async with self._database.connection() as connection:
            built = await offsets.read(connection, self._projection, version=build.version)
        stretch = missing(built, to, but_not=self._lost)
        projector = self._projector(build)
        async for batch in reader.read(stretch):
            await projector.apply(batch)
        return sum(end - start for start, end in stretch.values())

    async def _compare(self, compared: Compared, rebuilt: Rebuilt) -> None:
        """Live tables and build, at one offset; an upgrade has nothing to be compared with."""
        self._enter("comparing", rebuilt)
        if compared.shape_in_use != self._projection.shape:
            return
        compared.in_use, compared.rebuilt = await compared.sides.digests(compared.versions)
        rebuilt.is_compared = True
        rebuilt.differing = differing(compared.in_use, compared.rebuilt)
        self._enter(None, rebuilt)

    @asynccontextmanager
    async def _same_offset(self, build: Build, reader: BulkReader) -> AsyncIterator[Compared]:
        async def advance(to: Offsets) -> None:
            await self._advance(build, reader, to)

        async with comparison.at_one_offset(self._database, self._projection, advance) as sides:
            row = await sides.left.fetchrow(migrate.IN_USE, self._projection.agent)
            assert row is not None  # The live version is there.
            in_use = self._projection.schema(row["version"])
            versions = Versions(in_use=in_use, rebuilt=build.schema)
            yield Compared(sides, versions, row["shape"])

    def _projector(self, build: Build) -> BuildProjector:
        return BuildProjector(self._database, self._projection, build.version, self._refusals)

    def _enter(self, stage: Stage | None, rebuilt: Rebuilt) -> None:
        """Notes how long the stage before has taken."""
        now = time.monotonic()
        if self._stage is not None:
            name, since = self._stage
            taken = rebuilt.stage_seconds.get(name, 0.0) + now - since
            rebuilt.stage_seconds[name] = taken
        self._stage = (stage, now) if stage else None
        if stage:
            self._report(stage, rebuilt.messages, rebuilt.messages)


def _places(stored: Mapping[int, offsets.Stored]) -> dict[int, int]:
    return {number: row.next_offset for number, row in stored.items()}

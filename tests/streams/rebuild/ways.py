"""The same log into tables in each way that there is: live, by a rebuild, and as of now."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from projections.migrate import LEDGER, TABLES_OF, Projection
from projections.rebuild.company_rows import replace_rows
from projections.rebuild.digests import Digests, digests
from schemas.codec import Message
from schemas.errors import RejectedError
from streams import offsets
from streams.database import Database
from streams.folds import FOLDS
from streams.projector import Projector
from streams.rebuild import late_keys
from streams.rebuild.builds import Build, Kind, building
from streams.rebuild.company_build import CompanyBuild
from streams.rebuild.folding import BuildProjector, BuildRefusals
from streams.received import Received
from streams.settings import Settings
from tests.received import as_received
from tests.streams.listed_log import WorkerKilled, killed_after

Refused = set[tuple[int, int, str]]  # Partition, offset and reason.
Stretch = Mapping[int, tuple[int, int]]  # Of each partition, from an offset up to another.
LEASE_SECONDS = 60
SETTINGS = Settings.from_environment(
    {"BOKFLOW_KAFKA_URL": "nobody:1", "BOKFLOW_POSTGRES_DSN": "postgresql://nobody"}
)
LAST_BATCH = 7
TAKEN_OVER = 3  # Messages that are left to the takeover.
REFUSED = "SELECT partition, message_offset, reason FROM engine.dead_letter"
FROM_THE_START = """
    UPDATE engine.projection_offset SET next_offset = 0, last_digest = NULL WHERE agent = $1
"""
FORGET = "DELETE FROM engine.dead_letter; DELETE FROM engine.outbox"


class PartitionedLog:
    """A topic as a list, in the order in which its messages came."""

    def __init__(self, messages: Sequence[Received]) -> None:
        self.messages = messages
        self.ends = {one.partition: one.offset + 1 for one in messages}

    @classmethod
    def of(cls, messages: Sequence[Message], companies: Mapping[str, int]) -> "PartitionedLog":
        """The messages on the partitions of their companies."""
        ends = dict.fromkeys(companies.values(), 0)
        received = []
        for message in messages:
            partition = companies[(message.key or b"").decode()]
            received.append(as_received(message, ends[partition], partition=partition))
            ends[partition] += 1
        return cls(received)

    def read(self, stretch: Stretch) -> list[Received]:
        return [
            one
            for one in self.messages
            if one.partition in stretch and one.offset in range(*stretch[one.partition])
        ]


@dataclass(frozen=True)
class Stint:
    """A worker's batch: so many messages, behind some that were applied before it started."""

    count: int
    again: int = 0
    transaction_messages_max: int = 500
    is_killed: bool = False


async def apply_live(database: Database, log: PartitionedLog, stints: Sequence[Stint]) -> Refused:
    """All of the log by workers that come one after the other; what went to the dead letters."""
    stints = list(stints)
    while True:
        async with database.connection() as connection:
            stored = await offsets.read(connection, LEDGER)
            if all(stored[partition].next_offset == end for partition, end in log.ends.items()):
                return {(row[0], row[1], row[2]) for row in await connection.fetch(REFUSED)}
        stint = stints.pop(0) if stints else Stint(LAST_BATCH)
        stretch = {
            number: (max(row.next_offset - stint.again, 0), row.next_offset + stint.count)
            for number, row in stored.items()
        }
        fold = FOLDS[LEDGER]
        projector = Projector(
            database,
            LEDGER,
            decode=fold.decode,
            apply=killed_after(fold.apply) if stint.is_killed else fold.apply,
            retry_delay_seconds_max=0.2,
            transaction_messages_max=stint.transaction_messages_max,
        )
        with suppress(WorkerKilled):
            await projector.apply(log.read(stretch))


async def rebuilt(
    database: Database,
    log: PartitionedLog,
    *,
    projection: Projection = LEDGER,
    share: float,
    size: int,
) -> tuple[Digests, Refused]:
    """By a rebuild: that share of each partition in bulk, then the rest, and the last of it as
    the takeover does. `size`: how many messages the reader gives at once.
    """
    bulk = {partition: round(share * end) for partition, end in log.ends.items()}
    refusals = BuildRefusals()
    async with _built(database, projection, "whole") as build:
        async with database.transaction() as connection:
            await late_keys.drop(connection, projection, build.version)
        await asyncio.gather(
            *(
                _child(database, build, log.read({number: (0, end)}), size, refusals)
                for number, end in bulk.items()
            )
        )
        async with database.connection() as connection:
            await late_keys.make(connection, projection, build.version)
            await late_keys.analyze(connection, projection, build.version)
        rest = log.read({number: (bulk[number], end) for number, end in log.ends.items()})
        caught_up = max(len(rest) - TAKEN_OVER, 0)
        await _child(database, build, rest[:caught_up], size, refusals)
        await _take_over(database, build, rest[caught_up:], refusals)
        return await _digests(database, build.schema), _refused(refusals)


async def _child(
    database: Database,
    build: Build,
    messages: Sequence[Received],
    size: int,
    refusals: BuildRefusals,
) -> None:
    """What one of a rebuild's processes does with what its reader gives."""
    projector = BuildProjector(database, build.projection, build.version, refusals)
    for batch in _batches(messages, size):
        await projector.apply(batch)


async def _take_over(
    database: Database, build: Build, messages: Sequence[Received], refusals: BuildRefusals
) -> None:
    """In one transaction; a value that PostgreSQL refuses is found outside of it."""
    projector = BuildProjector(database, build.projection, build.version, refusals)
    try:
        async with database.transaction() as connection:
            for one in messages:
                await projector.apply_within(connection, [one])
    except RejectedError:
        await projector.apply(messages)


async def as_of_now(
    database: Database, log: PartitionedLog, companies: Mapping[str, int], *, size: int
) -> tuple[Digests, Refused]:
    """Each company by itself, from the partition on which it is; and into the tables in use, as
    a rebuild of one company does.
    """
    found: Digests = {}
    refused: Refused = set()
    for company_id, partition in companies.items():
        end = log.ends.get(partition, 0)
        messages = _batches(log.read({partition: (0, end)}), size)
        async with _built(database, LEDGER, "as_of") as build:
            books = CompanyBuild(
                database,
                build,
                company_id,
                partition=partition,
                bounds=(0, end),
                settings=SETTINGS,
                report=lambda read, until: None,
            )
            await books.take(_given(messages), end)
            own = await _digests(database, build.schema)
            async with database.transaction() as connection:
                await replace_rows(connection, LEDGER, company_id, source=build.version, target=1)
        assert all(place.company_id == company_id for place in own)
        found |= own
        refused |= {(one.partition, one.offset, one.reason) for one in books.rejected}
    return found, refused


async def in_use(database: Database, projection: Projection = LEDGER) -> Digests:
    return await _digests(database, projection.schema(1))


async def start_anew(database: Database) -> None:
    """Nothing has been applied, and nothing was set aside."""
    async with database.transaction() as connection:
        for (table,) in await connection.fetch(TABLES_OF, LEDGER.schema(1)):
            await connection.execute(f"DELETE FROM {LEDGER.schema(1)}.{table}")
        await connection.execute(FROM_THE_START, LEDGER.agent)
        await connection.execute(FORGET)


@asynccontextmanager
async def _built(database: Database, projection: Projection, kind: Kind) -> AsyncIterator[Build]:
    async with building(
        database, projection, kind=kind, holder="test", lease_seconds=LEASE_SECONDS
    ) as build:
        yield build


async def _given(batches: Sequence[list[Received]]) -> AsyncIterator[list[Received]]:
    for batch in batches:
        yield batch


def _batches(messages: Sequence[Received], size: int) -> list[list[Received]]:
    return [list(messages[start : start + size]) for start in range(0, len(messages), size)]


async def _digests(database: Database, schema: str) -> Digests:
    async with database.connection() as connection:
        return await digests(connection, schema)


def _refused(refusals: BuildRefusals) -> Refused:
    return {(one.partition, one.offset, one.reason) for one in refusals.rejected.values()}

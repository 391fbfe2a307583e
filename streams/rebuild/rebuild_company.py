"""One company built anew from its messages, in the place of what the tables in use hold of it.

It is built beside them up to where they stand. Then, in one transaction that holds up nobody but
the partition's agent, the few messages that came meanwhile are added and the rows exchanged: the
partition's other companies wait for that, and lose nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import structlog

from projections.migrate import Projection
from projections.rebuild.company_rows import replace_rows
from schemas.errors import TransientError
from streams import dead_letters, offsets
from streams.database import Database
from streams.projector import NOTIFY
from streams.rebuild import builds
from streams.rebuild.approach import Approach
from streams.rebuild.company_build import CompanyBuild, Report, company_build
from streams.rebuild.folding import Rejected
from streams.rebuild.newly_rejected import open_all
from streams.settings import Settings

log = structlog.get_logger()
CLOSE_MESSAGES_MAX = 500  # So few may be left to apply while the partition is held.
EXCHANGES_MAX = 5  # Tries, where PostgreSQL or Kafka gives up on one.
RETRY_SECONDS = 1.0
EXCHANGE_SECONDS_MAX = 600  # For the rows of the largest company.


@dataclass(frozen=True)
class RebuiltCompany:
    """What a rebuild of one company has done."""

    company_id: str
    projection: str
    topic: str
    partition: int
    next_offset: int  # Of the partition: the tables hold what stands before it.
    messages: int  # Of the company, applied or not.
    rejected: tuple[Rejected, ...]
    # Those of the rejected that the rows before had been made with: what they said is gone.
    newly_rejected: tuple[Rejected, ...]
    closed: tuple[int, ...]  # Offsets of those among the dead letters that are applied now.


@asynccontextmanager
async def rebuild_database(settings: Settings) -> AsyncIterator[Database]:
    """A pool whose transactions may take as long as the exchange of a large company.

    A process that was stopped in the middle of one holds others no longer than a worker would.
    """
    database = Database(
        settings.postgres_dsn.get_secret_value(),
        transaction_timeout_seconds=max(settings.transaction_timeout_seconds, EXCHANGE_SECONDS_MAX),
        lock_timeout_seconds=settings.lock_timeout_seconds,
        idle_timeout_seconds=settings.transaction_timeout_seconds,
    )
    await database.start()
    try:
        yield database
    finally:
        await database.stop()


async def rebuild_company(
    database: Database,
    projection: Projection,
    company_id: str,
    *,
    settings: Settings,
    holder: str,
    report: Report = lambda read, until: None,
) -> RebuiltCompany:
    """Replaces the company's rows by what this code makes of its messages; safe to run twice.

    Raises TopicTruncated, MessageUnsolved, VersionSuperseded, VersionGone, BuildLost, DiskTooFull,
    NeverCaughtUp, BrokerUnavailable, StoreUnavailable.
    """
    async with company_build(
        database,
        projection,
        company_id,
        kind="company",
        settings=settings,
        holder=holder,
        report=report,
    ) as build:
        await _come_close(database, build)
        return await _exchange_patiently(database, build)


async def _come_close(database: Database, build: CompanyBuild) -> None:
    """Advances until few messages are left between the build and the version in use.

    Raises NeverCaughtUp.
    """
    projection = build.build.projection
    approach = Approach(projection, close_messages=CLOSE_MESSAGES_MAX)
    is_close = False
    while not is_close:
        async with database.connection() as connection:
            rows = await offsets.read(connection, projection)
        next_offset = rows[build.partition].next_offset
        behind_messages = next_offset - build.position
        await build.advance(next_offset)
        is_close = approach.is_close(behind_messages)


async def _exchange_patiently(database: Database, build: CompanyBuild) -> RebuiltCompany:
    for left in reversed(range(EXCHANGES_MAX)):
        try:
            return await _exchange(database, build)
        except TransientError as error:
            if not left:
                raise
            log.warning("company_exchange_retried", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
    raise AssertionError("the last try returns or raises")


async def _exchange(database: Database, build: CompanyBuild) -> RebuiltCompany:
    """Lets the build's rows take the place of those in use. Raises as `rebuild_company`."""
    projection, company_id = build.build.projection, build.company_id
    async with database.transaction() as connection:
        locked = await offsets.lock(connection, projection, [build.partition])
        next_offset = locked.rows[build.partition].next_offset
        assert build.position <= next_offset, "a version in use never goes back"
        # In transactions of their own: nobody else knows the tables that they fill.
        await build.advance(next_offset)
        await builds.hold(connection, build.build)
        await replace_rows(
            connection, projection, company_id, source=build.build.version, target=locked.version
        )
        closed, newly_rejected = await _settle(connection, build, before=next_offset)
        await connection.execute(NOTIFY, f"bokflow_{projection.name}")
    return RebuiltCompany(
        company_id=company_id,
        projection=projection.name,
        topic=projection.topic,
        partition=build.partition,
        next_offset=next_offset,
        messages=build.messages,
        rejected=tuple(build.rejected),
        newly_rejected=tuple(newly_rejected),
        closed=tuple(closed),
    )


async def _settle(
    connection: asyncpg.Connection, build: CompanyBuild, *, before: int
) -> tuple[list[int], list[Rejected]]:
    """Closes the dead letters that are applied now, and opens what is rejected only now."""
    projection = build.build.projection
    newly_rejected = await open_all(connection, projection, build.rejected)
    closed = await dead_letters.close_applied(
        connection,
        topic=projection.topic,
        partition=build.partition,
        company_id=build.company_id,
        before=before,
        but_not=[one.offset for one in build.rejected],
    )
    return closed, newly_rejected

"""What a run publishes of its source, as far as that takes no Kafka."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from connectors.protocol import Page, PlannedRead
from projections.migrate import LEDGER
from schemas.parts import PARTS, Part, Read, Scope
from schemas.sources import FORTNOX
from streams.database import Database
from streams.publication import Publication, UnknownYear
from streams.publisher import Publisher
from streams.reading_thread import ReadingThread
from streams.sync_runs import Claimed
from tests.streams.listed_log import ListedLog
from tests.streams.queue import Queue
from tests.streams.runs import a_claimed_run

YEAR = date(2024, 1, 1)
UNKNOWN = date(2099, 1, 1)


class OfOneYear:
    """A source that has one fiscal year, and nothing in it."""

    name = FORTNOX.name

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        years = (YEAR,) if YEAR in (scope.fiscal_years or ()) else ()
        found = [Read(part="vouchers", fiscal_year=year) for year in years]
        reads = [Read(part="company"), *found]
        return tuple(PlannedRead(read, True) for read in reads if read.part in scope.parts)

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        return iter(())

    def watermark(self, plan: PlannedRead) -> str | None:
        return None


@pytest.mark.engine
async def test_a_reload_reads_the_years_that_there_are_and_names_the_others(
    pool: Database,
) -> None:
    """What it is for has been emptied already."""
    async with pool.connection() as connection:
        queue = Queue(connection)
        await queue.add("bageriet", trigger="reload")
        claimed = await queue.claim_next()
        assert claimed is not None
    log = ListedLog()
    run = replace(claimed, scope=Scope(fiscal_years=(YEAR, UNKNOWN)))
    publication = Publication(pool, log, run)

    with ReadingThread() as thread:
        await publication.publish_all(OfOneYear(), thread)

    read = [event.read.name for event in log.events[LEDGER.topic]]
    assert read == ["company", "vouchers/2024-01-01"]
    assert publication.remark == "the source has no fiscal year from 2099-01-01"


@pytest.mark.parametrize("parts", [("vouchers",), ("company",), PARTS])
@pytest.mark.parametrize("years", [(UNKNOWN,), (YEAR, UNKNOWN)])
async def test_a_run_for_a_year_that_the_source_does_not_have_is_refused(
    parts: tuple[Part, ...], years: tuple[date, ...]
) -> None:
    await _is_refused(a_claimed_run(scope=Scope(parts=parts, fiscal_years=years)))


async def test_a_reload_for_none_of_the_years_of_its_source_is_refused() -> None:
    await _is_refused(a_claimed_run(trigger="reload", scope=Scope(fiscal_years=(UNKNOWN,))))


async def _is_refused(run: Claimed) -> None:
    database = Database("postgresql://", transaction_timeout_seconds=1, lock_timeout_seconds=1)
    publication = Publication(database, Publisher("nowhere:1"), run)

    with ReadingThread() as thread, pytest.raises(UnknownYear, match=r"from 2099-01-01$") as raised:
        await publication.publish_all(OfOneYear(), thread)

    assert raised.value.reason == "unknown_year"
    assert publication.unfinished == ()

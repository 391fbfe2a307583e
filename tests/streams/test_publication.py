"""What a run publishes of its source, as far as that takes no server."""

from collections.abc import Iterator
from datetime import date

import pytest

from connectors.protocol import Page, PlannedRead
from schemas.parts import PARTS, Part, Read, Scope
from schemas.sources import FORTNOX
from streams.database import Database
from streams.publication import Publication, UnknownYear
from streams.publisher import Publisher
from streams.reading_thread import ReadingThread
from tests.streams.runs import a_claimed_run

YEAR = date(2024, 1, 1)
UNKNOWN = date(2099, 1, 1)


class OfOneYear:
    """A source that has one fiscal year."""

    name = FORTNOX.name

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        years = (YEAR,) if YEAR in (scope.fiscal_years or ()) else ()
        found = [Read(part="vouchers", fiscal_year=year) for year in years]
        reads = [Read(part="company"), *found]
        return tuple(PlannedRead(read, True) for read in reads if read.part in scope.parts)

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        raise AssertionError(plan)

    def watermark(self, plan: PlannedRead) -> str | None:
        raise AssertionError(plan)


@pytest.mark.parametrize("parts", [("vouchers",), ("company",), PARTS])
@pytest.mark.parametrize("years", [(UNKNOWN,), (YEAR, UNKNOWN)])
async def test_a_run_for_a_year_that_the_source_does_not_have_is_refused(
    parts: tuple[Part, ...], years: tuple[date, ...]
) -> None:
    database = Database("postgresql://", transaction_timeout_seconds=1, lock_timeout_seconds=1)
    run = a_claimed_run(scope=Scope(parts=parts, fiscal_years=years))
    publication = Publication(database, Publisher("nowhere:1"), run)

    with ReadingThread() as thread, pytest.raises(UnknownYear, match=r"from 2099-01-01$") as raised:
        await publication.publish_all(OfOneYear(), thread)

    assert raised.value.reason == "unknown_year"
    assert publication.unfinished == ()

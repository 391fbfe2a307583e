"""What a run publishes of its source, as far as that takes no server."""

from collections.abc import Iterator
from datetime import date

import pytest

from connectors.protocol import Page, PlannedRead
from schemas.parts import Scope
from schemas.sources import FORTNOX
from streams.database import Database
from streams.publication import Publication, UnknownYear
from streams.publisher import Publisher
from streams.reading_thread import ReadingThread
from tests.streams.runs import a_claimed_run


class WithoutYears:
    """A source that has no fiscal year yet."""

    name = FORTNOX.name

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        return ()

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        raise AssertionError(plan)

    def watermark(self, plan: PlannedRead) -> str | None:
        raise AssertionError(plan)


async def test_a_run_for_a_year_that_the_source_does_not_have_is_refused() -> None:
    database = Database("postgresql://", transaction_timeout_seconds=1, lock_timeout_seconds=1)
    run = a_claimed_run(scope=Scope(parts=("vouchers",), fiscal_years=(date(2099, 1, 1),)))
    publication = Publication(database, Publisher("nowhere:1"), run)

    with ReadingThread() as thread, pytest.raises(UnknownYear, match="2099-01-01") as raised:
        await publication.publish_all(WithoutYears(), thread)

    assert raised.value.reason == "unknown_year"

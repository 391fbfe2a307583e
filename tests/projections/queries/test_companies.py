"""The list of companies, whoever knows them first, and each one's colour."""

from datetime import timedelta

import pytest

from projections.queries.companies import companies, indicators
from schemas.ledger_events import CompanyObserved
from schemas.lifecycle_events import CompanyRegistered, ReadOutcome, SyncCompleted, SyncQueued
from schemas.parts import Read
from tests.books import Books
from tests.builders import COMPANY, an_event

pytestmark = pytest.mark.engine
READS = (ReadOutcome(read=Read(part="vouchers"), state="complete"),)


async def test_a_company_is_listed_as_soon_as_the_engine_knows_it(books: Books) -> None:
    await books.register(name="Bageriet AB", organisation_number="5566778899")

    (found,) = await companies(books.connection)

    assert found.model_dump(mode="json") == {
        "company_id": COMPANY,
        "name": "Bageriet AB",
        "organisation_number": "5566778899",
        "source": "sie",
        "indicator": "red",
        "last_fetched_at": None,
        "verification": "unverified",
    }


async def test_a_company_is_listed_that_only_the_status_knows(books: Books) -> None:
    await books.happened(CompanyRegistered, name="Kiosken", source="sie")

    (found,) = await companies(books.connection)

    assert (found.company_id, found.name) == (COMPANY, "Kiosken")


async def test_without_a_name_of_its_own_it_has_the_one_its_source_gives(books: Books) -> None:
    await books.register()
    await books.project(an_event(CompanyObserved, part="company", year=None, name="Ur filen"))

    assert [found.name for found in await companies(books.connection)] == ["Ur filen"]


async def test_they_come_by_id(books: Books) -> None:
    for company in ("b", "Z", "a"):
        await books.register(company)

    assert [found.company_id for found in await companies(books.connection)] == ["Z", "a", "b"]


async def test_each_has_its_indicator_and_what_to_do(books: Books) -> None:
    await books.register("new")
    await books.register("well")
    await books.happened(CompanyRegistered, company="well", source="sie")
    await books.happened(
        SyncCompleted,
        company="well",
        run_id="r",
        run_number=1,
        fetched_at=await books.now(),
        reads=READS,
    )

    new, well = await indicators(books.connection)

    assert (new.indicator, new.reason) == ("red", "never_synced")
    assert new.message.sv.startswith("Ingen bokföring")
    assert (well.indicator, well.reason) == ("green", None)


async def test_a_run_that_the_status_has_not_heard_of_for_long_is_stalled(books: Books) -> None:
    """The relay is dead, say: a dead engine cannot stay green."""
    await books.register()
    await books.happened(CompanyRegistered, source="sie")
    await books.happened(
        SyncCompleted, run_id="r", run_number=1, fetched_at=await books.now(), reads=READS
    )
    await books.queue()
    long_ago = await books.now() - timedelta(minutes=15)
    await books.move(queued_at=long_ago)

    (found,) = await indicators(books.connection)

    assert found.reason == "stalled"
    assert found.syncing is not None
    assert found.syncing.state == "queued"


async def test_a_run_that_waits_in_the_status_for_long_is_stalled(books: Books) -> None:
    await books.register()
    await books.happened(CompanyRegistered, source="sie")
    await books.happened(
        SyncCompleted, run_id="r", run_number=1, fetched_at=await books.now(), reads=READS
    )
    long_ago = await books.now() - timedelta(minutes=15)
    await books.happened(SyncQueued, run_id="s", trigger="upload", source="sie", at=long_ago)

    (found,) = await indicators(books.connection)

    assert found.reason == "stalled"

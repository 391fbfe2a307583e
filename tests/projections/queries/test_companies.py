"""The list of companies, whoever knows them first, and each one's colour."""

from datetime import date, timedelta

import pytest

from projections.queries.companies import companies, indicators
from schemas.ledger_events import CompanyObserved
from schemas.lifecycle_events import CompanyRegistered, ReadOutcome, SyncCompleted, SyncQueued
from schemas.parts import Read
from tests.books import Books
from tests.builders import COMPANY, YEAR, a_purge, a_read, a_total, a_voucher, an_event

pytestmark = pytest.mark.engine
RIGHT = (a_total("1930", "125.00"), a_total("3001", "-125.00", "result"))
WRONG = (a_total("1930", "100.00"), a_total("3001", "-125.00", "result"))
LAST_YEAR = date(2024, 1, 1)
# Only bookkeeping makes a company green.
READS = (ReadOutcome(read=Read(part="vouchers", fiscal_year=YEAR), state="complete"),)
SET_ASIDE = """
    INSERT INTO engine.dead_letter
    VALUES ('bokflow.ledger', 1, 7, $1, 'unreadable', engine.clock())
"""


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


async def test_a_company_that_was_emptied_keeps_the_name_that_its_source_gave(
    books: Books,
) -> None:
    await books.register()
    await books.project(a_purge())
    await books.connection.execute("UPDATE engine.company SET last_known_name = 'Ur filen'")
    assert [found.name for found in await companies(books.connection)] == ["Ur filen"]

    renamed = an_event(CompanyObserved, part="company", year=None, generation=1, name="Nytt namn")
    await books.project(renamed)

    assert [found.name for found in await companies(books.connection)] == ["Nytt namn"]


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
    at = await books.now()
    await books.happened(SyncCompleted, run_id="r", run_number=1, fetched_at=at, reads=READS)
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
    at = await books.now()
    await books.happened(SyncCompleted, run_id="r", run_number=1, fetched_at=at, reads=READS)
    long_ago = await books.now() - timedelta(minutes=15)
    await books.happened(SyncQueued, run_id="s", trigger="upload", source="sie", at=long_ago)

    (found,) = await indicators(books.connection)

    assert found.reason == "stalled"


async def test_each_has_the_proof_of_its_own_years(books: Books) -> None:
    for company in ("changed", "differing", "dead", "proved", "silent"):
        await books.register(company)
    old, voucher = a_voucher("1", year=LAST_YEAR), a_voucher("1")
    await books.project(
        a_read(voucher, totals=RIGHT, company="changed"),
        a_read(a_voucher("2"), run=2, company="changed"),
        a_read(voucher, totals=RIGHT, company="dead"),
        a_read(old, totals=RIGHT, year=LAST_YEAR, company="differing"),
        a_read(voucher, totals=WRONG, run=2, company="differing"),
        a_read(voucher, totals=RIGHT, company="proved"),
        a_read(old, totals=RIGHT, year=LAST_YEAR, run=2, company="proved"),
    )
    await books.connection.execute(SET_ASIDE, "dead")

    found = await companies(books.connection)
    assert {one.company_id: one.verification for one in found} == {
        "changed": "unverified",
        "differing": "differs",
        "dead": "unverified",
        "proved": "verified",
        "silent": "unverified",
    }


async def test_many_companies_take_no_more_statements_than_one(books: Books) -> None:
    """So that a list of hundreds comes at once, wherever the database is."""
    await indicators(books.connection)  # The first time types are looked up.
    statements = []
    for company in ("a", "b", "c"):
        await books.register(company)
        for ask in (companies, indicators):
            asked: list[object] = []
            with books.connection.query_logger(asked.append):
                await ask(books.connection)
            statements.append((ask, len(asked)))

    assert len(set(statements)) == 2  # One number for each question.

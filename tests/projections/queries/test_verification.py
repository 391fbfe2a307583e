"""How sure we are of a company's bookkeeping: by year, and in one word."""

from datetime import date, timedelta

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.company_status import company_status
from projections.queries.fiscal_years import NoFiscalYear, UnknownFiscalYear
from projections.queries.verification import VerifiedYear, verification, verify_totals
from schemas.bookkeeping import VoucherKey
from schemas.ledger_events import LedgerPurged, VouchersRemoved
from tests.books import Books
from tests.builders import (
    AT,
    COMPANY,
    YEAR,
    a_read,
    a_total,
    a_voucher,
    an_end,
    an_event,
    some_openings,
    some_years,
)

pytestmark = pytest.mark.engine
RIGHT = (a_total("1930", "125.00"), a_total("3001", "-125.00", "result"))
WRONG = (a_total("1930", "100.00"), a_total("3001", "-125.00", "result"))
LAST_YEAR = date(2024, 1, 1)
SET_ASIDE = "INSERT INTO engine.dead_letter VALUES ($1, 1, 7, $2, 'unreadable', engine.clock())"


async def states(books: Books) -> list[str]:
    """The company's state, then those of its years."""
    found = await verification(books.connection, COMPANY)
    return [found.state, *(year.state for year in found.years)]


async def test_a_company_that_nobody_proved_is_unverified(books: Books) -> None:
    assert await states(books) == ["unverified"]
    await books.project(a_read(a_voucher("1")))

    assert await states(books) == ["unverified", "unverified"]
    assert (await verification(books.connection, COMPANY)).as_of is None


async def test_a_company_is_verified_when_all_years_with_postings_are(books: Books) -> None:
    await books.project(some_years(LAST_YEAR, YEAR), a_read(a_voucher("1"), totals=RIGHT))
    assert await states(books) == ["verified", "verified"]

    old = a_voucher("1", year=LAST_YEAR)
    await books.project(a_read(old, year=LAST_YEAR, run=2))
    assert await states(books) == ["unverified", "unverified", "verified"]

    await books.project(a_read(old, totals=RIGHT, year=LAST_YEAR, run=3))
    assert await states(books) == ["verified", "verified", "verified"]


async def test_a_year_that_differs_goes_before_all_and_is_told_with_its_accounts(
    books: Books,
) -> None:
    old = a_voucher("1", year=LAST_YEAR)
    await books.project(a_read(a_voucher("1"), totals=WRONG), a_read(old, year=LAST_YEAR, run=2))

    found = await verification(books.connection, COMPANY)

    assert (found.state, found.as_of) == ("differs", AT)
    (difference,) = found.differences
    assert difference.model_dump(mode="json") == {
        "fiscal_year": "2025-01-01",
        "account": "1930",
        "kind": "closing",
        "expected": "100.00",
        "actual": "125.00",
        "difference": "25.00",
    }


async def test_a_later_change_without_totals_makes_a_year_unverified(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=WRONG))

    await books.project(a_read(a_voucher("1"), a_voucher("2"), run=2))

    found = await verification(books.connection, COMPANY)
    assert (found.state, found.as_of) == ("unverified", AT)
    assert found.years == (VerifiedYear(fiscal_year=YEAR, as_of=AT),)

    await books.project(a_read(a_voucher("1"), totals=RIGHT, run=3))
    assert await states(books) == ["verified", "verified"]


async def test_a_later_read_that_changes_nothing_leaves_the_proof(books: Books) -> None:
    opening = {"1510": "7.00", "2081": "-7.00"}
    totals = (*RIGHT, a_total("1510", "7.00"), a_total("2081", "-7.00"))
    end = an_end(1, part="opening_balances")
    await books.project(some_openings(opening), end, a_read(a_voucher("1"), totals=totals))
    again = some_openings(opening, run=2), an_end(1, part="opening_balances", run=2)

    await books.project(*again, a_read(a_voucher("1"), run=2))

    assert await states(books) == ["verified", "verified"]


async def test_a_change_of_another_year_leaves_the_proof(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=RIGHT))

    await books.project(a_read(a_voucher("1", year=LAST_YEAR), year=LAST_YEAR, run=2))

    assert await states(books) == ["unverified", "unverified", "verified"]


async def test_a_voucher_that_was_removed_makes_the_year_unverified(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=RIGHT))
    key = VoucherKey(fiscal_year=YEAR, series="A", number="1")

    await books.project(an_event(VouchersRemoved, keys=(key,), run=2))

    assert await states(books) == ["unverified", "unverified"]


async def test_other_opening_balances_make_the_year_unverified(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=RIGHT))

    await books.project(some_openings({"1930": "0.01"}, run=2))

    assert await states(books) == ["unverified", "unverified"]


async def test_a_later_attempt_of_the_same_run_makes_the_year_unverified(books: Books) -> None:
    """What it changes is not told apart from what the attempt before it did."""
    await books.project(a_read(a_voucher("1"), totals=RIGHT))
    again = a_read(a_voucher("1", amount="1.00"), totals=RIGHT, attempt=2)

    await books.project(again[:1])
    assert await states(books) == ["unverified", "unverified"]

    await books.project(again[1:])
    assert await states(books) == ["differs", "differs"]


async def test_a_purged_year_has_no_proof(books: Books) -> None:
    await books.project(some_years(YEAR), a_read(a_voucher("1"), totals=WRONG))
    purge = LedgerPurged(
        company_id=COMPANY,
        occurred_at=AT,
        generation=1,
        run_number=1,
        attempt=1,
        fiscal_years=(YEAR,),
    )

    await books.project(purge)

    assert await states(books) == ["unverified"]


async def test_an_open_dead_letter_of_the_ledger_leaves_a_company_unverified(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=RIGHT))
    for topic, company in (("bokflow.ledger", "other"), ("bokflow.lifecycle", COMPANY)):
        await books.connection.execute(SET_ASIDE, topic, company)
    assert await states(books) == ["verified", "verified"]

    await books.connection.execute(SET_ASIDE.replace("7", "8"), "bokflow.ledger", COMPANY)

    found = await verification(books.connection, COMPANY)
    assert (found.state, found.dead_letters) == ("unverified", 1)


async def test_the_status_tells_it_and_keeps_its_colour(books: Books) -> None:
    await books.register()
    await books.project(a_read(a_voucher("1")))
    colour = (await company_status(books.connection, COMPANY)).indicator

    await books.project(a_read(a_voucher("1"), totals=WRONG, run=2))

    found = await company_status(books.connection, COMPANY)
    assert found.indicator == colour
    assert found.verification.state == "differs"
    assert found.verification.as_of == AT
    assert [one.account for one in found.verification.differences] == ["1930"]


async def test_one_year_is_told_on_its_own(books: Books) -> None:
    next_year = date(2026, 1, 1)
    later = AT + timedelta(days=1)
    await books.register()
    await books.project(
        some_years(LAST_YEAR, YEAR, next_year),
        a_read(a_voucher("1"), totals=WRONG),
        a_read(
            a_voucher("1", year=LAST_YEAR),
            totals=RIGHT,
            year=LAST_YEAR,
            run=2,
        )[:-1],
        an_end(2, year=LAST_YEAR, run=2).model_copy(update={"occurred_at": later}),
    )

    found = await verify_totals(books.connection, COMPANY, 2024)
    assert [(year.fiscal_year, year.state, year.as_of) for year in found.years] == [
        (LAST_YEAR, "verified", later)
    ]
    assert (found.state, found.as_of) == ("differs", later)
    everything = await verify_totals(books.connection, COMPANY)
    assert [year.fiscal_year for year in everything.years] == [LAST_YEAR, YEAR]
    empty = await verify_totals(books.connection, COMPANY, next_year)
    assert empty.years == (VerifiedYear(fiscal_year=next_year),)


async def test_what_is_not_there_is_refused(books: Books) -> None:
    with pytest.raises(UnknownCompany):
        await verify_totals(books.connection, COMPANY)
    await books.register()
    with pytest.raises(NoFiscalYear):
        await verify_totals(books.connection, COMPANY)
    await books.project(some_years(YEAR))
    with pytest.raises(UnknownFiscalYear):
        await verify_totals(books.connection, COMPANY, 2019)

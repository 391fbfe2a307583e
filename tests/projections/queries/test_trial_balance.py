"""The trial balance: opening plus movement is closing, for every account that has either."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.fiscal_years import (
    AmbiguousFiscalYear,
    NoFiscalYear,
    UnknownFiscalYear,
)
from projections.queries.trial_balance import TrialBalance, trial_balance
from schemas.bookkeeping import Account, Balance, ControlTotal, Posting
from schemas.ledger_events import (
    AccountsObserved,
    AnyLedgerEvent,
    OpeningBalancesObserved,
)
from tests.books import Books
from tests.builders import (
    COMPANY,
    YEAR,
    a_read,
    a_submission,
    a_total,
    a_voucher,
    an_end,
    an_event,
    some_openings,
    some_totals,
    some_years,
)

pytestmark = pytest.mark.engine
NEXT_YEAR = date(2026, 1, 1)


def opening(*balances: dict[str, Any]) -> AnyLedgerEvent:
    return an_event(
        OpeningBalancesObserved,
        part="opening_balances",
        fiscal_year=YEAR,
        balances=[Balance(**balance) for balance in balances],
    )


def names(**accounts: str) -> AnyLedgerEvent:
    return an_event(
        AccountsObserved,
        part="accounts",
        fiscal_year=YEAR,
        accounts=[Account(account=number[1:], name=name) for number, name in accounts.items()],
    )


def rows(found: TrialBalance) -> list[tuple[str, str, str, str]]:
    return [
        (row.account, str(row.opening), str(row.movement), str(row.closing))
        for row in found.accounts
    ]


async def test_an_account_with_an_opening_balance_or_postings_is_there(books: Books) -> None:
    await books.register()
    await books.project(
        some_years(YEAR),
        names(_1930="Bank", _1510="Kundfordringar", _9999="Aldrig använt"),
        opening(
            {"account": "1930", "amount": "1000.00"},
            {"account": "2081", "amount": "-1000.00"},
            {"account": "1930", "amount": "400.00", "dimension": "1", "object": "10"},
        ),
        a_read(a_voucher("1", debit="1930", credit="3001"), a_voucher("2", debit="1510")),
    )

    found = await trial_balance(books.connection, COMPANY)

    assert rows(found) == [
        ("1510", "0.00", "125.00", "125.00"),
        ("1930", "1000.00", "125.00", "1125.00"),
        ("2081", "-1000.00", "0.00", "-1000.00"),
        ("3001", "0.00", "-250.00", "-250.00"),
    ]
    assert [row.name for row in found.accounts] == ["Kundfordringar", "Bank", "", ""]
    assert found.model_dump(mode="json")["totals"] == {
        "opening": "0.00",
        "movement": "0.00",
        "closing": "0.00",
    }
    assert found.model_dump(mode="json")["fiscal_year"] == {
        "start": "2025-01-01",
        "end": "2025-12-31",
    }


async def test_the_movement_is_that_of_the_whole_year(books: Books) -> None:
    await books.register()
    await books.project(
        some_years(YEAR),
        a_read(
            a_voucher("1", day=date(2025, 1, 1), amount="0.10"),
            a_voucher("2", day=date(2025, 12, 31), amount="0.20"),
            a_voucher("3", day=date(2026, 1, 7), amount="0.40"),  # Still of the year 2025.
        ),
    )

    found = await trial_balance(books.connection, COMPANY, 2025)

    assert found.accounts[0].movement == Decimal("0.70")


async def test_struck_rows_are_in_no_balance(books: Books) -> None:
    amounts = (("1930", "5.00", "added"), ("3001", "-5.00", "booked"), ("1910", "7.00", "struck"))
    postings = tuple(
        Posting.model_validate({"account": account, "amount": amount, "state": state})
        for account, amount, state in amounts
    )
    await books.register()
    await books.project(some_years(YEAR), a_read(a_voucher("1", postings=postings)))

    found = await trial_balance(books.connection, COMPANY)

    assert [row.account for row in found.accounts] == ["1930", "3001"]


async def test_the_year_is_by_default_the_latest_with_vouchers(books: Books) -> None:
    await books.register()
    await books.project(some_years(date(2024, 1, 1), YEAR, NEXT_YEAR), a_read(a_voucher("1")))

    assert (await trial_balance(books.connection, COMPANY)).fiscal_year.start == YEAR


async def test_without_vouchers_it_is_the_latest_year(books: Books) -> None:
    await books.register()
    await books.project(some_years(YEAR, NEXT_YEAR))

    found = await trial_balance(books.connection, COMPANY)

    assert found.fiscal_year.start == NEXT_YEAR
    assert found.accounts == ()
    assert str(found.totals.closing) == "0.00"


async def test_a_year_that_no_source_described_has_no_end(books: Books) -> None:
    await books.register()
    await books.project(a_read(a_voucher("1")))

    found = await trial_balance(books.connection, COMPANY)

    assert (found.fiscal_year.start, found.fiscal_year.end) == (YEAR, None)


async def test_a_broken_year_is_found_by_the_calendar_year_it_starts_in(books: Books) -> None:
    broken = date(2026, 7, 1)
    await books.register()
    await books.project(some_years(YEAR, broken))

    assert (await trial_balance(books.connection, COMPANY, 2026)).fiscal_year.start == broken
    assert (await trial_balance(books.connection, COMPANY, broken)).fiscal_year.start == broken


async def test_what_names_no_year_or_several_is_refused_with_the_years(books: Books) -> None:
    await books.register()
    await books.project(some_years(YEAR, date(2025, 7, 1)))

    with pytest.raises(AmbiguousFiscalYear, match="2025-01-01, 2025-07-01"):
        await trial_balance(books.connection, COMPANY, 2025)
    with pytest.raises(UnknownFiscalYear, match="2025-01-01, 2025-07-01"):
        await trial_balance(books.connection, COMPANY, 2019)
    with pytest.raises(UnknownFiscalYear):
        await trial_balance(books.connection, COMPANY, date(2025, 1, 2))


async def test_a_company_without_bookkeeping_or_unknown_is_refused(books: Books) -> None:
    await books.register()

    with pytest.raises(NoFiscalYear):
        await trial_balance(books.connection, COMPANY)
    with pytest.raises(UnknownCompany):
        await trial_balance(books.connection, "nobody")


def stated(*totals: ControlTotal, run: int = 1) -> list[AnyLedgerEvent]:
    """A whole read of a source that has balances and no vouchers."""
    stamp: dict[str, Any] = {"run": run, "part": "opening_balances"}
    balances = some_openings({"1930": "1000.00", "1510": "5.00"}, run=run)
    return [balances, some_totals(*totals, sequence=2, **stamp), an_end(2, **stamp)]


async def test_a_year_without_vouchers_has_the_balances_that_its_source_states(
    books: Books,
) -> None:
    await books.register()
    await books.project(
        stated(a_total("1930", "1125.00"), a_total("3001", "-125.00", "result")),
        names(_1930="Bank"),
    )

    found = await trial_balance(books.connection, COMPANY, YEAR)

    assert found.basis == "totals"
    assert rows(found) == [
        ("1510", "5.00", "-5.00", "0.00"),  # A missing total counts as zero.
        ("1930", "1000.00", "125.00", "1125.00"),
        ("3001", "0.00", "-125.00", "-125.00"),
    ]
    assert [row.name for row in found.accounts] == ["", "Bank", ""]
    assert str(found.totals.movement) == "-5.00"


async def test_vouchers_that_were_read_whole_go_before_what_the_source_states(books: Books) -> None:
    await books.register()
    totals = stated(a_total("1930", "9.00"))
    await books.project(a_read(a_voucher("1"), totals=[a_total("1930", "8.00")]))
    assert (await trial_balance(books.connection, COMPANY)).basis == "vouchers"

    await books.project(*(event.model_copy(update={"run_number": 2}) for event in totals))

    found = await trial_balance(books.connection, COMPANY)
    assert found.basis == "vouchers"
    assert rows(found)[1] == ("1930", "1000.00", "125.00", "1125.00")


async def test_vouchers_that_were_added_do_not_hide_what_the_source_states(books: Books) -> None:
    await books.register()
    await books.project(*stated(a_total("1930", "9.00")), a_submission(a_voucher("7"), run=2))

    found = await trial_balance(books.connection, COMPANY)

    assert found.basis == "totals"
    assert {row[0]: row[3] for row in rows(found)}["1930"] == "9.00"


async def test_totals_that_came_with_vouchers_are_no_balances(books: Books) -> None:
    """A whole read that brought no voucher says that there is none."""
    await books.register()
    await books.project(some_years(YEAR), a_read(totals=[a_total("1930", "8.00")]))

    found = await trial_balance(books.connection, COMPANY)

    assert (found.basis, found.accounts) == ("vouchers", ())


async def test_a_year_that_has_balances_alone_is_offered(books: Books) -> None:
    await books.register()
    await books.project(some_totals(a_total("1930", "8.00"), part="opening_balances"))

    assert (await trial_balance(books.connection, COMPANY)).fiscal_year.start == YEAR

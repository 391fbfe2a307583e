"""The proof of a year: its source's own totals against its opening balances and postings."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from schemas.bookkeeping import Account, ControlTotal, ObjectTotal, Posting, Voucher
from schemas.ledger_events import (
    AccountsObserved,
    AnyLedgerEvent,
    ControlTotalsObserved,
    LedgerPurged,
)
from tests.books import Books
from tests.builders import (
    AT,
    COMPANY,
    YEAR,
    a_page,
    a_read,
    a_total,
    a_voucher,
    an_end,
    an_event,
    some_openings,
    some_totals,
    some_years,
)

pytestmark = pytest.mark.engine
RIGHT = (a_total("1930", "125.00"), a_total("3001", "-125.00", "result"))
WRONG = (a_total("1930", "124.99"), a_total("3001", "-125.00", "result"))


async def proofs(books: Books) -> list[tuple[Any, ...]]:
    rows = await books.connection.fetch(
        "SELECT company_id, fiscal_year, state, run_number, up_to FROM ledger.verification"
        " ORDER BY 1, 2"
    )
    return [tuple(row) for row in rows]


async def differences(books: Books) -> list[tuple[str, ...]]:
    rows = await books.connection.fetch(
        "SELECT account, kind, expected, actual FROM ledger.verification_difference ORDER BY 1, 2"
    )
    return [tuple(map(str, row)) for row in rows]


async def totals_of(books: Books, part: str) -> list[tuple[str, str]]:
    rows = await books.connection.fetch(
        "SELECT account, amount FROM ledger.control_total WHERE part = $1 ORDER BY 1", part
    )
    return [(row[0], str(row[1])) for row in rows]


def balances(*totals: ControlTotal, run: int = 1) -> list[AnyLedgerEvent]:
    """A whole read of opening balances, with totals where the source has no vouchers."""
    stamp: dict[str, Any] = {"run": run, "part": "opening_balances"}
    events = [some_totals(*totals, **stamp)] if totals else []
    return [*events, an_end(len(events), **stamp)]


async def test_a_year_that_adds_up_is_verified(books: Books) -> None:
    await books.project(
        some_openings({"1930": "1000.00", "2081": "-1000.00"}),
        a_read(
            a_voucher("1"),
            totals=(
                a_total("1930", "1125.00"),
                a_total("2081", "-1000.00"),
                a_total("3001", "-125.00", "result"),
            ),
        ),
    )

    assert await proofs(books) == [(COMPANY, YEAR, "verified", 1, None)]
    assert await differences(books) == []
    at = await books.connection.fetchval("SELECT verified_at FROM ledger.verification")
    assert at == AT


async def test_each_account_that_differs_is_told(books: Books) -> None:
    await books.project(
        some_openings({"1930": "1000.00"}),
        a_read(a_voucher("1"), totals=(a_total("1930", "1.00"),)),
    )

    assert await proofs(books) == [(COMPANY, YEAR, "differs", 1, None)]
    assert await differences(books) == [
        ("1930", "closing", "1.00", "1125.00"),
        ("3001", "result", "0.00", "-125.00"),  # A missing total counts as zero.
    ]


async def test_a_total_of_an_account_without_postings_counts_too(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=(*RIGHT, a_total("1510", "7.00"))))

    assert await differences(books) == [("1510", "closing", "7.00", "0.00")]


async def test_without_a_total_the_chart_tells_balance_from_result_accounts(books: Books) -> None:
    types = {"3001": "asset", "2081": "income"}
    accounts = [
        Account.model_validate({"account": number, "type": kind}) for number, kind in types.items()
    ]
    await books.project(
        an_event(AccountsObserved, part="accounts", fiscal_year=YEAR, accounts=accounts),
        some_openings({"3001": "50.00", "2081": "60.00", "1510": "70.00", "5010": "80.00"}),
        a_read(a_voucher("1"), totals=(a_total("1930", "125.00"),)),
    )

    assert await differences(books) == [
        ("1510", "closing", "0.00", "70.00"),
        ("2081", "result", "0.00", "60.00"),
        ("3001", "closing", "0.00", "-75.00"),
        ("5010", "result", "0.00", "80.00"),
    ]  # What a result account was opened with shows in the balances, whatever its source says.


async def test_totals_of_objects_prove_nothing(books: Books) -> None:
    of_object = ObjectTotal.model_validate(
        {"account": "1930", "kind": "closing", "amount": "9.00", "dimension": "1", "object": "10"}
    )
    totals = an_event(
        ControlTotalsObserved, fiscal_year=YEAR, object_totals=(of_object,), sequence=2
    )
    await books.project(a_page(a_voucher("1")), totals, an_end(2))

    assert await proofs(books) == []


@pytest.mark.parametrize(
    ("up_to", "kept", "balance"),
    [
        (date(2025, 1, 31), date(2025, 1, 31), "1.00"),
        (date(2025, 2, 14), date(2025, 2, 14), "1.00"),
        (date(2025, 2, 15), date(2025, 2, 15), "3.00"),
        (date(2025, 12, 31), None, "7.00"),
        (date(1970, 1, 1), None, "7.00"),
        (date(2031, 1, 1), None, "7.00"),
        (None, None, "7.00"),
    ],
)
async def test_totals_cover_the_year_up_to_a_day_that_lies_in_it(
    books: Books, up_to: date | None, kept: date | None, balance: str
) -> None:
    struck = Posting.model_validate({"account": "1930", "amount": "9.00", "state": "struck"})
    plain = a_voucher("2", amount="2.00", day=date(2025, 2, 15))
    vouchers = (
        a_voucher("1", amount="1.00", day=date(2025, 1, 31)),
        plain.model_copy(update={"postings": (*plain.postings, struck)}),
        a_voucher("3", amount="4.00", day=date(2025, 2, 28)),
    )
    totals = (a_total("1930", balance), a_total("3001", f"-{balance}", "result"))

    await books.project(some_years(YEAR), a_read(*vouchers, totals=totals, up_to=up_to))

    assert await proofs(books) == [(COMPANY, YEAR, "verified", 1, kept)]


async def test_the_proofs_of_several_companies_are_made_at_once(books: Books) -> None:
    reads = [
        a_read(a_voucher("1"), totals=totals, company=company)
        for company, totals in (("a", RIGHT), ("b", WRONG), ("c", ()))
    ]

    await books.project(
        *(event for events in zip(*map(padded, reads), strict=True) for event in events)
    )

    assert [row[0:3:2] for row in await proofs(books)] == [("a", "verified"), ("b", "differs")]
    assert await differences(books) == [("1930", "closing", "124.99", "125.00")]


def padded(read: Sequence[AnyLedgerEvent]) -> list[AnyLedgerEvent]:
    """The read with its end repeated, so that all are of one length."""
    return [*read, read[-1]][:3]


async def test_a_read_that_comes_twice_is_one_proof(books: Books) -> None:
    read = a_read(a_voucher("1"), totals=WRONG)

    await books.project(read, read[-1])
    await books.project(read)

    assert await proofs(books) == [(COMPANY, YEAR, "differs", 1, None)]
    assert len(await differences(books)) == 1


async def test_the_next_proof_replaces_the_last_one(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=WRONG))

    await books.project(a_read(a_voucher("1"), totals=RIGHT, run=2))

    assert await proofs(books) == [(COMPANY, YEAR, "verified", 2, None)]
    assert await differences(books) == []


async def test_without_totals_of_its_own_a_read_leaves_the_last_proof(books: Books) -> None:
    await books.project(a_read(a_voucher("1"), totals=WRONG))

    await books.project(a_read(a_voucher("1"), run=2))

    assert await proofs(books) == [(COMPANY, YEAR, "differs", 1, None)]
    assert await totals_of(books, "vouchers") == []


@pytest.mark.parametrize(
    "read",
    [
        a_read(a_voucher("1"), totals=RIGHT, snapshot=False),
        [*a_read(a_voucher("1"), totals=RIGHT)[1:]],
    ],
)
async def test_only_a_complete_snapshot_proves(books: Books, read: list[AnyLedgerEvent]) -> None:
    await books.project(read)

    assert await proofs(books) == []


async def test_totals_of_balances_prove_no_vouchers_and_stand_beside_theirs(books: Books) -> None:
    await books.project(balances(a_total("1930", "1.00")), a_read(a_voucher("1")))
    assert await proofs(books) == []

    await books.project(a_read(a_voucher("1"), totals=RIGHT, run=2))
    await books.project(balances(a_total("1930", "2.00"), run=3))

    assert await proofs(books) == [(COMPANY, YEAR, "verified", 2, None)]
    assert await totals_of(books, "vouchers") == [("1930", "125.00"), ("3001", "-125.00")]
    assert await totals_of(books, "opening_balances") == [("1930", "2.00")]


async def test_totals_of_balances_go_with_the_next_balances_without_them(books: Books) -> None:
    await books.project(balances(a_total("1930", "1.00"), a_total("1510", "1.00")))
    await books.project(balances(a_total("1930", "1.00"), run=2))
    assert await totals_of(books, "opening_balances") == [("1930", "1.00")]

    await books.project(a_read(a_voucher("1"), totals=RIGHT, run=3))
    assert len(await totals_of(books, "opening_balances")) == 1

    await books.project(balances(run=4))
    assert await totals_of(books, "opening_balances") == []
    assert len(await totals_of(books, "vouchers")) == 2


def a_year_of(year: date, totals: tuple[ControlTotal, ...], *, run: int) -> list[AnyLedgerEvent]:
    voucher: Voucher = a_voucher("1", year=year)
    return a_read(voucher, totals=totals, year=year, run=run)


@pytest.mark.parametrize(
    ("years", "left"), [((YEAR,), [date(2024, 1, 1)]), (None, []), ((date(2023, 1, 1),), None)]
)
async def test_a_purge_takes_the_proofs_along(
    books: Books, years: tuple[date, ...] | None, left: list[date] | None
) -> None:
    both = [date(2024, 1, 1), YEAR]
    await books.project(*(a_year_of(year, WRONG, run=run) for run, year in enumerate(both, 1)))
    purge = LedgerPurged(
        company_id=COMPANY,
        occurred_at=AT,
        generation=1,
        run_number=2,
        attempt=0,
        fiscal_years=years,
    )

    await books.project(purge)

    kept = both if left is None else left
    assert [row[1] for row in await proofs(books)] == kept
    assert len(await differences(books)) == len(kept)


async def test_a_replaced_year_takes_its_proof_along(books: Books) -> None:
    broken = date(2025, 7, 1)
    await books.project(some_years(YEAR), a_year_of(YEAR, WRONG, run=1))
    assert len(await differences(books)) == 1

    await books.project(some_years(broken, run=2), a_year_of(broken, RIGHT, run=2))

    assert await proofs(books) == [(COMPANY, broken, "verified", 2, None)]
    assert await differences(books) == []
    years = await books.connection.fetch("SELECT DISTINCT fiscal_year FROM ledger.control_total")
    assert [row[0] for row in years] == [broken]

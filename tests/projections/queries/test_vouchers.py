"""The vouchers of a company: their order, their rows, and which of them."""

from datetime import date
from typing import Any

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.fiscal_years import NoFiscalYear
from projections.queries.selection import Selection
from projections.queries.vouchers import VoucherRow, vouchers
from schemas.bookkeeping import Posting
from tests.books import Books
from tests.builders import COMPANY, a_read, a_voucher

pytestmark = pytest.mark.engine
NEXT_YEAR = date(2026, 1, 1)
CASH_SALE = {
    "fiscal_year": "2025-01-01",
    "series": "A",
    "number": "1",
    "date": "2025-03-04",
    "text": "Kassa",
    "registered_on": "2025-03-05",
    "source_id": "77",
    "postings": [
        {
            "account": "1930",
            "amount": "80.00",
            "text": "Rättat",
            "quantity": "1.5",
            "state": "added",
            "objects": {},
        },
        {
            "account": "3001",
            "amount": "-80.00",
            "text": "",
            "quantity": None,
            "state": "booked",
            "objects": {"1": "10", "6": "P1"},
        },
    ],
    "struck": [
        {
            "account": "1930",
            "amount": "8.00",
            "text": "",
            "quantity": None,
            "objects": {"6": "P1"},
        }
    ],
}


async def listed(books: Books, **selection: Any) -> list[VoucherRow]:
    return [row async for row in vouchers(books.connection, COMPANY, Selection(**selection))]


async def numbers(books: Books, **selection: Any) -> list[str]:
    return [row.series + row.number for row in await listed(books, **selection)]


async def fill(books: Books) -> None:
    """Seven vouchers, in no order."""
    await books.register()
    of_march = [
        a_voucher(number, series=series)
        for series, number in (("B", "1"), ("A", "10"), ("A", "x"), ("A", "9"), ("A", "09"))
    ]
    earlier = a_voucher("11", day=date(2025, 3, 3))
    await books.project(
        a_read(*of_march, earlier),
        a_read(a_voucher("1", year=NEXT_YEAR, day=date(2026, 2, 1)), year=NEXT_YEAR, run=2),
    )


async def test_they_come_by_date_then_series_then_number(books: Books) -> None:
    await fill(books)

    assert await numbers(books) == ["A11", "A09", "A9", "A10", "Ax", "B1", "A1"]


async def test_the_first_or_the_latest_ones_keep_that_order(books: Books) -> None:
    await fill(books)

    assert await numbers(books, first=2) == ["A11", "A09"]
    assert await numbers(books, latest=2) == ["B1", "A1"]
    assert len(await numbers(books, latest=100)) == 7


async def test_a_year_and_a_series_can_be_chosen(books: Books) -> None:
    await fill(books)

    assert await numbers(books, year=2026) == ["A1"]
    assert await numbers(books, series="B") == ["B1"]
    assert await numbers(books, year=2026, series="B") == []
    assert await numbers(books, year=2025, series="A", latest=1) == ["Ax"]


async def test_struck_rows_stand_apart(books: Books) -> None:
    rows: list[dict[str, Any]] = [
        {
            "account": "1930",
            "amount": "80.00",
            "state": "added",
            "text": "Rättat",
            "quantity": "1.50",
        },
        {"account": "1930", "amount": "8.00", "state": "struck", "objects": {"6": "P1"}},
        {"account": "3001", "amount": "-80.00", "objects": {"1": "10", "6": "P1"}},
    ]
    postings = tuple(Posting(**row) for row in rows)
    voucher = a_voucher(
        "1", postings=postings, text="Kassa", registered_on=date(2025, 3, 5), source_id="77"
    )
    await books.register()
    await books.project(a_read(voucher))

    (found,) = await listed(books)

    assert found.model_dump(mode="json") == CASH_SALE


async def test_an_annulled_voucher_has_no_rows(books: Books) -> None:
    await books.register()
    await books.project(a_read(a_voucher("1", postings=())))

    (found,) = await listed(books)

    assert (found.postings, found.struck) == ((), ())


async def test_another_companys_vouchers_are_not_there(books: Books) -> None:
    await books.register()
    await books.register("other")
    await books.project(a_read(a_voucher("1"), company="other"))

    assert await listed(books) == []
    with pytest.raises(NoFiscalYear):
        await listed(books, year=2025)


async def test_an_unknown_company_is_refused(books: Books) -> None:
    with pytest.raises(UnknownCompany):
        await listed(books)

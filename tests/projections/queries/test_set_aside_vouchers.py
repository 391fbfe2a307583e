"""The vouchers that could not be booked: why, and whether their number is booked all the same."""

from typing import Any

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.selection import Selection
from projections.queries.set_aside_vouchers import SetAsideRow, set_aside_vouchers
from tests.books import Books
from tests.builders import COMPANY, YEAR, a_read, a_set_aside_voucher, a_voucher

pytestmark = pytest.mark.engine


async def listed(books: Books, **selection: Any) -> list[SetAsideRow]:
    rows = set_aside_vouchers(books.connection, COMPANY, Selection(**selection))
    return [row async for row in rows]


async def test_each_is_told_with_its_reason_and_its_sources_own_text(books: Books) -> None:
    await books.register()
    await books.project(a_read(a_voucher("1"), set_aside=[a_set_aside_voucher()]))

    (found,) = await listed(books)

    assert found.model_dump(mode="json") == {
        "fiscal_year": "2025-01-01",
        "series": "A",
        "number": "9",
        "occurrence": 1,
        "date": None,
        "reason": "unbalanced",
        "difference": "0.01",
        "detail": "",
        "number_is_booked": False,
        "source_text": "#VER A 9 20250304",
    }


async def test_one_whose_good_version_stays_says_so(books: Books) -> None:
    await books.register()
    aside = [a_set_aside_voucher("1"), a_set_aside_voucher("2")]
    await books.project(a_read(a_voucher("1")), a_read(set_aside=aside, run=2))

    assert [row.number_is_booked for row in await listed(books)] == [True, False]


async def test_some_of_them_can_be_chosen(books: Books) -> None:
    await books.register()
    aside = [a_set_aside_voucher(number) for number in ("10", "9", "8")]
    next_year = YEAR.replace(year=2026)
    await books.project(
        a_read(set_aside=aside),
        a_read(set_aside=[a_set_aside_voucher("1", year=next_year)], year=next_year, run=2),
        a_read(a_voucher("2", year=next_year, day=next_year), run=3, snapshot=False),
    )

    async def numbers(**selection: Any) -> list[str]:
        return [row.number for row in await listed(books, **selection)]

    assert await numbers() == ["1", "8", "9", "10"]
    assert await numbers(first=2) == ["1", "8"]
    assert await numbers(latest=1) == ["10"]
    assert await numbers(series="B") == []
    assert await numbers(year=next_year) == ["1"]


async def test_an_unknown_company_is_refused(books: Books) -> None:
    with pytest.raises(UnknownCompany):
        await listed(books)

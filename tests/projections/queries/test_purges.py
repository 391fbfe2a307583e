"""What a purge would take, how far one has come, and which was the last."""

from datetime import date
from typing import Any

import pytest

from projections.queries.purges import contents, last_purge_of_each, last_purges, purge_state
from schemas.bookkeeping import Posting
from schemas.lifecycle_events import CompanyRegistered, PurgeCompleted, PurgeStarted
from tests.books import Books
from tests.builders import (
    COMPANY,
    a_read,
    a_set_aside_voucher,
    a_total,
    a_voucher,
    some_totals,
    some_years,
)

pytestmark = pytest.mark.engine
YEARS = (date(2024, 1, 1), date(2025, 1, 1))
STRUCK = Posting.model_validate({"account": "1910", "amount": "7.00", "state": "struck"})


async def filled(books: Books) -> None:
    await books.register(source="fortnox")
    await books.happened(CompanyRegistered, source="fortnox")
    last = a_voucher("1", year=YEARS[1], day=YEARS[1])
    last = last.model_copy(update={"postings": (*last.postings, STRUCK)})
    first = [a_voucher(number, year=YEARS[0], day=YEARS[0]) for number in ("1", "2")]
    aside = [a_set_aside_voucher("3", year=YEARS[0])]
    await books.project(some_years(*YEARS))
    await books.project(a_read(*first, set_aside=aside, year=YEARS[0], run=2))
    await books.project(a_read(last, year=YEARS[1], run=3))


async def test_each_year_tells_what_would_go_of_it(books: Books) -> None:
    await filled(books)

    first, last = (await contents(books.connection, COMPANY, None)).years

    assert (first.first_day, first.last_day) == (YEARS[0], date(2024, 12, 31))
    assert (first.vouchers, first.postings, first.set_aside) == (2, 4, 1)
    assert (last.vouchers, last.postings, last.set_aside) == (1, 2, 0)  # A struck row is none.
    assert (await contents(books.connection, COMPANY, (YEARS[1],))).years == (last,)


@pytest.mark.parametrize(
    ("years", "are_the_last"), [(None, True), (YEARS, True), (YEARS[:1], False), (YEARS[1:], False)]
)
async def test_it_is_told_whether_any_bookkeeping_is_left(
    books: Books, years: tuple[date, ...] | None, are_the_last: bool
) -> None:
    await filled(books)

    assert (await contents(books.connection, COMPANY, years)).are_the_last == are_the_last


async def test_a_year_of_balances_alone_is_left(books: Books) -> None:
    await filled(books)
    balances: dict[str, Any] = {"part": "opening_balances", "year": date(2023, 1, 1), "run": 4}
    await books.project(some_totals(a_total("1930", "1.00"), **balances))

    assert not (await contents(books.connection, COMPANY, YEARS)).are_the_last


async def test_a_year_of_which_all_was_set_aside_is_one_that_may_be_named(books: Books) -> None:
    year = date(2023, 1, 1)
    await filled(books)
    await books.project(a_read(set_aside=[a_set_aside_voucher("1", year=year)], year=year, run=4))

    first, *_ = (await contents(books.connection, COMPANY, None)).years

    assert (first.first_day, first.vouchers, first.set_aside) == (year, 0, 1)


async def test_a_company_without_bookkeeping_has_nothing_to_lose(books: Books) -> None:
    await books.register()

    assert (await contents(books.connection, COMPANY, None)).years == ()


async def test_a_purge_is_completed_once_the_status_shows_it(books: Books) -> None:
    await filled(books)
    assert await purge_state(books.connection, COMPANY, "c-1") is None
    await books.purge("c-1", YEARS[:1])
    await books.happened(PurgeStarted, generation=1, fiscal_years=YEARS[:1])

    begun = await purge_state(books.connection, COMPANY, "c-1")
    await books.happened(PurgeCompleted, generation=1, vouchers=2, postings=4)
    ended = await purge_state(books.connection, COMPANY, "c-1")

    assert begun
    assert ended
    assert (begun.state, begun.fiscal_years, begun.vouchers) == ("started", YEARS[:1], 0)
    assert (ended.state, ended.vouchers, ended.postings) == ("completed", 2, 4)


async def test_the_last_purges_tell_who_asked_for_them(books: Books) -> None:
    await filled(books)
    assert await last_purges(books.connection, COMPANY) == ()
    await books.happened(PurgeStarted, generation=1, fiscal_years=YEARS, requested_by="anna")
    for generation in (2, 3):
        await books.happened(PurgeStarted, generation=generation)
    await books.happened(PurgeStarted, generation=4, requested_by="berit", reload=True)

    found = await last_purges(books.connection, COMPANY)

    assert [one.generation for one in found] == [4, 3, 2]
    assert (found[0].requested_by, found[0].fiscal_years, found[0].reload) == ("berit", None, True)
    assert (found[0].state, found[0].completed_at) == ("started", None)
    assert await last_purge_of_each(books.connection) == {COMPANY: found[0]}

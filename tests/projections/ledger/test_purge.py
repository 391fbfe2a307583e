"""What a purge takes from the ledger, what it leaves, and what it says of it."""

from datetime import date
from typing import Any

import pytest

from projections.ledger.purge import YEARLY_TABLES
from schemas.bookkeeping import Posting
from schemas.ledger_events import CompanyObserved
from tests.books import Books
from tests.builders import (
    COMPANY,
    a_purge,
    a_read,
    a_set_aside_voucher,
    a_total,
    a_voucher,
    an_event,
    some_openings,
    some_totals,
    some_years,
)

pytestmark = pytest.mark.engine
YEARS = (date(2024, 1, 1), date(2025, 1, 1))
OTHER = "snickeriet"
RESULTS = """
    SELECT company_id, generation, vouchers, postings, years_left FROM ledger.purge_result
    ORDER BY 1, 2
"""


async def results(books: Books) -> list[tuple[str, int, int, int, int]]:
    """Company, generation, vouchers, postings, years that are left."""
    return [tuple(row) for row in await books.connection.fetch(RESULTS)]


async def companies_in(books: Books, table: str) -> list[str]:
    rows = await books.connection.fetch(f"SELECT DISTINCT company_id FROM ledger.{table}")
    return sorted(row["company_id"] for row in rows)


async def test_each_company_of_a_batch_has_its_own_counts(books: Books) -> None:
    await books.project(
        a_read(a_voucher("1"), a_voucher("2"), a_voucher("3")),
        a_read(a_voucher("1"), company=OTHER),
        a_purge(),
        a_purge(company=OTHER),
        a_purge(company="gjuteriet"),
    )

    assert await results(books) == [
        (COMPANY, 1, 3, 6, 0),
        ("gjuteriet", 1, 0, 0, 0),
        (OTHER, 1, 1, 2, 0),
    ]


@pytest.mark.parametrize(("usual", "given"), [("2min", "1h"), ("2h", "2h")])
async def test_a_purge_may_take_an_hour_or_what_is_usual_if_that_is_more(
    books: Books, usual: str, given: str
) -> None:
    await books.connection.execute(f"SET transaction_timeout = '{usual}'")

    async with books.connection.transaction():
        await books.project(a_purge())

        assert await books.connection.fetchval("SHOW transaction_timeout") == given
    assert await books.connection.fetchval("SHOW transaction_timeout") == usual


async def test_a_purge_of_some_years_counts_and_takes_those(books: Books) -> None:
    last_year = a_voucher("1", year=YEARS[0], day=YEARS[0])
    await books.project(
        a_read(a_voucher("1"), a_voucher("2")),
        a_read(last_year, year=YEARS[0], run=2),
        a_read(a_voucher("1"), company=OTHER),
    )

    await books.project(a_purge(YEARS[1], date(2019, 1, 1), run=2))

    assert await results(books) == [(COMPANY, 1, 2, 4, 1)]
    left = await books.connection.fetch(
        "SELECT company_id, fiscal_year FROM ledger.voucher ORDER BY 1"
    )
    assert [tuple(row) for row in left] == [(COMPANY, YEARS[0]), (OTHER, YEARS[1])]
    sums = await books.connection.fetch("SELECT DISTINCT fiscal_year FROM ledger.account_balance")
    assert len(sums) == 2


async def test_struck_rows_are_no_postings_that_went(books: Books) -> None:
    voucher = a_voucher("1")
    struck = Posting(account="1930", amount=voucher.postings[0].amount, state="struck")
    with_struck = voucher.model_copy(update={"postings": (*voucher.postings, struck)})
    aside = [a_set_aside_voucher("9")]

    await books.project(a_read(with_struck, set_aside=aside), a_purge())

    assert await results(books) == [(COMPANY, 1, 1, 2, 0)]


async def test_two_purges_in_one_batch_count_what_each_has_taken(books: Books) -> None:
    after = a_read(a_voucher("1"), a_voucher("2"), generation=1, run=2)

    await books.project(a_read(a_voucher("1")), a_purge(), after, a_purge(generation=2, run=2))

    assert await results(books) == [(COMPANY, 1, 1, 2, 0), (COMPANY, 2, 2, 4, 0)]


async def test_a_purge_of_every_year_by_its_name_leaves_none(books: Books) -> None:
    last_year = a_voucher("1", year=YEARS[0], day=YEARS[0])
    read = a_read(last_year, year=YEARS[0], run=2)
    await books.project(some_years(*YEARS), a_read(a_voucher("1")), read)

    await books.project(a_purge(YEARS[0], run=2), a_purge(YEARS[1], generation=2, run=2))

    assert [row[-1] for row in await results(books)] == [1, 0]


async def test_a_year_of_balances_alone_is_left_and_one_of_opening_balances_is_not(
    books: Books,
) -> None:
    balances: dict[str, Any] = {"company": OTHER, "part": "opening_balances", "year": YEARS[0]}
    await books.project(
        a_read(a_voucher("1")),
        some_openings({"1930": "5.00"}, year=YEARS[0]),
        some_totals(a_total("1930", "1.00"), **balances),
        a_read(a_voucher("1"), company=OTHER, run=2),
    )

    await books.project(a_purge(YEARS[1]), a_purge(YEARS[1], company=OTHER, run=2))

    assert [(row[0], row[-1]) for row in await results(books)] == [(COMPANY, 0), (OTHER, 1)]


async def test_a_purge_that_comes_again_takes_nothing_of_what_came_after_it(books: Books) -> None:
    await books.project(a_read(a_voucher("1")), a_purge())
    await books.project(a_read(a_voucher("2"), generation=1, run=2))

    await books.project(a_purge())

    assert await results(books) == [(COMPANY, 1, 1, 2, 0)]
    assert await books.connection.fetchval("SELECT number FROM ledger.voucher") == "2"
    assert await books.connection.fetchval("SELECT ignored_events FROM ledger.company") == 1


async def test_what_a_run_from_before_sends_after_the_purge_stays_out(books: Books) -> None:
    read = a_read(a_voucher("1"), a_voucher("2"), a_voucher("3"), run=5)

    await books.project(read[:1], a_purge(YEARS[1], run=5), read[1:])

    assert await companies_in(books, "voucher") == []
    assert await books.connection.fetchval("SELECT ignored_events FROM ledger.company") == 2


async def test_a_whole_purge_leaves_nothing_but_the_fence_and_its_result(books: Books) -> None:
    totals = [a_total("1930", "1.00")]
    every = [
        an_event(CompanyObserved, part="company", year=None, name="Bageriet AB", currency="EUR"),
        some_years(*YEARS, sequence=1),
        some_openings({"1930": "5.00"}),
        *a_read(a_voucher("1"), set_aside=[a_set_aside_voucher()], totals=totals),
    ]
    await books.project(every)
    await books.project([one.model_copy(update={"company_id": OTHER}) for one in every])
    before = {table: await companies_in(books, table) for table in YEARLY_TABLES}
    assert before["verification_difference"] == [COMPANY, OTHER]

    await books.project(a_purge())

    for table in (*YEARLY_TABLES, "fiscal_year", "read_result"):
        assert COMPANY not in await companies_in(books, table), table
        assert before.get(table, []) == [] or OTHER in await companies_in(books, table), table
    row = await books.connection.fetchrow(
        "SELECT name, currency, observed_at, generation FROM ledger.company WHERE company_id = $1",
        COMPANY,
    )
    assert row is not None
    assert tuple(row) == ("", "SEK", None, 1)

"""What a file that only adds is told of the company's books."""

from datetime import date

import pytest

from projections.queries.known_books import known_books
from schemas.bookkeeping import Account, Dimension, FiscalYear, Object
from schemas.known_books import KnownBooks
from schemas.ledger_events import (
    AccountsObserved,
    CompanyObserved,
    DimensionsObserved,
    FiscalYearsObserved,
)
from tests.books import Books
from tests.builders import COMPANY, YEAR, an_event

pytestmark = pytest.mark.engine
FIRST = FiscalYear(first_day=date(2024, 7, 1), last_day=date(2025, 6, 30))


async def test_a_company_without_books_has_empty_ones(books: Books) -> None:
    assert await known_books(books.connection, "nobody") == KnownBooks()


async def test_years_chart_and_dimensions_are_known(books: Books) -> None:
    await books.project(
        an_event(CompanyObserved, part="company", year=None, name="Bageriet AB"),
        an_event(FiscalYearsObserved, part="fiscal_years", year=None, fiscal_years=(FIRST,)),
        an_event(AccountsObserved, part="accounts", fiscal_year=YEAR, accounts=(_account(),)),
        an_event(
            DimensionsObserved,
            part="dimensions",
            year=None,
            dimensions=(Dimension(dimension="1"),),
            objects=(Object(dimension="1", object="10"),),
        ),
    )

    assert await known_books(books.connection, COMPANY) == KnownBooks(
        fiscal_years=(FIRST,),
        is_described=True,
        accounts=frozenset({(YEAR, "1930")}),
        dimensions=frozenset({"1"}),
        objects=frozenset({("1", "10")}),
    )


def _account() -> Account:
    return Account(account="1930", name="Bank")

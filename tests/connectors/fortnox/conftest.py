"""A simulated vendor for each test, with one broken year and a small chart."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests.connectors.fortnox.vendor import YEAR, YEAR_ID, Vendor, a_vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with a_vendor() as vendor:
        books = vendor.tenant.books
        books.add_year(YEAR_ID, YEAR, date(2026, 4, 30))
        books.add_account(YEAR_ID, 1930, "Företagskonto", opening_balance="525.00", sru=7281)
        books.add_account(YEAR_ID, 2081, "Aktiekapital", opening_balance="-525.00")
        books.add_account(YEAR_ID, 3001, "Försäljning inom Sverige")
        books.add_cost_centre("10", "Göteborg")
        books.add_project("P1", "Ombyggnad")
        yield vendor

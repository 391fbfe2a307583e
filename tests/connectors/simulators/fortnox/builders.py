"""A small company at the simulated vendor: two broken years whose ids are no calendar years."""

from datetime import UTC, date, datetime
from typing import Any

import httpx

from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import Row, StoredVoucher, row

NOON = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)  # 12:30 in Stockholm.
LAST_YEAR = 2
THIS_YEAR = 5
ANY_DAY = date(2026, 3, 9)


def fill_small(books: Books) -> None:
    """Years, chart, a cost centre and a project; no voucher."""
    books.add_year(LAST_YEAR, date(2024, 5, 1), date(2025, 4, 30))
    books.add_year(THIS_YEAR, date(2025, 5, 1), date(2026, 4, 30))
    for year, bank in ((LAST_YEAR, "400.00"), (THIS_YEAR, "525.00")):
        books.add_account(year, 1930, "Företagskonto", opening_balance=bank)
        books.add_account(year, 2081, "Aktiekapital", opening_balance=f"-{bank}")
        books.add_account(year, 3001, "Försäljning inom Sverige")
    books.add_cost_centre("10", "Göteborg")
    books.add_project("P1", "Ombyggnad")


def sale(amount: str = "125.00", **details: Any) -> tuple[Row, Row]:
    return (row(1930, amount), row(3001, f"-{amount}", **details))


def add_sale(
    books: Books,
    *,
    year: int = THIS_YEAR,
    series: str = "A",
    day: date = ANY_DAY,
    text: str = "Kontantförsäljning",
    amount: str = "125.00",
) -> StoredVoucher:
    return books.add_voucher(year, series, day, text, sale(amount))


def numbers(answer: httpx.Response) -> list[tuple[str, int]]:
    """The series and number of each voucher that a list has."""
    return [
        (voucher["VoucherSeries"], voucher["VoucherNumber"])
        for voucher in answer.raise_for_status().json()["Vouchers"]
    ]


def error_of(answer: httpx.Response) -> tuple[int, int]:
    """The status and the vendor's code of an error."""
    return answer.status_code, answer.json()["ErrorInformation"]["Code"]

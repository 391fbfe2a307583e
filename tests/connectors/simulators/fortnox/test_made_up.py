"""Believable books for the demo, and somebody who goes on with them."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from connectors.sie.generator import generate
from connectors.simulators.clock import VendorClock
from connectors.simulators.fortnox.bookkeeper import Bookkeeper
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.made_up import FIRST_YEAR_ID, company_of, fill
from connectors.simulators.fortnox.sie_export import sie_file
from tests.connectors.sie.builders import of_bytes

TODAY = datetime(2023, 11, 24, 10, tzinfo=UTC)
GENERATED = generate(seed=1, years=3, vouchers_per_year=120)


def made_up_books() -> Books:
    books = Books(company_of(GENERATED, database_number=1), VendorClock(TODAY).now)
    fill(books, GENERATED, years=2)
    return books


def test_the_years_that_have_begun_are_filled_up_to_today() -> None:
    books = made_up_books()

    assert [(year.id, year.from_date.year) for year in books.years.values()] == [
        (FIRST_YEAR_ID, 2022),
        (FIRST_YEAR_ID + 1, 2023),
    ]
    vouchers = books.vouchers(FIRST_YEAR_ID + 1)
    assert max(voucher.voucher_date for voucher in vouchers) <= date(2023, 11, 24)
    assert all(voucher.modified_at < TODAY for voucher in vouchers)
    assert all(len(voucher.rows) >= 2 for voucher in vouchers)


def test_the_years_add_up() -> None:
    books = made_up_books()

    for year in books.years.values():
        file = of_bytes(sie_file(books, year, "4E", encoding="utf-8"))
        judgement = file.judge()
        assert judgement.totals_agree
        assert judgement.set_aside == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_work_of_many_steps_leaves_books_that_add_up(seed: int) -> None:
    books = made_up_books()
    before = books.vouchers(FIRST_YEAR_ID + 1)
    bookkeeper = Bookkeeper(books, seed=seed)

    for _ in range(200):
        bookkeeper.step()

    year = books.current_year()
    assert year is not None
    after = books.vouchers(year.id)
    judgement = of_bytes(sie_file(books, year, "4E", encoding="utf-8")).judge()
    assert judgement.totals_agree
    assert judgement.set_aside == 0
    kept = {voucher.key: voucher for voucher in after}
    outcome = Counter(
        "kept" if kept.get(voucher.key) == voucher else "changed" if voucher.key in kept else "lost"
        for voucher in before
    )
    assert outcome["changed"]
    assert len(after) > len(before)
    assert all(voucher.voucher_date <= date(2023, 11, 24) for voucher in after)


def test_the_same_seed_does_the_same_work() -> None:
    outcomes = []
    for _ in range(2):
        books = made_up_books()
        bookkeeper = Bookkeeper(books, seed=7)
        for _ in range(50):
            bookkeeper.step()
        outcomes.append(books.vouchers(FIRST_YEAR_ID + 1))

    assert outcomes[0] == outcomes[1]

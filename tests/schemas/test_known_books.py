"""Which stored year a day or another year belongs to."""

from datetime import date

import pytest

from schemas.bookkeeping import FiscalYear
from schemas.known_books import KnownBooks, adjoining, overlapping

FIRST = FiscalYear(first_day=date(2024, 7, 1), last_day=date(2025, 6, 30))
SECOND = FiscalYear(first_day=date(2025, 1, 1), last_day=date(2025, 12, 31))


def test_a_day_belongs_to_the_year_that_holds_it_and_to_the_later_of_two() -> None:
    known = KnownBooks(fiscal_years=(FIRST, SECOND))

    assert known.year_of(date(2024, 7, 1)) == FIRST
    assert known.year_of(date(2025, 6, 30)) == SECOND
    assert known.year_of(date(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("first", "last", "overlapped"),
    [
        (date(2025, 7, 1), date(2026, 6, 30), None),
        (date(2025, 6, 30), date(2026, 6, 30), FIRST),
        (date(2023, 7, 1), date(2024, 6, 30), None),
        (date(2024, 7, 1), date(2025, 12, 31), None),
    ],
)
def test_a_year_overlaps_another_with_another_first_day(
    first: date, last: date, overlapped: FiscalYear | None
) -> None:
    year = FiscalYear(first_day=first, last_day=last)

    assert overlapping((FIRST,), year) == overlapped


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2025, 7, 1), date(2025, 7, 1), date(2026, 6, 30)),
        (date(2027, 1, 31), date(2026, 7, 1), date(2027, 6, 30)),
        (date(2024, 6, 30), date(2023, 7, 1), date(2024, 6, 30)),
        (date(2021, 12, 24), date(2021, 7, 1), date(2022, 6, 30)),
    ],
)
def test_a_year_adjoins_the_stored_ones_in_twelve_months(
    day: date, first: date, last: date
) -> None:
    assert adjoining((FIRST,), day) == FiscalYear(first_day=first, last_day=last)


def test_an_adjoining_year_ends_where_another_begins() -> None:
    later = FiscalYear(first_day=date(2026, 1, 1), last_day=date(2026, 12, 31))

    assert adjoining((FIRST, later), date(2025, 9, 9)) == FiscalYear(
        first_day=date(2025, 7, 1), last_day=date(2025, 12, 31)
    )


def test_a_year_that_begins_on_a_leap_day_goes_on() -> None:
    leap = FiscalYear(first_day=date(2023, 3, 1), last_day=date(2024, 2, 28))

    assert adjoining((leap,), date(2024, 2, 29)).last_day == date(2025, 2, 28)

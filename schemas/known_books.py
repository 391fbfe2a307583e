"""What the company's books hold already, as far as a file that adds to them must know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.bookkeeping import FiscalYear


@dataclass(frozen=True)
class KnownBooks:
    """The ledger's years, chart and dimensions, after every earlier run of the company."""

    fiscal_years: tuple[FiscalYear, ...] = ()
    is_described: bool = False  # Whether a source has said who the company is.
    accounts: frozenset[tuple[date, str]] = frozenset()  # With the first day of their year.
    dimensions: frozenset[str] = frozenset()
    objects: frozenset[tuple[str, str]] = frozenset()  # With their dimension.

    def year_of(self, day: date) -> FiscalYear | None:
        """The stored year that holds the day; of two that overlap, the later one."""
        holding = [year for year in self.fiscal_years if year.first_day <= day <= year.last_day]
        return max(holding, key=lambda year: year.first_day, default=None)


def overlapping(stored: Sequence[FiscalYear], year: FiscalYear) -> FiscalYear | None:
    """A stored year with another first day that shares days with this one."""
    for one in stored:
        if (
            one.first_day != year.first_day
            and one.first_day <= year.last_day
            and one.last_day >= year.first_day
        ):
            return one
    return None


def adjoining(stored: Sequence[FiscalYear], day: date) -> FiscalYear:
    """The year of twelve months that holds a day which no stored year holds.

    It is counted on from the stored year nearest to the day, and ends where another begins.
    """
    before = [year for year in stored if year.last_day < day]
    after = [year for year in stored if year.first_day > day]
    if before:
        start = max(year.last_day for year in before) + timedelta(days=1)
    else:
        start = min(year.first_day for year in after)
        while start > day:
            start = _years_on(start, -1)
    while _years_on(start, 1) <= day:
        start = _years_on(start, 1)
    ends = [_years_on(start, 1), *(year.first_day for year in after)]
    return FiscalYear(first_day=start, last_day=min(ends) - timedelta(days=1))


def _years_on(day: date, years: int) -> date:
    """The same day of another year; the 29th of February becomes the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, month=3, day=1)

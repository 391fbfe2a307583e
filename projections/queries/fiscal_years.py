"""Which fiscal years has a company, and which of them is meant?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from schemas.errors import NotFound
from schemas.sources import UPLOADED

# A year may have rows before its source has described it: no foreign key crosses parts.
# min() and not EXISTS: it looks into an index, where EXISTS goes through all vouchers of all
# companies, or all of this one's, to find out that a year has none.
FISCAL_YEARS = """
    SELECT fiscal_year, last_day, (
        SELECT min(series) FROM voucher AS booked
        WHERE booked.company_id = $1 AND booked.fiscal_year = year.fiscal_year
    ) IS NOT NULL AS has_vouchers
    FROM (
        SELECT fiscal_year, last_day FROM fiscal_year WHERE company_id = $1
        UNION ALL
        SELECT fiscal_year, NULL FROM (
            SELECT fiscal_year FROM account_balance WHERE company_id = $1
            UNION SELECT fiscal_year FROM opening_balance WHERE company_id = $1
            UNION SELECT fiscal_year FROM control_total WHERE company_id = $1
            UNION SELECT fiscal_year FROM set_aside_voucher WHERE company_id = $1
        ) AS filled
        WHERE NOT EXISTS (
            SELECT FROM fiscal_year AS described
            WHERE described.company_id = $1 AND described.fiscal_year = filled.fiscal_year)
    ) AS year
    ORDER BY fiscal_year
"""


@dataclass(frozen=True)
class Year:
    first_day: date
    last_day: date | None  # None: the source has not said it yet.
    has_vouchers: bool


class NoFiscalYear(NotFound):
    """The company is there, and nothing of its bookkeeping."""

    reason = "no_fiscal_year"

    def __init__(self, company_id: str, source: str) -> None:
        super().__init__(f"{company_id} has no bookkeeping.")
        self.company_id = company_id
        self.source = source

    @property
    def told_as(self) -> str:
        """Bookkeeping comes by files, or is fetched."""
        return self.reason if self.source in UPLOADED else f"{self.reason}.fetched"


class UnknownFiscalYear(NotFound):
    """No fiscal year starts there."""

    reason = "unknown_fiscal_year"

    def __init__(self, company_id: str, wanted: int | date, years: Sequence[Year]) -> None:
        self.company_id = company_id
        self.wanted = wanted
        self.years = listed(years)
        super().__init__(f"{company_id} has no fiscal year {wanted}; there are: {self.years}.")


class AmbiguousFiscalYear(NotFound):
    """Several fiscal years start in one calendar year."""

    reason = "ambiguous_fiscal_year"

    def __init__(self, company_id: str, wanted: int, years: Sequence[Year]) -> None:
        self.company_id = company_id
        self.wanted = wanted
        self.years = listed(years)
        super().__init__(
            f"{company_id} has several fiscal years that start in {wanted}, name the first day:"
            f" {self.years}."
        )


def listed(years: Sequence[Year]) -> str:
    """The years by their first days."""
    return ", ".join(str(year.first_day) for year in years)


async def fiscal_years(connection: asyncpg.Connection, company_id: str) -> list[Year]:
    """The company's fiscal years, the oldest first; the search path finds the tables."""
    return [Year(*row) for row in await connection.fetch(FISCAL_YEARS, company_id)]


def choose(
    company_id: str, years: Sequence[Year], wanted: int | date | None, *, source: str
) -> Year:
    """The year that starts in a calendar year or on a day; without one, the latest with vouchers.

    Raises NoFiscalYear, UnknownFiscalYear, AmbiguousFiscalYear.
    """
    if not years:
        raise NoFiscalYear(company_id, source)
    if wanted is None:
        return next((year for year in reversed(years) if year.has_vouchers), years[-1])
    found = [year for year in years if wanted in (year.first_day, year.first_day.year)]
    if not found:
        raise UnknownFiscalYear(company_id, wanted, years)
    if len(found) > 1:
        assert isinstance(wanted, int)  # A first day is one year's.
        raise AmbiguousFiscalYear(company_id, wanted, found)
    return found[0]

"""What a comparison with a rebuild has found, for a program to read and a page to show."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, Self

from projections.queries.verification import Difference
from projections.rebuild.differences import Differences
from projections.rebuild.digests import Digests, Place, differing
from schemas.model import Model

Equality = Literal["equal", "differs"]


class ComparedYear(Model):
    """A fiscal year of a company, with how much of it is in use."""

    fiscal_year: date | None  # None: what belongs to no year.
    state: Equality
    vouchers: int
    postings: int
    tables: tuple[str, ...]  # That differ.


class ComparedCompany(Model):
    company_id: str
    state: Equality
    years: tuple[ComparedYear, ...]
    differences: Differences
    totals: tuple[Difference, ...]  # Where its source's own totals differ from what is in use.


class Verified(Model):
    """The version in use beside a rebuilt one, company by company."""

    state: Equality
    companies: tuple[ComparedCompany, ...]

    @classmethod
    def of(
        cls,
        *,
        in_use: Digests,
        rebuilt: Digests,
        differences: Mapping[str, Differences],
        totals: Mapping[str, Sequence[Difference]],
    ) -> Self:
        """From the digests of both sides, and by company how they differ."""
        wrong = frozenset(differing(in_use, rebuilt))
        places = defaultdict[str, set[Place]](set)
        for place in in_use.keys() | rebuilt.keys():
            places[place.company_id].add(place)
        return cls(
            state=_state(wrong),
            companies=tuple(
                ComparedCompany(
                    company_id=company_id,
                    state=_state(places[company_id] & wrong),
                    years=_years(places[company_id], wrong, in_use),
                    differences=differences.get(company_id, Differences()),
                    totals=tuple(totals.get(company_id, ())),
                )
                for company_id in sorted(places)
            ),
        )

    @property
    def has_wrong_totals(self) -> bool:
        return any(company.totals for company in self.companies)


def _years(
    places: set[Place], wrong: frozenset[Place], in_use: Digests
) -> tuple[ComparedYear, ...]:
    by_year = defaultdict[date | None, set[Place]](set)
    for place in places:
        by_year[place.fiscal_year].add(place)
    years = sorted(by_year, key=lambda year: year or date.min)
    return tuple(_year(year, by_year[year], wrong, in_use) for year in years)


def _year(
    fiscal_year: date | None, places: set[Place], wrong: frozenset[Place], in_use: Digests
) -> ComparedYear:
    rows = {place.table: in_use[place].rows for place in places if place in in_use}
    return ComparedYear(
        fiscal_year=fiscal_year,
        state=_state(places & wrong),
        vouchers=rows.get("voucher", 0),
        postings=rows.get("posting", 0),
        tables=tuple(sorted(place.table for place in places & wrong)),
    )


def _state(wrong: frozenset[Place] | set[Place]) -> Equality:
    return "differs" if wrong else "equal"

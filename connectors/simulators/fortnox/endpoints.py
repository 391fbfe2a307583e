"""What each endpoint answers, out of a tenant's books.

A request without a year is about the current one. The specification says so of accounts and of
`vouchers/sublist` only; that it holds of every list is inferred, and the stricter reading.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.simulators.clock import wall_time
from connectors.simulators.fortnox import answers
from connectors.simulators.fortnox.answers import Document
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.query import PAGING, YEAR, Page, Query, Record
from connectors.simulators.fortnox.records import FinancialYear, VoucherKey
from connectors.simulators.fortnox.refusals import (
    bad_parameter,
    no_such_route,
    voucher_missing,
    year_missing,
)
from connectors.simulators.fortnox.sie_export import SIE_TYPES, sie_file
from connectors.simulators.fortnox.traps import Traps


@dataclass(frozen=True)
class Asked:
    """A request that got through: what its path and its query say."""

    path: Mapping[str, str]
    query: Query
    root: str  # The address below which every resource lies.
    traps: Traps

    def page(self, records: Sequence[Record]) -> Page[Record]:
        return self.query.page(records, beyond_is_error=self.traps.page_beyond_is_error)


@dataclass(frozen=True)
class Endpoint:
    answer: Callable[[Books, Asked], Document | bytes]
    parameters: frozenset[str] = frozenset()


def company_information(books: Books, asked: Asked) -> Document:
    return {"CompanyInformation": answers.company(books.company)}


def financial_years(books: Books, asked: Asked) -> Document:
    day = asked.query.day("date")
    years = [books.years[year_id] for year_id in sorted(books.years)]
    page = asked.page([year for year in years if day is None or _holds(year, day)])
    return answers.listing("FinancialYears", page, answers.financial_year, asked.root)


def accounts(books: Books, asked: Asked) -> Document:
    since = asked.query.minute("lastmodified")
    found = books.accounts(_year(books, asked.query).id)
    page = asked.page([a for a in found if since is None or wall_time(a.modified_at) >= since])
    return answers.listing("Accounts", page, answers.account, asked.root)


def cost_centres(books: Books, asked: Asked) -> Document:
    page = asked.page([books.cost_centres[code] for code in sorted(books.cost_centres)])
    return answers.listing("CostCenters", page, answers.cost_centre, asked.root)


def projects(books: Books, asked: Asked) -> Document:
    page = asked.page([books.projects[number] for number in sorted(books.projects)])
    return answers.listing("Projects", page, answers.project, asked.root)


def voucher_series(books: Books, asked: Asked) -> Document:
    page = asked.page(books.series(_year(books, asked.query).id))
    return answers.listing("VoucherSeriesCollection", page, answers.voucher_series, asked.root)


def vouchers(books: Books, asked: Asked) -> Document:
    """Without rows; in the order of series and number, so that a new one moves later pages."""
    since = asked.query.minute("lastmodified")
    first = asked.query.day("fromdate") or date.min
    last = asked.query.day("todate") or date.max
    page = asked.page(
        [
            voucher
            for voucher in books.vouchers(_year(books, asked.query).id, asked.path.get("series"))
            if first <= voucher.voucher_date <= last
            and (since is None or wall_time(voucher.modified_at) >= since)
        ]
    )
    if asked.traps.drift and page.number < page.pages:
        asked.traps.drift(books)
    return answers.listing("Vouchers", page, answers.listed_voucher, asked.root)


def voucher(books: Books, asked: Asked) -> Document:
    series, number = asked.path["series"], asked.path["number"]
    if not (number.isascii() and number.isdigit()):
        raise bad_parameter("VoucherNumber")
    year = _year(books, asked.query).id
    found = books.voucher(VoucherKey(year, series, int(number)))
    if found is None:
        raise voucher_missing()
    names = {account.number: account.name for account in books.accounts(year)}
    return {"Voucher": answers.voucher(found, names, asked.root)}


def sie(books: Books, asked: Asked) -> bytes:
    sie_type = SIE_TYPES.get(asked.path["type"])
    if sie_type is None:
        raise no_such_route()
    return sie_file(books, _year(books, asked.query), sie_type, encoding=asked.traps.sie_encoding)


def _year(books: Books, query: Query) -> FinancialYear:
    year_id = query.integer("financialyear")
    day = query.day("financialyeardate")
    if year_id is not None:
        found = books.years.get(year_id)
    elif day is not None:
        found = next((year for year in books.years.values() if _holds(year, day)), None)
    else:
        found = books.current_year()
    if found is None:
        raise year_missing()
    return found


def _holds(year: FinancialYear, day: date) -> bool:
    return year.from_date <= day <= year.to_date


_VOUCHERS = PAGING | YEAR | {"fromdate", "todate", "lastmodified"}
ENDPOINTS = {
    "/3/companyinformation": Endpoint(company_information),
    "/3/financialyears": Endpoint(financial_years, PAGING | {"date"}),
    "/3/accounts": Endpoint(accounts, PAGING | YEAR | {"lastmodified"}),
    "/3/costcenters": Endpoint(cost_centres, PAGING),
    "/3/projects": Endpoint(projects, PAGING),
    "/3/voucherseries": Endpoint(voucher_series, PAGING | YEAR),
    "/3/vouchers": Endpoint(vouchers, _VOUCHERS),
    "/3/vouchers/sublist/{series}": Endpoint(vouchers, _VOUCHERS),
    "/3/vouchers/{series}/{number}": Endpoint(voucher, YEAR),
    "/3/sie/{type}": Endpoint(sie, YEAR),
}

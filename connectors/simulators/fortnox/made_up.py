"""Fills books with a company of the SIE generator, as if it had always been at this vendor."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from connectors.sie.business import COST_CENTRES, PROJECTS
from connectors.sie.chart import bas_accounts
from connectors.sie.generator import GeneratedCompany
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import Company, Row, row
from schemas.bookkeeping import FiscalYear, Posting, Voucher

FIRST_YEAR_ID = 3  # Ids are no calendar years, and the earliest years are often gone.
# An annulled voucher without rows: the vendor knows none, the specification demands two.
_ANNULLED = (row(1930, "1.00", removed=True), row(3740, "-1.00", removed=True))
_SERIES = {
    "A": "Redovisning",
    "B": "Kundfakturor",
    "C": "Inbetalningar",
    "D": "Leverantörsfakturor",
    "E": "Utbetalningar",
    "L": "Löner",
    "M": "Moms",
}


def company_of(generated: GeneratedCompany, *, database_number: int) -> Company:
    return Company(
        name=generated.name,
        organisation_number=generated.organisation_number,
        database_number=database_number,
    )


def fill(books: Books, generated: GeneratedCompany, *, years: int | None = None) -> None:
    """The last `years` of the generated company that have begun, up to the vendor's today."""
    begun = [
        index
        for index, year in enumerate(generated.fiscal_years)
        if year.first_day <= books.today()
    ]
    with books.lock:
        for code, name in COST_CENTRES.items():
            books.add_cost_centre(code, name)
        for number, name in PROJECTS.items():
            books.add_project(number, name)
        for place, index in enumerate(begun if years is None else begun[-years:]):
            _fill_year(books, generated, index, FIRST_YEAR_ID + place)


def rows_of(voucher: Voucher) -> tuple[Row, ...]:
    return tuple(map(_row, voucher.postings)) or _ANNULLED


def _fill_year(books: Books, generated: GeneratedCompany, index: int, year_id: int) -> None:
    year: FiscalYear = generated.fiscal_years[index]
    books.add_year(year_id, year.first_day, year.last_day)
    for code, description in _SERIES.items():
        books.add_series(year_id, code, description)
    opening = generated.expected(index).opening
    for account in bas_accounts():
        ore = opening[account.account]
        books.add_account(
            year_id,
            account.account,
            account.name,
            opening_balance=Decimal(ore).scaleb(-2),
        )
    for voucher in generated.vouchers(index):
        if voucher.voucher_date <= books.today():
            registered = datetime.combine(voucher.voucher_date, time(12), UTC)
            books.add_voucher(
                year_id,
                voucher.series,
                voucher.voucher_date,
                voucher.text,
                rows_of(voucher),
                number=int(voucher.number),
                modified_at=registered - timedelta(days=voucher.voucher_date == books.today()),
            )


def _row(posting: Posting) -> Row:
    return row(
        posting.account,
        posting.amount,
        cost_centre=posting.objects.get("1", ""),
        project=posting.objects.get("6", ""),
        text=posting.text,
        quantity=posting.quantity,
        removed=posting.state == "struck",
    )

"""A year's books as the bytes of an SIE file, by the project's own writer.

Balances are summed up from rows that are not struck; struck ones stand as #BTRANS. A row that was
added later is an ordinary #TRANS, since Fortnox does not tell it apart (facts, section 3). Inferred
are the registration date of a #VER, and that a row has its own cost centre and project only, as in
the JSON: those of its voucher are what a new row is given when it is entered.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import NamedTuple

from connectors.sie.chart import is_balance_account, type_of
from connectors.sie.writer import CompanyFacts, SieWriter
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import ZERO, FinancialYear, Row, StoredVoucher
from schemas import bookkeeping as facts
from schemas.lifecycle_events import SieType

SIE_TYPES: dict[str, SieType] = {"1": "1", "2": "2", "3": "3", "4": "4E"}
COST_CENTRES = "1"
PROJECTS = "6"


class Sum(NamedTuple):
    """What is summed up: an account as a whole, or one object of it, in one month."""

    account: str
    dimension: str
    object: str
    month: date


def sie_file(books: Books, year: FinancialYear, sie_type: SieType, *, encoding: str) -> bytes:
    file = BytesIO()
    writer = SieWriter(file, encoding=encoding)
    with books.lock:
        years = {0: year, -1: _year_before(books, year)}
        _write_head(writer, books, sie_type, {at: found for at, found in years.items() if found})
        for index, found in years.items():
            if found:
                _write_balances(writer, books, found, index)
        vouchers = books.vouchers(year.id) if sie_type == "4E" else []
    for voucher in vouchers:
        writer.voucher(_voucher(voucher, year))
    writer.close()
    return file.getvalue()


def _year_before(books: Books, year: FinancialYear) -> FinancialYear | None:
    earlier = [other for other in books.years.values() if other.to_date < year.from_date]
    return max(earlier, key=lambda other: other.to_date, default=None)


def _write_head(
    writer: SieWriter, books: Books, sie_type: SieType, years: dict[int, FinancialYear]
) -> None:
    head = CompanyFacts(
        name=books.company.name,
        organisation_number=books.company.organisation_number,
        program="Fortnox",
        program_version="3.57.11",
        generated_on=books.today(),
        sie_type=sie_type,
    )
    spans = {
        index: facts.FiscalYear(first_day=year.from_date, last_day=year.to_date)
        for index, year in years.items()
    }
    writer.company(head, spans)
    if sie_type in ("2", "3"):
        writer.balances_up_to(years[0].to_date)
    for account in books.accounts(years[0].id):
        number = str(account.number)
        sru = () if account.sru is None else (str(account.sru),)
        named = facts.Account(account=number, name=account.name, type=type_of(number), sru=sru)
        writer.account(named)
    _write_objects(writer, COST_CENTRES, "Kostnadsställe", _centre_names(books))
    _write_objects(writer, PROJECTS, "Projekt", _project_names(books))


def _centre_names(books: Books) -> dict[str, str]:
    return {centre.code: centre.name for centre in books.cost_centres.values()}


def _project_names(books: Books) -> dict[str, str]:
    return {project.number: project.name for project in books.projects.values()}


def _write_objects(writer: SieWriter, dimension: str, name: str, objects: dict[str, str]) -> None:
    writer.dimension(facts.Dimension(dimension=dimension, name=name))
    for number, called in objects.items():
        writer.object(facts.Object(dimension=dimension, object=number, name=called))


def _write_balances(writer: SieWriter, books: Books, year: FinancialYear, index: int) -> None:
    monthly = _monthly_sums(books.vouchers(year.id))
    balances: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for account in books.accounts(year.id):
        if account.opening_balance:
            number = str(account.number)
            balances[number] = account.opening_balance
            opening = facts.Balance(account=number, amount=account.opening_balance)
            writer.opening_balance(opening, year=index)
    for key, amount in monthly.items():
        if not key.dimension:
            balances[key.account] += amount
    for number, amount in sorted(balances.items()):
        if amount:
            writer.control_total(_total(number, amount), year=index)
    if index == 0:
        for key, amount in sorted(monthly.items()):
            writer.period_balance(
                facts.PeriodBalance(
                    account=key.account,
                    amount=amount,
                    dimension=key.dimension,
                    object=key.object,
                    month=key.month,
                )
            )


def _total(account: str, amount: Decimal) -> facts.ControlTotal:
    if is_balance_account(account):
        return facts.ControlTotal(account=account, kind="closing", amount=amount)
    return facts.ControlTotal(account=account, kind="result", amount=amount)


def _monthly_sums(vouchers: list[StoredVoucher]) -> dict[Sum, Decimal]:
    sums: defaultdict[Sum, Decimal] = defaultdict(lambda: ZERO)
    for voucher in vouchers:
        month = voucher.voucher_date.replace(day=1)
        for row in voucher.rows:
            if not row.removed:
                objects = {"": "", **_objects(row)}
                for dimension, number in objects.items():
                    sums[Sum(str(row.account), dimension, number, month)] += row.amount
    return sums


def _objects(row: Row) -> dict[str, str]:
    objects = {COST_CENTRES: row.cost_centre, PROJECTS: row.project}
    return {dimension: number for dimension, number in objects.items() if number}


def _voucher(voucher: StoredVoucher, year: FinancialYear) -> facts.Voucher:
    """The voucher for the writer; unchecked, since a vendor's file may hold any rows."""
    postings = tuple(
        facts.Posting(
            account=str(row.account),
            amount=row.amount,
            text=row.text,
            quantity=row.quantity,
            state="struck" if row.removed else "booked",
            objects=_objects(row),
        )
        for row in voucher.rows
    )
    return facts.Voucher.model_construct(
        fiscal_year=year.from_date,
        series=voucher.key.series,
        number=str(voucher.key.number),
        voucher_date=voucher.voucher_date,
        text=voucher.text,
        registered_on=voucher.registered_on,
        postings=postings,
    )

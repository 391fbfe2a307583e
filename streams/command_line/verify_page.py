"""A comparison with a rebuild, for people: what is equal, and what differs by name."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.text import Text

from projections.rebuild.differences import BalanceDifference, Differences
from projections.rebuild.differing_tables import TableDifference
from projections.rebuild.differing_vouchers import FieldDifference, VoucherDifference
from projections.rebuild.versions import Fields
from streams.command_line.show import (
    NOTHING,
    Cell,
    amount,
    count,
    day,
    fitting_table,
    printer,
)
from streams.command_line.texts import label
from streams.command_line.verification import differences_table
from streams.command_line.verified import ComparedCompany, Equality, Verified
from streams.command_line.verify_texts import FIELDS
from streams.command_line.words import word

STYLES: dict[Equality, str] = {"equal": "green", "differs": "red"}
EXAMPLE_CHARACTERS_MAX = 120
YEAR_COLUMNS = ("company", "fiscal_year", "vouchers", "postings", "state", "differing_tables")
VALUES = ("value_in_use", "value_rebuilt")
VOUCHER_COLUMNS = ("fiscal_year", "voucher", "line", "field", *VALUES)
BALANCE_COLUMNS = ("fiscal_year", "account", "month", *VALUES, "difference", "postings")
TABLE_COLUMNS = ("table", "only_in_use", "only_rebuilt", "example")
COUNTS = ("vouchers", "postings", "only_in_use", "only_rebuilt")
Row = dict[str, Cell]


def show_verified(found: Verified, language: str) -> None:
    """A row per company and year; then of each company what differs."""
    console = printer()
    differing = sum(company.state == "differs" for company in found.companies)
    facts = {
        "companies": count(len(found.companies), language),
        "differing": count(differing, language),
    }
    told = f"verify.{found.state}" if found.companies else "verify.nothing"
    console.print(label(told, language, **facts), style="bold")
    if found.companies:
        rows = list(_years(found.companies, language))
        console.print(fitting_table(rows, language, YEAR_COLUMNS, right=COUNTS))
    for company in found.companies:
        _show_differences(company.company_id, company.differences, language)
        if company.totals:
            _title("verify.totals", language, company.company_id, len(company.totals))
            console.print(differences_table(company.totals, language))


def _show_differences(company_id: str, found: Differences, language: str) -> None:
    console = printer()
    if found.vouchers:
        _title("verify.vouchers", language, company_id, found.vouchers_total)
        rows = [row for one in found.vouchers for row in _voucher(one, language)]
        console.print(fitting_table(rows, language, VOUCHER_COLUMNS))
        _show_left_out(found.vouchers_total - len(found.vouchers), language)
    if found.balances:
        _title("verify.balances", language, company_id, found.balances_total)
        rows = [_balance(one, language) for one in found.balances]
        right = (*VALUES, "difference")
        console.print(fitting_table(rows, language, BALANCE_COLUMNS, right=right))
        _show_left_out(found.balances_total - len(found.balances), language)
    if found.tables:
        _title("verify.tables", language, company_id, len(found.tables))
        rows = [_table(one, language) for one in found.tables]
        console.print(fitting_table(rows, language, TABLE_COLUMNS, right=COUNTS))


def _title(key: str, language: str, company_id: str, total: int) -> None:
    told = label(key, language, company_id=company_id, total=count(total, language))
    printer().print(told, style="bold")


def _show_left_out(left: int, language: str) -> None:
    if left:
        printer().print(label("verify.more", language, left=count(left, language)))


def _years(companies: Sequence[ComparedCompany], language: str) -> Iterator[Row]:
    for company in companies:
        for year in company.years:
            is_year = year.fiscal_year is not None
            yield {
                "company": company.company_id,
                "fiscal_year": day(year.fiscal_year),
                "vouchers": count(year.vouchers, language) if is_year else "",
                "postings": count(year.postings, language) if is_year else "",
                "state": Text(word(year.state, language), STYLES[year.state]),
                "differing_tables": ", ".join(year.tables),
            }


def _voucher(found: VoucherDifference, language: str) -> Iterator[Row]:
    """A row per field that differs, or the one that says which side has the voucher."""
    occurrence = f" ({found.occurrence})" if found.occurrence > 1 else ""
    voucher: Row = {
        "fiscal_year": day(found.fiscal_year),
        "voucher": f"{found.series} {found.number}{occurrence}",
        "line": "",
    }
    if found.found != "both":
        sides = {
            f"value_{side}": word("present" if found.found == side else "missing", language)
            for side in ("in_use", "rebuilt")
        }
        yield {**voucher, "field": "", **sides}
    fields = list(found.fields)
    # It follows from the others, and says nothing to people.
    told = [one for one in fields if one.field != "digest"]
    for field in told or (() if found.postings else fields):
        yield {**voucher, **_field(field, language)}
    for posting in found.postings:
        for field in posting.fields:
            yield {**voucher, "line": str(posting.line), **_field(field, language)}


def _field(found: FieldDifference, language: str) -> Row:
    name = FIELDS.get(found.field)
    told = found.field
    if name is not None:
        told = name.sv if language == "sv" else name.en
    return {
        "field": told,
        "value_in_use": _value(found.field, found.in_use, language),
        "value_rebuilt": _value(found.field, found.rebuilt, language),
    }


def _value(field: str, value: str | None, language: str) -> str:
    if value is None:
        return NOTHING
    return amount(Decimal(value), language) if field == "amount" else value


def _balance(found: BalanceDifference, language: str) -> Row:
    in_use, rebuilt = found.in_use, found.rebuilt
    postings = (found.postings_in_use or 0, found.postings_rebuilt or 0)
    return {
        "fiscal_year": day(found.fiscal_year),
        "account": found.account,
        "month": f"{found.month:%Y-%m}",
        "value_in_use": NOTHING if in_use is None else amount(in_use, language),
        "value_rebuilt": NOTHING if rebuilt is None else amount(rebuilt, language),
        "difference": amount((rebuilt or Decimal(0)) - (in_use or Decimal(0)), language),
        "postings": _changed(postings, language),
    }


def _changed(numbers: tuple[int, int], language: str) -> str:
    """Nothing where the sides agree."""
    told = [count(number, language) for number in numbers]
    return "" if told[0] == told[1] else " → ".join(told)


def _table(found: TableDifference, language: str) -> Row:
    return {
        "table": found.table,
        "only_in_use": count(found.only_in_use, language),
        "only_rebuilt": count(found.only_rebuilt, language),
        "example": _example(found.example_in_use, found.example_rebuilt),
    }


def _example(in_use: Fields | None, rebuilt: Fields | None) -> str:
    """The columns in which two rows differ, or what the only one holds."""
    if in_use and rebuilt:
        told = ", ".join(
            f"{name}: {in_use.get(name) or NOTHING} → {rebuilt.get(name) or NOTHING}"
            for name in sorted(in_use.keys() | rebuilt.keys())
            if in_use.get(name) != rebuilt.get(name)
        )
    else:
        row = in_use or rebuilt or {}
        told = ", ".join(f"{name}: {value}" for name, value in row.items() if value)
    is_long = len(told) > EXAMPLE_CHARACTERS_MAX
    return f"{told[:EXAMPLE_CHARACTERS_MAX]}…" if is_long else told

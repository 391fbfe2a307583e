"""Records in the vendor's JSON shapes (vendor-specs/fortnox.json; facts, section 3).

A text that is not there is empty, since the specification knows no null; a date, a status or a
number that is not there is left out.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

import orjson

from connectors.simulators.fortnox.query import Page, Record
from connectors.simulators.fortnox.records import (
    Account,
    Company,
    CostCentre,
    FinancialYear,
    Project,
    Row,
    StoredVoucher,
    VoucherSeries,
)

Document = dict[str, object]


def encoded(document: Document, *, numbers_as_strings: bool) -> bytes:
    """The JSON; an amount is a number of two decimals, never by way of a float."""
    return orjson.dumps(_spelt(document, as_strings=numbers_as_strings))


def _spelt(value: object, *, as_strings: bool) -> object:
    match value:
        case Mapping():
            return {name: _spelt(part, as_strings=as_strings) for name, part in value.items()}
        case list():
            return [_spelt(part, as_strings=as_strings) for part in value]
        case Decimal():
            return str(value) if as_strings else orjson.Fragment(f"{value:f}")
        case int() if as_strings and not isinstance(value, bool):
            return str(value)
    return value


def listing(
    name: str, page: Page[Record], shape: Callable[[Record, str], Document], root: str
) -> Document:
    """A page of a list; `shape` makes a record's document below the root address."""
    meta = {
        "@TotalResources": page.total,
        "@TotalPages": page.pages,
        "@CurrentPage": page.number,
    }
    return {"MetaInformation": meta, name: [shape(record, root) for record in page.records]}


def company(company: Company) -> Document:
    return {
        "Address": company.address,
        "City": company.city,
        "CompanyName": company.name,
        "CountryCode": "SE",
        "DatabaseNumber": company.database_number,
        "OrganizationNumber": company.organisation_number,
        "VisitAddress": "",
        "VisitCity": "",
        "VisitCountryCode": "",
        "VisitZipCode": "",
        "ZipCode": company.zip_code,
    }


def financial_year(year: FinancialYear, root: str) -> Document:
    return {
        "@url": f"{root}/financialyears/{year.id}",
        "Id": year.id,
        "FromDate": year.from_date.isoformat(),
        "ToDate": year.to_date.isoformat(),
        "AccountChartType": "BAS",
        "AccountingMethod": year.accounting_method,
    }


def account(account: Account, root: str) -> Document:
    known: Document = {} if account.sru is None else {"SRU": account.sru}
    return known | {
        "@url": f"{root}/accounts/{account.number}?financialyear={account.year}",
        "Active": account.active,
        "BalanceBroughtForward": account.opening_balance,
        "CostCenter": "",
        "CostCenterSettings": "ALLOWED",
        "Description": account.name,
        "Number": account.number,
        "Project": "",
        "ProjectSettings": "ALLOWED",
        "VATCode": account.vat_code,
        "Year": account.year,
    }


def cost_centre(centre: CostCentre, root: str) -> Document:
    return {
        "@url": f"{root}/costcenters/{centre.code}",
        "Code": centre.code,
        "Description": centre.name,
        "Note": "",
        "Active": centre.active,
    }


def project(project: Project, root: str) -> Document:
    dates = {"StartDate": project.start_date, "EndDate": project.end_date}
    known: Document = {name: day.isoformat() for name, day in dates.items() if day}
    return known | {
        "@url": f"{root}/projects/{project.number}",
        "ProjectNumber": project.number,
        "Description": project.name,
        "ProjectLeader": "",
        "Status": project.status,
    }


def voucher_series(series: VoucherSeries, root: str) -> Document:
    return {
        "@url": f"{root}/voucherseries/{series.code}?financialyear={series.year}",
        "Code": series.code,
        "Description": series.name,
        "Manual": True,
        "Year": series.year,
    }


def listed_voucher(voucher: StoredVoucher, root: str) -> Document:
    """A voucher as a list has it: without rows."""
    year, series, number = voucher.key
    return {
        "@url": f"{root}/vouchers/{series}/{number}?financialyear={year}",
        "ApprovalState": 0,
        "Comments": voucher.comments,
        "Description": voucher.text,
        "ReferenceNumber": voucher.reference_number,
        "ReferenceType": voucher.reference_type,
        "TransactionDate": voucher.voucher_date.isoformat(),
        "VoucherNumber": number,
        "VoucherSeries": series,
        "Year": year,
    }


def voucher(voucher: StoredVoucher, account_names: Mapping[int, str], root: str) -> Document:
    return listed_voucher(voucher, root) | {
        "CostCenter": voucher.cost_centre,
        "Project": voucher.project,
        "VoucherRows": [_row(row, account_names) for row in voucher.rows],
    }


def _row(row: Row, account_names: Mapping[int, str]) -> Document:
    return {
        "Account": row.account,
        "Debit": row.debit,
        "Credit": row.credit,
        "CostCenter": row.cost_centre,
        "Project": row.project,
        "Description": account_names.get(row.account, ""),
        "TransactionInformation": row.text,
        "Quantity": row.quantity or Decimal(0),
        "Removed": row.removed,
    }

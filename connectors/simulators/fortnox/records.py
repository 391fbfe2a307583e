"""What Fortnox keeps, in its own words: plain data (facts, section 3; fields as in its API)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

AccountingMethod = Literal["ACCRUAL", "CASH"]
ProjectStatus = Literal["NOTSTARTED", "ONGOING", "COMPLETED"]
ReferenceType = Literal[
    "INVOICE",
    "SUPPLIERINVOICE",
    "INVOICEPAYMENT",
    "SUPPLIERPAYMENT",
    "MANUAL",
    "CASHINVOICE",
    "ACCRUAL",
]
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Company:
    name: str = "Nordlunds Bygg AB"
    organisation_number: str = "559123-4567"
    database_number: int = 471_100
    address: str = "Storgatan 1"
    zip_code: str = "111 22"
    city: str = "Stockholm"


@dataclass(frozen=True)
class FinancialYear:
    id: int  # A small sequence number, and not a calendar year.
    from_date: date
    to_date: date
    accounting_method: AccountingMethod = "ACCRUAL"


@dataclass(frozen=True)
class Account:
    year: int  # The id of its financial year: each year has a chart of its own.
    number: int
    name: str
    opening_balance: Decimal
    modified_at: datetime
    active: bool = True
    sru: int | None = None
    vat_code: str = ""


@dataclass(frozen=True)
class CostCentre:
    code: str
    name: str
    active: bool = True


@dataclass(frozen=True)
class Project:
    number: str
    name: str
    status: ProjectStatus = "ONGOING"
    start_date: date | None = None
    end_date: date | None = None


@dataclass(frozen=True)
class VoucherSeries:
    year: int
    code: str
    name: str


class VoucherKey(NamedTuple):
    year: int
    series: str
    number: int


@dataclass(frozen=True)
class Row:
    account: int
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    cost_centre: str = ""
    project: str = ""
    text: str = ""
    quantity: Decimal | None = None
    removed: bool = False  # Struck: kept for audit, and in no balance.

    @property
    def amount(self) -> Decimal:
        return self.debit - self.credit


def row(
    account: int | str,
    amount: Decimal | str,
    *,
    cost_centre: str = "",
    project: str = "",
    text: str = "",
    quantity: Decimal | None = None,
    removed: bool = False,
) -> Row:
    """A row by its signed amount: debit is positive."""
    exact = Decimal(amount).quantize(ZERO)
    return Row(
        account=int(account),
        debit=max(exact, ZERO),
        credit=max(-exact, ZERO),
        cost_centre=cost_centre,
        project=project,
        text=text,
        quantity=quantity,
        removed=removed,
    )


@dataclass(frozen=True)
class StoredVoucher:
    key: VoucherKey
    voucher_date: date
    text: str
    rows: tuple[Row, ...]
    registered_on: date
    modified_at: datetime
    comments: str = ""
    cost_centre: str = ""
    project: str = ""
    reference_type: ReferenceType = "MANUAL"
    reference_number: str = ""


@dataclass(frozen=True)
class BooksContents:
    """All that stands in one company's books, to be laid aside and put back."""

    years: tuple[FinancialYear, ...]
    accounts: tuple[Account, ...]
    cost_centres: tuple[CostCentre, ...]
    projects: tuple[Project, ...]
    series: tuple[VoucherSeries, ...]
    vouchers: tuple[StoredVoucher, ...]

"""What a file says beside its vouchers: the company, its years, its chart and its balances."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.sie.encoding import Encoding
from schemas.bookkeeping import (
    Account,
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    PeriodBalance,
)
from schemas.lifecycle_events import SieType

CURRENCY_DEFAULT = "SEK"
ZERO = Decimal("0.00")
BALANCE_LABELS = ("#IB", "#UB", "#RES", "#OIB", "#OUB", "#PSALDO", "#PBUDGET")
_CENTURIES = ("16", "18", "19", "20")


@dataclass(frozen=True)
class Header:
    """The facts of a file that are no vouchers; balances and totals are those of year 0."""

    encoding: Encoding
    sie_type: SieType
    company_name: str
    organisation_number: str  # As given.
    currency: str
    program: str
    generated_on: date | None
    balances_up_to: date | None  # #OMFATTN.
    fiscal_years: Mapping[int, FiscalYear]  # By the index of #RAR: 0, -1, …
    accounts: tuple[Account, ...]
    dimensions: tuple[Dimension, ...]
    objects: tuple[Object, ...]
    opening_balances: tuple[Balance, ...]
    period_balances: tuple[PeriodBalance, ...]
    control_totals: tuple[ControlTotal, ...]

    @property
    def fiscal_year(self) -> FiscalYear | None:
        """The year that the file is about."""
        return self.fiscal_years.get(0)


def normalised_organisation_number(text: str) -> str | None:
    """The ten digits of an organisation or personal number, or None where there is none.

    It is met without hyphen, with a century before it, as 8-4, and as zeros for none.
    """
    digits = "".join(character for character in text if character in "0123456789")
    if len(digits) == 12 and digits.startswith(_CENTURIES):
        digits = digits[2:]
    return digits if len(digits) == 10 and digits.strip("0") else None


def sie_type_of(declared: str, labels: Mapping[str, int], *, name: str) -> SieType | None:
    """The file's type: 4E and 4I both say 4, and are told apart by what they hold.

    4I has no balances. The name decides only where there are neither balances nor vouchers.
    No #SIETYP means type 1 (facts, section 1), unless there are vouchers all the same.
    """
    match declared.strip().upper():
        case "" if "#VER" not in labels:
            return "1"
        case "1":
            return "1"
        case "2":
            return "2"
        case "3":
            return "3"
        case "" | "4" | "4E" | "4I":
            if any(label in labels for label in BALANCE_LABELS):
                return "4E"
            return "4I" if "#VER" in labels or name.lower().endswith(".si") else "4E"
    return None


def adds_up(header: Header, moved: Mapping[str, Decimal]) -> bool:
    """Whether opening balances and movements give the file's own closing balances and results."""
    opening = {row.account: row.amount for row in header.opening_balances if not row.dimension}
    for total in header.control_totals:
        begun = opening.get(total.account, ZERO) if total.kind == "closing" else ZERO
        if begun + moved.get(total.account, ZERO) != total.amount:
            return False
    return True

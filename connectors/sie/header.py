"""What a file says beside its vouchers: the company, its years, its chart and its balances."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from connectors.sie.encoding import Encoding
from schemas.bookkeeping import (
    Account,
    AccountType,
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    ObjectTotal,
    PeriodBalance,
)
from schemas.lifecycle_events import SieType

CURRENCY_DEFAULT = "SEK"
ZERO = Decimal("0.00")
BALANCE_LABELS = ("#IB", "#UB", "#RES", "#OIB", "#OUB", "#PSALDO", "#PBUDGET")
_BALANCE_CLASSES = ("1", "2")
_RESULT_CLASSES = tuple("345678")
_CENTURIES = ("16", "18", "19", "20")


@dataclass(frozen=True)
class YearBalances:
    """What a file states of one year; an opening balance may be that of one object."""

    opening: tuple[Balance, ...]
    periods: tuple[PeriodBalance, ...]
    totals: tuple[ControlTotal, ...]
    object_totals: tuple[ObjectTotal, ...]


@dataclass(frozen=True)
class Header:
    """The facts of a file that are no vouchers; the ledger takes the balances of year 0 only."""

    encoding: Encoding
    sie_type: SieType
    company_name: str
    organisation_number: str  # As given.
    currency: str
    currency_is_stated: bool  # False: no #VALUTA, or none that can be read.
    program: str
    generated_on: date | None
    balances_up_to: date | None  # #OMFATTN.
    fiscal_years: Mapping[int, FiscalYear]  # By the index of #RAR: 0, -1, …
    accounts: tuple[Account, ...]
    dimensions: tuple[Dimension, ...]
    objects: tuple[Object, ...]
    balances: Mapping[int, YearBalances]  # By the index of #RAR; year 0 is always there.

    @property
    def fiscal_year(self) -> FiscalYear | None:
        """The year that the file is about."""
        return self.fiscal_years.get(0)

    @cached_property
    def opening_by_account(self) -> dict[str, Decimal]:
        """The opening balance of each account as a whole."""
        return {row.account: row.amount for row in self.opening_balances if not row.dimension}

    @property
    def totals_off_balance(self) -> Decimal:
        """Closing balances and results less opening balances: zero, unless something is missing."""
        closing = sum((total.amount for total in self.control_totals), ZERO)
        return closing - sum(self.opening_by_account.values(), ZERO)

    def is_balance_account(self, account: str) -> bool:
        """By #KTYP first, then by the BAS class (facts, section 4)."""
        account_type = self._types.get(account)
        if account_type is not None:
            return account_type in ("asset", "liability")
        return account.startswith(_BALANCE_CLASSES)

    def is_result_account(self, account: str) -> bool:
        """As above; class 9 is for internal use, and may be either."""
        account_type = self._types.get(account)
        if account_type is not None:
            return account_type in ("cost", "income")
        return account.startswith(_RESULT_CLASSES)

    @cached_property
    def _types(self) -> dict[str, AccountType | None]:
        return {account.account: account.type for account in self.accounts}

    @property
    def opening_balances(self) -> tuple[Balance, ...]:
        return self.balances[0].opening

    @property
    def period_balances(self) -> tuple[PeriodBalance, ...]:
        return self.balances[0].periods

    @property
    def control_totals(self) -> tuple[ControlTotal, ...]:
        return self.balances[0].totals

    @property
    def object_totals(self) -> tuple[ObjectTotal, ...]:
        return self.balances[0].object_totals


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

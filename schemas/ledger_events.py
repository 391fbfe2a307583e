"""The events of `bokflow.ledger`: what a source's bookkeeping was seen to hold."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.bookkeeping import (
    Account,
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    ObjectTotal,
    PeriodBalance,
    SetAsideVoucher,
    Voucher,
    VoucherKey,
)
from schemas.limits import (
    PAGE_ROWS_MAX,
    PAGE_VOUCHERS_MAX,
    CompanyId,
    Count,
    Number,
    Text,
    Timestamp,
)
from schemas.model import Model
from schemas.parts import Read

# Of opening balances and what goes with them: the months' changes, budgets, those of objects.
BalanceKind = Literal["months", "budgets", "objects"]
OrganisationNumber = Annotated[str, StringConstraints(max_length=32)]


class LedgerEvent(Model):
    """What every ledger event carries: whose it is, and which read of which run saw it."""

    company_id: CompanyId
    occurred_at: Timestamp
    generation: Count  # How often the company's bookkeeping has been emptied.
    run_number: Count
    attempt: Count

    @property
    def fence(self) -> tuple[int, int, int]:
        """An event below the highest fence that its company has seen is ignored."""
        return (self.generation, self.run_number, self.attempt)


class ReadEvent(LedgerEvent):
    """An event of a read, numbered 1 … n in it."""

    read: Read
    sequence: Count = Field(ge=1)

    @property
    def event_id(self) -> str:
        """The same for an event that is sent twice, another for the same page in a later run."""
        return (
            f"{self.company_id}:{self.generation}:{self.run_number}:{self.attempt}"
            f":{self.read.name}:{self.sequence}"
        )


class CompanyObserved(ReadEvent):
    """The company as its source describes it."""

    type: Literal["company_observed.v1"] = "company_observed.v1"
    name: Text
    organisation_number: OrganisationNumber | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "SEK"
    program: Text = ""
    balances_up_to: date | None = None


class FiscalYearsObserved(ReadEvent):
    type: Literal["fiscal_years_observed.v1"] = "fiscal_years_observed.v1"
    fiscal_years: tuple[FiscalYear, ...] = Field(min_length=1, max_length=PAGE_ROWS_MAX)


class AccountsObserved(ReadEvent):
    """A page of the chart of accounts of one fiscal year."""

    type: Literal["accounts_observed.v1"] = "accounts_observed.v1"
    fiscal_year: date
    accounts: tuple[Account, ...] = Field(min_length=1, max_length=PAGE_ROWS_MAX)


class DimensionsObserved(ReadEvent):
    type: Literal["dimensions_observed.v1"] = "dimensions_observed.v1"
    dimensions: tuple[Dimension, ...] = Field(default=(), max_length=PAGE_ROWS_MAX)
    objects: tuple[Object, ...] = Field(default=(), max_length=PAGE_ROWS_MAX)


class OpeningBalancesObserved(ReadEvent):
    type: Literal["opening_balances_observed.v1"] = "opening_balances_observed.v1"
    fiscal_year: date
    balances: tuple[Balance, ...] = Field(min_length=1, max_length=PAGE_ROWS_MAX)


class PeriodBalancesObserved(ReadEvent):
    """Changes per calendar month, actual or budgeted, as the source states them."""

    type: Literal["period_balances_observed.v1"] = "period_balances_observed.v1"
    fiscal_year: date
    balances: tuple[PeriodBalance, ...] = Field(min_length=1, max_length=PAGE_ROWS_MAX)


class VouchersObserved(ReadEvent):
    """A page of one company's vouchers, as its source has them."""

    type: Literal["vouchers_observed.v1"] = "vouchers_observed.v1"
    vouchers: tuple[Voucher, ...] = Field(min_length=1, max_length=PAGE_VOUCHERS_MAX)


class VouchersSubmitted(ReadEvent):
    """A page of vouchers that a subsystem hands in to be added (SIE 4I): it knows no others.

    One that the ledger has already stays as it is. One whose key the ledger holds with other
    content is set aside (`number_taken`). Where the user insists, each voucher has a spare number
    beside it, under which it is added if the ledger has it already.
    """

    type: Literal["vouchers_submitted.v1"] = "vouchers_submitted.v1"
    vouchers: tuple[Voucher, ...] = Field(min_length=1, max_length=PAGE_VOUCHERS_MAX)
    spare_numbers: tuple[Number, ...] = Field(default=(), max_length=PAGE_VOUCHERS_MAX)

    @model_validator(mode="after")
    def spare_numbers_are_complete(self) -> Self:
        if self.spare_numbers and len(self.spare_numbers) != len(self.vouchers):
            raise ValueError("every voucher needs its spare number, or none has one")
        return self


class VouchersRemoved(ReadEvent):
    """Vouchers that the source says are gone."""

    type: Literal["vouchers_removed.v1"] = "vouchers_removed.v1"
    keys: tuple[VoucherKey, ...] = Field(min_length=1, max_length=PAGE_VOUCHERS_MAX)


class VouchersSetAside(ReadEvent):
    """Vouchers that cannot be booked: neither repaired nor dropped in silence."""

    type: Literal["vouchers_set_aside.v1"] = "vouchers_set_aside.v1"
    vouchers: tuple[SetAsideVoucher, ...] = Field(min_length=1, max_length=PAGE_VOUCHERS_MAX)
    submitted: bool = False  # Handed in to be added: what has its key in the ledger is another.


class ControlTotalsObserved(ReadEvent):
    """The source's own totals of one fiscal year: nothing is booked from them.

    In a read of vouchers they are its proof; in a read of opening balances they come from a source
    that has balances and no vouchers (SIE types 1 to 3).
    """

    type: Literal["control_totals_observed.v1"] = "control_totals_observed.v1"
    fiscal_year: date
    up_to: date | None = None  # They cover the year only up to this day (#OMFATTN).
    totals: tuple[ControlTotal, ...] = Field(default=(), max_length=PAGE_ROWS_MAX)
    object_totals: tuple[ObjectTotal, ...] = Field(default=(), max_length=PAGE_ROWS_MAX)


class ReadCompleted(ReadEvent):
    """The last event of a read: how many came before it, and whether they were everything."""

    type: Literal["read_completed.v1"] = "read_completed.v1"
    snapshot: bool  # True: what the read did not see is gone at the source.
    keeps: tuple[BalanceKind, ...] = ()  # But for what a source of this form cannot tell.
    events: Count  # The events of this read before this one.
    vouchers: Count = 0
    set_aside: Count = 0


class LedgerPurged(LedgerEvent):
    """The company's bookkeeping is to be emptied, all of it or some fiscal years."""

    type: Literal["ledger_purged.v1"] = "ledger_purged.v1"
    fiscal_years: tuple[date, ...] | None = None  # First days; None is all of them.
    requested_by: Text = ""

    @property
    def event_id(self) -> str:
        return f"{self.company_id}:{self.generation}:purged"


AnyLedgerEvent = (
    CompanyObserved
    | FiscalYearsObserved
    | AccountsObserved
    | DimensionsObserved
    | OpeningBalancesObserved
    | PeriodBalancesObserved
    | VouchersObserved
    | VouchersSubmitted
    | VouchersRemoved
    | VouchersSetAside
    | ControlTotalsObserved
    | ReadCompleted
    | LedgerPurged
)

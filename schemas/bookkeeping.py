"""Bookkeeping in our own words: vouchers, accounts, balances, whatever source they come from."""

from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Literal, Self

import orjson
from pydantic import Field, model_validator
from pydantic_core import SchemaSerializer

from schemas.limits import (
    AccountNumber,
    Amount,
    Count,
    DimensionNumber,
    Number,
    ObjectNumber,
    Quantity,
    Series,
    Text,
)
from schemas.model import Model

DIGEST_BYTES = 16
AccountType = Literal["asset", "liability", "cost", "income"]
# booked: as first entered. added: entered later, booked. struck: taken out, kept for audit only.
PostingState = Literal["booked", "added", "struck"]
# Why a voucher is set aside, as far as this version knows; its users have a text for each.
SetAsideReason = Literal[
    "amount",
    "number_taken",
    "outside_limits",
    "too_large",
    "unbalanced",
    "unreadable",
    "voucher_date",
]


class Posting(Model):
    """One row of a voucher."""

    account: AccountNumber
    amount: Amount
    text: Text = ""
    quantity: Quantity | None = None
    state: PostingState = "booked"
    objects: dict[DimensionNumber, ObjectNumber] = Field(default_factory=dict)
    posting_date: date | None = None  # Where it differs from the voucher's.
    signature: Text = ""


class Voucher(Model):
    """A voucher as its source has it; its booked and added postings sum to zero."""

    fiscal_year: date  # Its first day: years may be broken.
    series: Series
    number: Number
    occurrence: Count = Field(default=1, ge=1)  # Tells equal keys of one document apart.
    voucher_date: date
    text: Text = ""
    registered_on: date | None = None
    signature: Text = ""
    source_id: Text | None = None  # Stable id at the source, where it has one.
    postings: tuple[Posting, ...]  # Empty for an annulled voucher, which keeps its number.

    @model_validator(mode="after")
    def balances(self) -> Self:
        difference = difference_of(self.postings)
        if difference:
            raise ValueError(f"postings differ by {difference}")
        return self

    @cached_property
    def digest(self) -> bytes:
        """BLAKE2b-128 of the canonical JSON: sorted keys, postings in source order.

        Fields that have their default are left out, so that a field which a later version adds
        does not change the digest of what was written before it.
        """
        document = orjson.loads(_VOUCHER_JSON.to_json(self, exclude_defaults=True))
        canonical = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        return blake2b(canonical, digest_size=DIGEST_BYTES).digest()


_VOUCHER_JSON: SchemaSerializer = Voucher.__pydantic_serializer__


def difference_of(postings: tuple[Posting, ...]) -> Decimal:
    """The sum of the booked and added postings: zero in every voucher that can be booked."""
    total = Decimal(0)
    for posting in postings:
        if posting.state != "struck":
            total += posting.amount
    return total


class VoucherKey(Model):
    """The identity of a voucher within its company."""

    fiscal_year: date
    series: Series
    number: Number
    occurrence: Count = Field(default=1, ge=1)


class SetAsideVoucher(Model):
    """A voucher that cannot be booked, with the reason and the source's own text."""

    fiscal_year: date
    series: Series
    number: Number
    occurrence: Count = Field(default=1, ge=1)
    reason: str = Field(max_length=64)  # SetAsideReason; a newer version may know more.
    detail: Text = ""
    voucher_date: date | None = None  # Where it could be read.
    difference: Amount | None = None
    source_text: str = ""


class FiscalYear(Model):
    """A fiscal year by its first and last day; up to 18 months, and it may be broken."""

    first_day: date
    last_day: date
    source_id: Text | None = None

    @model_validator(mode="after")
    def is_ordered(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"the year ends {self.last_day}, before it begins {self.first_day}")
        return self


class Account(Model):
    account: AccountNumber
    name: Text = ""
    type: AccountType | None = None
    unit: Text = ""
    sru: tuple[Text, ...] = ()


class Dimension(Model):
    dimension: DimensionNumber
    name: Text = ""
    parent: DimensionNumber | None = None


class Object(Model):
    dimension: DimensionNumber
    object: ObjectNumber
    name: Text = ""


class Balance(Model):
    """A balance of an account at the start or the end of a year, whole or for one object."""

    account: AccountNumber
    amount: Amount
    quantity: Quantity | None = None
    dimension: ObjectNumber = ""  # Empty: the whole account.
    object: ObjectNumber = ""


class PeriodBalance(Balance):
    """The change of an account in one calendar month."""

    month: date  # Its first day.
    kind: Literal["actual", "budget"] = "actual"


class ControlTotal(Model):
    """A total that the source itself states: a closing balance or a year's result."""

    account: AccountNumber
    kind: Literal["closing", "result"]
    amount: Amount
    quantity: Quantity | None = None


class ObjectTotal(ControlTotal):
    """A closing balance of one object of an account (SIE's #OUB)."""

    dimension: DimensionNumber
    object: ObjectNumber

"""Pages of vouchers, read fast: most of what the ledger's topic holds.

What is written as this engine writes it becomes rows with the attributes of `Voucher` and
`Posting`, in a fraction of the time that the models take. Everything else is left to the models:
nothing is taken here that they would refuse, and nothing is read in another way (tests compare
the two).
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, cast

import msgspec
from msgspec import Meta
from pydantic import ValidationError

from schemas.bookkeeping import DIGEST_BYTES, PostingState, Voucher, difference_of
from schemas.ledger_events import ReadEvent, VouchersObserved
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    PAGE_VOUCHERS_MAX,
    SERIES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)

HEAD = b'{"type":"vouchers_observed.v1",'
VOUCHERS = b',"vouchers":'
_AMOUNTS = re.compile(r"(?:(?!-0\.00\n)-?(?:0|[1-9][0-9]{0,15})\.[0-9]{2}\n)*")
_QUANTITIES = re.compile(r"(?:-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?\n)*")

Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)]
DimensionNumber = Annotated[str, Meta(min_length=1, max_length=OBJECT_CHARACTERS_MAX)]
ObjectNumber = Annotated[str, Meta(max_length=OBJECT_CHARACTERS_MAX)]


class QuickPosting(msgspec.Struct, omit_defaults=True, gc=False):
    """As `Posting`."""

    account: Annotated[str, Meta(min_length=1, max_length=ACCOUNT_CHARACTERS_MAX)]
    amount: Decimal
    text: Text = ""
    quantity: Decimal | None = None
    state: PostingState = "booked"
    objects: dict[DimensionNumber, ObjectNumber] = {}
    posting_date: date | None = None
    signature: Text = ""


class QuickVoucher(msgspec.Struct, omit_defaults=True, kw_only=True, dict=True):
    """As `Voucher`."""

    fiscal_year: date
    series: Annotated[str, Meta(max_length=SERIES_CHARACTERS_MAX)]
    number: Annotated[str, Meta(max_length=NUMBER_CHARACTERS_MAX)]
    occurrence: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 1
    voucher_date: date
    text: Text = ""
    registered_on: date | None = None
    signature: Text = ""
    source_id: Text | None = None
    postings: tuple[QuickPosting, ...]

    @cached_property
    def digest(self) -> bytes:
        """That of `Voucher`."""
        return blake2b(_CANONICAL.encode(self), digest_size=DIGEST_BYTES).digest()


QuickVouchers = Annotated[
    tuple[QuickVoucher, ...], Meta(min_length=1, max_length=PAGE_VOUCHERS_MAX)
]


# Not all of what msgspec raises is its own: bad UTF-8, and what is nested too deep.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValidationError)
_VOUCHERS = msgspec.json.Decoder(QuickVouchers)
_AS_WRITTEN = msgspec.json.Encoder()
_CANONICAL = msgspec.json.Encoder(order="sorted")


def quick_page(value: bytes) -> VouchersObserved | None:
    """The page, with rows instead of models; None where models have to be made of it."""
    head, _, tail = value.partition(VOUCHERS)
    if not head.startswith(HEAD) or not tail.endswith(b"}") or _may_say_more(head):
        return None
    written = tail[:-1]
    try:
        # They have the same attributes.
        vouchers = cast("tuple[Voucher, ...]", _VOUCHERS.decode(written))
        stamp = ReadEvent.model_validate_json(head + b"}")
    except _UNREADABLE:
        return None
    if _AS_WRITTEN.encode(vouchers) != written or not _are_exact(vouchers):
        return None
    return VouchersObserved.model_construct(**dict(stamp), vouchers=vouchers)


def _may_say_more(head: bytes) -> bool:
    """Whether a second type may stand there, of which the last one counts; also if spelt oddly."""
    return b"\\" in head or head.count(b'"type"') > 1


def _are_exact(vouchers: tuple[Voucher, ...]) -> bool:
    """Whether amounts and quantities lie within their limits, and every voucher balances."""
    postings = [posting for voucher in vouchers for posting in voucher.postings]
    quantities = [one.quantity for one in postings if one.quantity is not None]
    return (
        _AMOUNTS.fullmatch(_lines(one.amount for one in postings)) is not None
        and _QUANTITIES.fullmatch(_lines(quantities)) is not None
        and not any(difference_of(voucher.postings) for voucher in vouchers)
    )


def _lines(numbers: Iterable[Decimal]) -> str:
    return "".join([f"{number}\n" for number in numbers])

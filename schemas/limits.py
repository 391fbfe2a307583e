"""The limits that every part keeps, as constants and as annotated types."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

COMPANY_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
SERIES_CHARACTERS_MAX = 64
NUMBER_CHARACTERS_MAX = 64
ACCOUNT_CHARACTERS_MAX = 32
OBJECT_CHARACTERS_MAX = 32
TEXT_CHARACTERS_MAX = 4_000
AMOUNT_DIGITS_MAX = 18
AMOUNT_DECIMALS = 2

PAGE_VOUCHERS_MAX = 500
PAGE_BYTES_MAX = 256 * 1024
VOUCHER_BYTES_MAX = 8 * 1024 * 1024
MESSAGE_BYTES_MAX = 10 * 1024 * 1024
DEAD_LETTER_BYTES_MAX = 12 * 1024 * 1024
COMMAND_BYTES_MAX = 64 * 1024
SET_ASIDE_SOURCE_BYTES_MAX = 64 * 1024
# Pages of what is no voucher (accounts, balances): keeps a message far below its limit.
PAGE_ROWS_MAX = 2_000

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_AMOUNT = re.compile(r"^-?(0|[1-9][0-9]{0,15})\.[0-9]{2}$")


def replace_forbidden(text: str) -> str:
    """The text with U+FFFD for U+0000 and lone surrogates, which PostgreSQL cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text) if _FORBIDDEN.search(text) else text


def _read_amount(value: Any) -> Decimal:
    """An exact amount from its one spelling: `-?digits.dd`, no float, no -0.00."""
    if isinstance(value, Decimal):
        value = str(value)
    if not isinstance(value, str) or not _AMOUNT.match(value) or value == "-0.00":
        raise ValueError(f"an amount is a string such as '-125.00', not {value!r}")
    return Decimal(value)


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("in UTC the time lies outside the years 1 to 9999") from error


Count = Annotated[int, Field(ge=0, le=2**31 - 1)]  # What PostgreSQL's integer holds.
CompanyId = Annotated[str, StringConstraints(pattern=COMPANY_ID_PATTERN)]
# Debit is positive, credit is negative; two decimals, below 10^16.
Amount = Annotated[Decimal, BeforeValidator(_read_amount)]
Quantity = Annotated[Decimal, Field(max_digits=24, decimal_places=6)]
Series = Annotated[str, Field(max_length=SERIES_CHARACTERS_MAX)]
Number = Annotated[str, Field(max_length=NUMBER_CHARACTERS_MAX)]
AccountNumber = Annotated[str, Field(min_length=1, max_length=ACCOUNT_CHARACTERS_MAX)]
DimensionNumber = Annotated[str, Field(min_length=1, max_length=OBJECT_CHARACTERS_MAX)]
ObjectNumber = Annotated[str, Field(max_length=OBJECT_CHARACTERS_MAX)]
Text = Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX)]
Timestamp = Annotated[AwareDatetime, AfterValidator(_utc)]

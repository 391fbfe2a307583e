"""Amounts, quantities and dates as SIE writes them, and as programs do (facts, section 8)."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from schemas.limits import AMOUNT_DECIMALS, AMOUNT_DIGITS_MAX

ORE_MAX = 10**AMOUNT_DIGITS_MAX - 1
# Zeros before and after the digits that count are no reason to keep megabytes in a cache.
_AMOUNT_CHARACTERS_MAX = 64
QUANTITY_DIGITS_MAX = 24
QUANTITY_DECIMALS = 6
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:[.,]([0-9]*))?")
_THOUSANDS = re.compile(r"([+-]?[0-9]{1,3}(?:[ \u00a0'][0-9]{3})+)((?:[.,][0-9]*)?)")
_DATE = re.compile(r"([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})")
_PERIOD = re.compile(r"([0-9]{4})-?([0-9]{2})(?:-?[0-9]{2})?")


class Unreadable(Exception):
    """The text is no amount, quantity or date."""


class OutsideLimits(Exception):
    """The amount has more digits than we keep."""


@dataclass(frozen=True)
class ReadAmount:
    """An amount in its one spelling, and in öre."""

    text: str
    ore: int
    irregular: bool  # Readable, but not as SIE writes it.


@lru_cache(maxsize=4_096)
def read_amount(text: str) -> ReadAmount:
    """An exact amount. `.20` and `2.` are read; so are a comma, a plus and thousands marks."""
    sign, whole, decimals, irregular = _parts(text)
    if len(text) > _AMOUNT_CHARACTERS_MAX:
        raise OutsideLimits(text)
    rest = decimals[AMOUNT_DECIMALS:]
    if rest.strip("0"):
        raise Unreadable(text)
    decimals = decimals[:AMOUNT_DECIMALS].ljust(AMOUNT_DECIMALS, "0")
    whole = whole.lstrip("0") or "0"
    if len(whole) > AMOUNT_DIGITS_MAX - AMOUNT_DECIMALS:
        raise OutsideLimits(text)
    ore = int(whole + decimals)
    minus = "-" if sign == "-" and ore else ""
    return ReadAmount(f"{minus}{whole}.{decimals}", -ore if minus else ore, irregular)


def amount_of(ore: int) -> str:
    """The spelling of an amount that is counted in öre."""
    whole, decimals = divmod(abs(ore), 100)
    return f"{'-' if ore < 0 else ''}{whole}.{decimals:02d}"


def read_quantity(text: str) -> Decimal:
    """An exact quantity, within what a posting can hold."""
    sign, whole, decimals, _ = _parts(text)
    decimals = decimals.rstrip("0") if len(decimals) > QUANTITY_DECIMALS else decimals
    if len(decimals) > QUANTITY_DECIMALS:
        raise OutsideLimits(text)
    if len(whole.lstrip("0")) + QUANTITY_DECIMALS > QUANTITY_DIGITS_MAX:
        raise OutsideLimits(text)
    quantity = Decimal(f"{sign}{whole or '0'}.{decimals or '0'}" if decimals else sign + whole)
    return quantity if quantity else abs(quantity)


@lru_cache(maxsize=4_096)
def read_date(text: str) -> date:
    """YYYYMMDD, or YYYY-MM-DD, which SIE does not know."""
    match = _DATE.fullmatch(text)
    if not match:
        raise Unreadable(text)
    try:
        return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError as error:
        raise Unreadable(text) from error


@lru_cache(maxsize=1_024)
def read_month(text: str) -> date:
    """The first day of a period YYYYMM."""
    match = _PERIOD.fullmatch(text)
    if not match:
        raise Unreadable(text)
    try:
        return date(int(match[1]), int(match[2]), 1)
    except ValueError as error:
        raise Unreadable(text) from error


def _parts(text: str) -> tuple[str, str, str, bool]:
    """Sign, digits before the point, digits after it, and whether it is spelt irregularly."""
    grouped = _THOUSANDS.fullmatch(text)
    plain = re.sub("[ \u00a0']", "", grouped[1]) + grouped[2] if grouped else text
    match = _NUMBER.fullmatch(plain)
    if not match or not (match[2] or match[3]):
        raise Unreadable(text)
    irregular = bool(grouped) or "," in text or match[1] == "+"
    return match[1], match[2], match[3] or "", irregular

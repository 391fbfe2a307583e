"""The vouchers that are spelt as nearly all are: taken whole, by two regular expressions.

Whatever these do not take is read with care elsewhere, by the same rules; a voucher that comes out
of here can be booked as it is.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from connectors.sie.amounts import Unreadable, read_amount, read_date, read_quantity
from connectors.sie.checked import POSTING_FIELDS, VOUCHER_FIELDS, Fields, checked_posting
from connectors.sie.fields import unescaped
from connectors.sie.twins import are_twins, become_added
from schemas.bookkeeping import FiscalYear, Posting
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    SERIES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)

_ZERO = Decimal(0)
_Row = tuple[str, str, str, str, str, str, str, str]


def _field(characters_max: int, *, characters_min: int = 0) -> str:
    """A field, in quotes or bare; without escapes and with nothing to wonder about."""
    quoted = rf'"[^"\\\n]{{{characters_min},{characters_max}}}+"'
    return rf'(?:[^ \t\n"{{}}\\]{{1,{characters_max}}}+|{quoted})'


# A text may be any length here, and hold escapes; both are looked at when it is taken.
_TEXT = r'(?:[^ \t\n"{}\\]++|"(?:[^"\\\n]++|\\[^\n])*+")'
_DAY = r'[0-9]{8}|""'
_ROW = rf"""
    ^[ \t]*+\#([BR]?)TRANS[ \t]++({_field(ACCOUNT_CHARACTERS_MAX, characters_min=1)})
    [ \t]++\{{((?:[^"{{}}\n\\]++|"[^"\n\\]*+")*+)\}}
    [ \t]++(-?(?:0|[1-9][0-9]{{0,15}}+)(?:\.[0-9]{{1,2}}+)?)
    (?:[ \t]++({_DAY})(?:[ \t]++({_TEXT})
    (?:[ \t]++(-?[0-9]{{1,15}}+(?:\.[0-9]{{1,6}}+)?|"")(?:[ \t]++({_TEXT}))?)?)?)?
    [ \t]*+\n
"""
_ROWS = re.compile(_ROW, re.VERBOSE | re.MULTILINE)
VOUCHER = re.compile(
    rf"""
    [ \t\n]*+\#VER[ \t]++({_field(SERIES_CHARACTERS_MAX)})[ \t]++({_field(NUMBER_CHARACTERS_MAX)})
    [ \t]++([0-9]{{8}})(?:[ \t]++({_TEXT})(?:[ \t]++({_DAY})(?:[ \t]++({_TEXT}))?)?)?[ \t]*+\n
    [ \t]*+\{{[ \t]*+\n((?:[ \t]*+\#[BR]?TRANS[ \t][^\n]*+\n)*+)[ \t]*+\}}[ \t]*+\n
    """,
    re.VERBOSE,
)
# Any number of vouchers with all their rows, whatever these hold.
BLOCKS = re.compile(
    r"""(?:[ \t\n]*+\#VER[ \t][^\n]*+\n[ \t]*+\{[ \t]*+\n
    (?:[ \t]*+\#[BR]?TRANS[ \t][^\n]*+\n)*+[ \t]*+\}[ \t]*+\n)++""",
    re.VERBOSE,
)
_OBJECT_PAIRS = re.compile(
    rf"[ \t]*+({_field(OBJECT_CHARACTERS_MAX, characters_min=1)})[ \t]++"
    rf"({_field(OBJECT_CHARACTERS_MAX)})(?=[ \t]|$)"
)


class _NotOrdinary(Exception):
    """Something that must be read with care."""


def ordinary_voucher(match: re.Match[str], year: FiscalYear) -> Fields | None:
    """The fields of the voucher that VOUCHER found, or None where it must be read with care."""
    series, number, day, text, registered, signature, block = match.groups()
    rows: list[_Row] = _ROWS.findall(block)
    voucher_date = _day(day)
    if voucher_date is None or len(rows) != block.count("\n"):
        return None
    if not year.first_day <= voucher_date <= year.last_day:
        return None
    fields = VOUCHER_FIELDS.copy()
    fields["fiscal_year"] = year.first_day
    fields["series"] = series if series[0] != '"' else series[1:-1]
    fields["number"] = number if number[0] != '"' else number[1:-1]
    fields["voucher_date"] = voucher_date
    try:
        fields["postings"] = _postings(rows, day, year)
        if text:
            fields["text"] = _text(text)
        if registered and registered != '""':
            fields["registered_on"] = _known_day(registered)
        if signature:
            fields["signature"] = _text(signature)
    except _NotOrdinary:
        return None
    return fields


def _postings(rows: list[_Row], voucher_day: str, year: FiscalYear) -> tuple[Posting, ...]:
    total = _ZERO
    postings: list[Posting] = []
    added: Fields | None = None
    for kind, account, objects, amount, day, text, quantity, signature in rows:
        fields = POSTING_FIELDS.copy()
        fields["account"] = account if account[0] != '"' else account[1:-1]
        if amount[-3:-2] == "." and amount != "-0.00":
            exact = Decimal(amount)
        else:
            exact = Decimal(read_amount(amount).text)
        fields["amount"] = exact
        fields["objects"] = _objects(objects).copy() if objects else {}
        if day:
            if day != voucher_day and day != '""':
                posting_date = fields["posting_date"] = _known_day(day)
                if not year.first_day <= posting_date <= year.last_day:
                    raise _NotOrdinary
            if text:
                _put_rest(fields, text, quantity, signature)
        if kind or added:
            added = _with_state(fields, kind, added)
        if kind != "R":
            postings.append(checked_posting(fields))
            if not kind:
                total += exact
    if total or added:
        raise _NotOrdinary
    return tuple(postings)


def _with_state(fields: Fields, kind: str, added: Fields | None) -> Fields | None:
    """Gives a row its state; returns the #RTRANS that now waits for its twin."""
    if added is None:
        if kind == "R":
            return fields
        fields["state"] = "struck"
    elif kind or not are_twins(added, fields):
        raise _NotOrdinary
    else:
        become_added(fields, added)
    return None


def _put_rest(fields: Fields, text: str, quantity: str, signature: str) -> None:
    fields["text"] = _text(text)
    if quantity and quantity != '""':
        fields["quantity"] = read_quantity(quantity)
    if signature:
        fields["signature"] = _text(signature)


def _text(written: str) -> str:
    text = written[1:-1] if written[0] == '"' else written
    if "\\" in text:
        text = unescaped(text)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise _NotOrdinary
    return text


def _known_day(text: str) -> date:
    day = _day(text)
    if day is None:
        raise _NotOrdinary
    return day


@lru_cache(maxsize=4_096)
def _day(text: str) -> date | None:
    try:
        return read_date(text)
    except Unreadable:
        return None


@lru_cache(maxsize=4_096)
def _objects(text: str) -> dict[str, str]:
    """The pairs of an object list, if they are pairs and none comes twice."""
    found = _OBJECT_PAIRS.findall(text)
    rest = _OBJECT_PAIRS.sub("", text).strip(" \t")
    pairs = {_unquoted(dimension): _unquoted(number) for dimension, number in found}
    if rest or len(pairs) != len(found):
        raise _NotOrdinary
    return pairs


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] == '"' else text

"""The vouchers that are spelt as nearly all are: taken whole, by two regular expressions.

Whatever these do not take is read with care elsewhere, by the same rules; a voucher that comes out
of here can be booked as it is.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Any

from connectors.sie.amounts import Unreadable, read_amount, read_date, read_quantity
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    SERIES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)

VoucherContent = dict[str, Any]  # The fields of a schemas.bookkeeping.Voucher.
PostingContent = dict[str, Any]


def _field(characters_max: int, *, characters_min: int = 0) -> str:
    """A field, in quotes or bare; without escapes and with nothing to wonder about."""
    quoted = rf'"[^"\\\n]{{{characters_min},{characters_max}}}+"'
    return rf'(?:[^ \t\n"{{}}\\]{{1,{characters_max}}}+|{quoted})'


_TEXT = _field(TEXT_CHARACTERS_MAX)
_DAY = r'[0-9]{8}|""'
_ROW = rf"""
    ^[ \t]*+\#TRANS[ \t]++({_field(ACCOUNT_CHARACTERS_MAX, characters_min=1)})
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
    [ \t]*+\{{[ \t]*+\n((?:[ \t]*+\#TRANS[ \t][^\n]*+\n)*+)[ \t]*+\}}[ \t]*+\n
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


def ordinary_voucher(match: re.Match[str], fiscal_year: date) -> VoucherContent | None:
    """The voucher that VOUCHER found, or None where it must be read with care."""
    series, number, day, text, registered, signature, block = match.groups()
    rows = _ROWS.findall(block)
    voucher_date = _day(day)
    if voucher_date is None or len(rows) != block.count("\n"):
        return None
    postings = _postings(rows, day)
    if postings is None:
        return None
    content: VoucherContent = {
        "fiscal_year": fiscal_year,
        "series": series if series[0] != '"' else series[1:-1],
        "number": number if number[0] != '"' else number[1:-1],
        "voucher_date": voucher_date,
        "postings": postings,
    }
    if text:
        content["text"] = text if text[0] != '"' else text[1:-1]
    if registered and registered != '""':
        registered_on = _day(registered)
        if registered_on is None:
            return None
        content["registered_on"] = registered_on
    if signature:
        content["signature"] = signature if signature[0] != '"' else signature[1:-1]
    return content


def _postings(
    rows: list[tuple[str, str, str, str, str, str, str]], voucher_day: str
) -> list[PostingContent] | None:
    total = 0
    postings: list[PostingContent] = []
    for account, objects, amount, day, text, quantity, signature in rows:
        if amount[-3:-2] == "." and amount != "-0.00":
            total += int(amount[:-3] + amount[-2:])
        else:
            read = read_amount(amount)
            amount = read.text
            total += read.ore
        posting: PostingContent = {
            "account": account if account[0] != '"' else account[1:-1],
            "amount": amount,
        }
        if objects:
            pairs = _objects(objects)
            if pairs is None:
                return None
            if pairs:
                posting["objects"] = pairs
        if day:
            if day not in (voucher_day, '""') and not _put_rest(posting, "posting_date", day):
                return None
            if text:
                posting["text"] = text if text[0] != '"' else text[1:-1]
                if quantity and quantity != '""':
                    posting["quantity"] = read_quantity(quantity)
                if signature:
                    posting["signature"] = signature if signature[0] != '"' else signature[1:-1]
        postings.append(posting)
    return None if total else postings


def _put_rest(posting: PostingContent, name: str, day: str) -> bool:
    posting_date = _day(day)
    posting[name] = posting_date
    return posting_date is not None


@lru_cache(maxsize=4_096)
def _day(text: str) -> date | None:
    try:
        return read_date(text)
    except Unreadable:
        return None


@lru_cache(maxsize=4_096)
def _objects(text: str) -> dict[str, str] | None:
    """The pairs of an object list, or None where they are not pairs or one comes twice."""
    found = _OBJECT_PAIRS.findall(text)
    rest = _OBJECT_PAIRS.sub("", text).strip(" \t")
    pairs = {_unquoted(dimension): _unquoted(number) for dimension, number in found}
    return pairs if not rest and len(pairs) == len(found) else None


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] == '"' else text

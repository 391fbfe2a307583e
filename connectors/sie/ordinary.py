"""The vouchers that are spelt as nearly all are: by two regular expressions from text to JSON.

Whatever these do not take is read with care elsewhere, by the same rules. A voucher that comes out
of here can be booked as it is: its JSON is, letter by letter, what its model would write (a test
holds the two equal). Making models of it would take longer than all the rest of reading.
"""

import re
from datetime import date
from functools import lru_cache

import orjson

from connectors.sie.amounts import Unreadable, read_amount, read_date, read_quantity
from connectors.sie.counts import Counts
from connectors.sie.fields import unescaped
from schemas.bookkeeping import FiscalYear
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    SERIES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)

_Row = tuple[str, str, str, str, str, str, str, str]
_Move = tuple[str, int]  # An account, and öre.
# What JSON does not take as it stands, and what only care can read.
_SPECIAL = r'"\\\x00-\x1f'


def _field(characters_max: int, *, characters_min: int = 0) -> str:
    """A field, in quotes or bare; without escapes and with nothing to wonder about."""
    quoted = rf'"[^{_SPECIAL}]{{{characters_min},{characters_max}}}+"'
    return rf"(?:[^ {{}}{_SPECIAL}]{{1,{characters_max}}}+|{quoted})"


# A text may be any length here, and hold escapes; both are looked at when it is taken.
_TEXT = rf'(?:[^ {{}}{_SPECIAL}]++|"(?:[^{_SPECIAL}]++|\\[^\x00-\x1f])*+")'
_DAY = r'[0-9]{8}|""'
_ROW = rf"""
    ^[ \t]*+\#([BR]?)TRANS[ \t]++({_field(ACCOUNT_CHARACTERS_MAX, characters_min=1)})
    [ \t]++\{{((?:[^{{}}{_SPECIAL}]++|"[^{_SPECIAL}]*+")*+)\}}
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


class OrdinaryVouchers:
    """Turns what VOUCHER found into documents, and sums up what they move.

    A year of None is that of a file that names none: each voucher's calendar year stands for it.
    """

    def __init__(self, year: FiscalYear | None, *, counts: Counts, up_to: date | None) -> None:
        self._counts = counts
        self._up_to = f"{up_to:%Y%m%d}" if up_to else "99999999"
        self._first = f"{year.first_day:%Y%m%d}" if year else "00000000"
        self._last = f"{year.last_day:%Y%m%d}" if year else "99999999"
        self._fiscal_year = f'"{year.first_day}"' if year else None

    def document(self, match: re.Match[str]) -> str | None:
        """The voucher's JSON, or None where it must be read with care."""
        series, number, day, text, registered, signature, block = match.groups()
        rows: list[_Row] = _ROWS.findall(block)
        voucher_date = _day(day)
        if voucher_date is None or len(rows) != block.count("\n"):
            return None
        if not self._first <= day <= self._last:
            return None
        try:
            if "RTRANS" in block:
                rows = _paired(rows, day)
            postings, moves = self._postings(rows, day)
            head = f'"series":{_quoted(series)},"number":{_quoted(number)}'
            rest = _text("text", text) if text else ""
            if registered and registered != '""':
                rest += f',"registered_on":{_known_day(registered)}'
            if signature:
                rest += _text("signature", signature)
        except _NotOrdinary:
            return None
        self._count(moves, day)
        year = self._fiscal_year or f'"{day[:4]}-01-01"'
        return (
            f'{{"fiscal_year":{year},{head},"voucher_date":{voucher_date}{rest}'
            f',"postings":[{postings}]}}'
        )

    def _count(self, moves: list[_Move], voucher_day: str) -> None:
        """Counts a voucher that is taken for good."""
        self._counts.postings += len(moves)
        if voucher_day <= self._up_to:
            moved = self._counts.moved
            for account, ore in moves:
                moved[account] += ore

    def _postings(self, rows: list[_Row], voucher_day: str) -> tuple[str, list[_Move]]:
        """The postings' JSON, and what they move; they balance."""
        moves: list[_Move] = []
        total = 0
        postings: list[str] = []
        for row in rows:
            kind, account, objects, amount, day = row[:5]
            if account[0] == '"':
                account = account[1:-1]
            if amount[-3:-2] != "." or amount == "-0.00":
                amount = read_amount(amount).text
            if kind != "B":
                ore = int(amount.replace(".", ""))
                total += ore
                moves.append((account, ore))
            rest = self._rest(row, voucher_day) if day or kind or objects else ""
            postings.append(f'{{"account":"{account}","amount":"{amount}"{rest}}}')
        if total:
            raise _NotOrdinary
        return ",".join(postings), moves

    def _rest(self, row: _Row, voucher_day: str) -> str:
        """The JSON of what a posting has beside account and amount."""
        kind, _, objects, _, day, text, quantity, signature = row
        rest = _text("text", text) if text else ""
        if quantity and quantity != '""':
            rest += f',"quantity":"{read_quantity(quantity)}"'
        if kind:
            rest += ',"state":"struck"' if kind == "B" else ',"state":"added"'
        if objects:
            rest += _objects(objects)
        if day and day != voucher_day and day != '""':
            if not self._first <= day <= self._last:
                raise _NotOrdinary
            rest += f',"posting_date":{_known_day(day)}'
        return rest + _text("signature", signature) if signature else rest


def _paired(rows: list[_Row], voucher_day: str) -> list[_Row]:
    """The rows, where an #RTRANS and the #TRANS after it are one, with date and sign of the first.

    What the twins must share, and need not, stands in `twins`.
    """
    paired: list[_Row] = []
    added: _Row | None = None
    for row in rows:
        if added is None:
            if row[0] == "R":
                added = row
            else:
                paired.append(row)
            continue
        if row[0] or _content(row) != _content(added):
            raise _NotOrdinary
        if max(len(added[5]), len(added[7]), len(row[7])) > TEXT_CHARACTERS_MAX:
            raise _NotOrdinary
        day = added[4] if added[4] not in ("", '""', voucher_day) else row[4]
        if row[4] not in ("", '""', voucher_day, day):
            raise _NotOrdinary  # It would go unread.
        signature = added[7] if added[7] not in ("", '""') else row[7]
        paired.append(("R", *row[1:4], day or '""', *row[5:7], signature))
        added = None
    if added is not None:
        raise _NotOrdinary
    return paired


def _content(row: _Row) -> tuple[str, str, str]:
    return _quoted(row[1]), _objects(row[2]), read_amount(row[3]).text


def _quoted(written: str) -> str:
    return written if written[0] == '"' else f'"{written}"'


def _text(name: str, written: str) -> str:
    """The JSON of a text that is there; SIE's quotes are those of JSON, its escapes are not."""
    if written == '""':
        return ""
    if "\\" in written:
        text = unescaped(written[1:-1])
        if len(text) > TEXT_CHARACTERS_MAX:
            raise _NotOrdinary
        return f',"{name}":{orjson.dumps(text).decode()}' if text else ""
    if len(written) > TEXT_CHARACTERS_MAX:
        raise _NotOrdinary
    return f',"{name}":{_quoted(written)}'


def _known_day(text: str) -> str:
    day = _day(text)
    if day is None:
        raise _NotOrdinary
    return day


@lru_cache(maxsize=4_096)
def _day(text: str) -> str | None:
    """The date in JSON, or None where there is no such day."""
    try:
        return f'"{read_date(text)}"'
    except Unreadable:
        return None


def _objects(text: str) -> str:
    """The JSON of an object list; long ones, which do not come again, are not remembered."""
    return _known_objects(text) if len(text) <= _KNOWN_CHARACTERS_MAX else _read_objects(text)


def _read_objects(text: str) -> str:
    """The JSON of an object list, if it is of pairs and no dimension comes twice."""
    found = _OBJECT_PAIRS.findall(text)
    rest = _OBJECT_PAIRS.sub("", text).strip(" \t")
    pairs = [(_quoted(dimension), _quoted(number)) for dimension, number in found]
    if rest or len(dict(pairs)) != len(pairs):
        raise _NotOrdinary
    if not pairs:
        return ""
    return f',"objects":{{{",".join(f"{dimension}:{number}" for dimension, number in pairs)}}}'


_KNOWN_CHARACTERS_MAX = 200
_known_objects = lru_cache(maxsize=4_096)(_read_objects)

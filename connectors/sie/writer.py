"""Facts to the bytes of an SIE 4E file, record by record (SIE 4B, section 5).

Nothing is kept but the running checksum, so that a file may be as long as its vouchers are many.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO

from connectors.sie.checksum import summed_bytes
from schemas.bookkeeping import (
    Account,
    AccountType,
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    PeriodBalance,
    Posting,
    Voucher,
)

_LETTERS: dict[AccountType, str] = {"asset": "T", "liability": "S", "cost": "K", "income": "I"}
_ROW_LABELS = {"booked": "#TRANS", "added": "#TRANS", "struck": "#BTRANS"}
# What needs no quotes. A dot, a minus or a colon does no harm to any reader.
_BARE = re.compile(r'[^\s"{}\\\x00-\x1f\x7f]+')
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_BACKSLASHES = re.compile(r'(\\*)("|$)')

WrittenField = str | date | Decimal | Mapping[str, str] | None


@dataclass(frozen=True)
class CompanyFacts:
    """What the head of a file says about company and program."""

    name: str
    organisation_number: str = ""
    program: str = "Bokflow"
    program_version: str = "1.0"
    generated_on: date | None = None
    currency: str = "SEK"
    sie_type: str = "4"


class SieWriter:
    """Writes one file: company, chart, balances, vouchers, in this order, and then `close`."""

    def __init__(
        self,
        file: BinaryIO,
        *,
        encoding: str = "cp437",
        checksum: bool = False,
        line_end: str = "\r\n",
    ) -> None:
        self._file = file
        self._encoding = encoding
        self._checksum = checksum
        self._line_end = line_end
        self._crc: int | None = None

    def company(self, facts: CompanyFacts, years: Sequence[FiscalYear]) -> None:
        """The head of the file; `years` are year 0, -1, … in this order."""
        self.record("#FLAGGA", "0")
        if self._checksum:
            self.record("#KSUMMA")
            self._crc = 0
        self.record("#PROGRAM", facts.program, facts.program_version)
        self.record("#FORMAT", "PC8")
        self.record("#GEN", facts.generated_on)
        self.record("#SIETYP", facts.sie_type)
        self.record("#FNAMN", facts.name)
        self.record("#ORGNR", facts.organisation_number)
        for index, year in enumerate(years):
            self.record("#RAR", str(-index), year.first_day, year.last_day)
        self.record("#VALUTA", facts.currency)

    def balances_up_to(self, day: date) -> None:
        self.record("#OMFATTN", day)

    def account(self, account: Account) -> None:
        self.record("#KONTO", account.account, account.name)
        if account.type:
            self.record("#KTYP", account.account, _LETTERS[account.type])
        if account.unit:
            self.record("#ENHET", account.account, account.unit)
        for code in account.sru:
            self.record("#SRU", account.account, code)

    def dimension(self, dimension: Dimension) -> None:
        if dimension.parent and dimension.dimension != "2":
            self.record("#UNDERDIM", dimension.dimension, dimension.name, dimension.parent)
        else:
            self.record("#DIM", dimension.dimension, dimension.name)

    def object(self, counted: Object) -> None:
        self.record("#OBJEKT", counted.dimension, counted.object, counted.name)

    def opening_balance(self, balance: Balance, *, year: int = 0) -> None:
        objects = {balance.dimension: balance.object} if balance.dimension else None
        fields = (balance.account, objects, balance.amount, balance.quantity)
        if objects:
            self.record("#OIB", str(year), *fields)
        else:
            self.record("#IB", str(year), balance.account, balance.amount, balance.quantity)

    def period_balance(self, balance: PeriodBalance, *, year: int = 0) -> None:
        label = "#PSALDO" if balance.kind == "actual" else "#PBUDGET"
        objects = {balance.dimension: balance.object} if balance.dimension else {}
        month = balance.month.strftime("%Y%m")
        self.record(
            label, str(year), month, balance.account, objects, balance.amount, balance.quantity
        )

    def control_total(self, total: ControlTotal, *, year: int = 0) -> None:
        label = "#UB" if total.kind == "closing" else "#RES"
        self.record(label, str(year), total.account, total.amount)

    def voucher(self, voucher: Voucher) -> None:
        """A voucher; a row that was added later stands as #RTRANS and as its twin, #TRANS."""
        lines = [
            _line(
                "#VER",
                (
                    voucher.series,
                    voucher.number,
                    voucher.voucher_date,
                    voucher.text,
                    voucher.registered_on,
                    voucher.signature,
                ),
            ),
            "{",
        ]
        for posting in voucher.postings:
            fields = _row(posting, voucher.voucher_date)
            if posting.state == "added":
                lines.append(_line("   #RTRANS", fields))
            lines.append(_line("   " + _ROW_LABELS[posting.state], fields))
        lines.append("}")
        self._write("".join(line + self._line_end for line in lines))

    def close(self) -> None:
        """The checksum, if one is wanted, ends the file."""
        if self._crc is not None:
            crc, self._crc = self._crc, None
            self.record("#KSUMMA", str(crc))

    def record(self, label: str, *fields: WrittenField) -> None:
        """Any record; empty fields at its end are left out."""
        self._write(_line(label, fields) + self._line_end)

    def _write(self, text: str) -> None:
        written = text.encode(self._encoding, "replace")
        self._file.write(written)
        if self._crc is not None:
            as_cp437 = written.decode(self._encoding).encode("cp437", "replace")
            self._crc = zlib.crc32(summed_bytes(as_cp437), self._crc)


@lru_cache(maxsize=4_096)
def quoted(text: str) -> str:
    """A field as it stands in the file: control characters become blanks, quotes are escaped."""
    text = _CONTROL.sub(" ", text)
    if _BARE.fullmatch(text):
        return text
    escaped = _BACKSLASHES.sub(lambda m: m[1] * 2 + ('\\"' if m[2] else ""), text)
    return f'"{escaped}"'


def _row(posting: Posting, voucher_date: date) -> tuple[WrittenField, ...]:
    day = posting.posting_date
    if day is None and (posting.text or posting.quantity is not None or posting.signature):
        day = voucher_date
    return (
        posting.account,
        posting.objects,
        posting.amount,
        day,
        posting.text,
        posting.quantity,
        posting.signature,
    )


def _line(label: str, fields: Sequence[WrittenField]) -> str:
    written = [_written(field) for field in fields]
    while written and written[-1] == '""':
        written.pop()
    return " ".join((label, *written))


def _written(field: WrittenField) -> str:
    match field:
        case str():
            return quoted(field)
        case Decimal():
            return f"{field:f}"
        case date():
            return f"{field:%Y%m%d}"
        case None:
            return '""'
    pairs = (f"{quoted(dimension)} {quoted(number)}" for dimension, number in field.items())
    return "{" + " ".join(pairs) + "}"

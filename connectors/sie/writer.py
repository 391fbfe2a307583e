"""Facts to the bytes of an SIE file of any type, record by record (SIE 4B, section 5).

Nothing is kept but the running checksum, so that a file may be as long as its vouchers are many.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from connectors.sie.checksum import summed_bytes
from connectors.sie.spelling import WrittenField, spelt, without_control_characters
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
    Posting,
    SetAsideVoucher,
    Voucher,
)
from schemas.lifecycle_events import SieType

_LETTERS: dict[AccountType, str] = {"asset": "T", "liability": "S", "cost": "K", "income": "I"}
_ROW_LABELS = {"booked": "#TRANS", "added": "#TRANS", "struck": "#BTRANS"}
_VOUCHERS = frozenset(("#VER",))
_OBJECTS = frozenset(("#DIM", "#UNDERDIM", "#OBJEKT", "#OIB", "#OUB"))
_PERIODS = frozenset(("#OMFATTN", "#PSALDO", "#PBUDGET"))
_BALANCES = frozenset(("#IB", "#UB", "#RES", "#OIB", "#OUB"))
# What a type does not have (facts, section 3).
_FORBIDDEN: dict[SieType, frozenset[str]] = {
    "1": _VOUCHERS | _OBJECTS | _PERIODS,
    "2": _VOUCHERS | _OBJECTS,
    "3": _VOUCHERS,
    "4E": frozenset(),
    "4I": _BALANCES | _PERIODS,
}


@dataclass(frozen=True)
class CompanyFacts:
    """What the head of a file says about company and program; empty texts are left out."""

    name: str
    organisation_number: str = ""
    program: str = "Bokflow"
    program_version: str = "1.0"
    generated_on: date | None = None
    currency: str = "SEK"  # Empty: the file does not say, which means SEK.
    sie_type: SieType = "4E"


class SieWriter:
    """Writes one file: company, chart, balances, vouchers, in this order, and then `close`.

    What its type does not have is left out. Control characters become blanks, since SIE forbids
    them, and what the encoding lacks becomes a question mark.
    """

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
        self._type: SieType = "4E"

    def company(self, facts: CompanyFacts, years: Mapping[int, FiscalYear]) -> None:
        """The head of the file; `years` by their index: 0, -1, …"""
        self._type = facts.sie_type
        self.record("#FLAGGA", "0")
        if self._checksum:
            self.record("#KSUMMA")
            self._crc = 0
        if facts.program:
            self.record("#PROGRAM", facts.program, facts.program_version or None)
        self.record("#FORMAT", "PC8")
        if facts.generated_on:
            self.record("#GEN", facts.generated_on)
        self.record("#SIETYP", facts.sie_type[0])
        if facts.organisation_number:
            self.record("#ORGNR", facts.organisation_number)
        if facts.name:
            self.record("#FNAMN", facts.name)
        for index, year in years.items():
            self.record("#RAR", str(index), year.first_day, year.last_day)
        if facts.currency:
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
        label = "#UNDERDIM" if dimension.parent else "#DIM"
        self.record(label, dimension.dimension, dimension.name, dimension.parent)

    def object(self, counted: Object) -> None:
        self.record("#OBJEKT", counted.dimension, counted.object, counted.name)

    def opening_balance(self, balance: Balance, *, year: int = 0) -> None:
        if balance.dimension:
            self._balance("#OIB", year, balance, objects={balance.dimension: balance.object})
        else:
            self._balance("#IB", year, balance)

    def control_total(self, total: ControlTotal, *, year: int = 0) -> None:
        self._balance("#UB" if total.kind == "closing" else "#RES", year, total)

    def object_total(self, total: ObjectTotal, *, year: int = 0) -> None:
        self._balance("#OUB", year, total, objects={total.dimension: total.object})

    def period_balance(self, balance: PeriodBalance, *, year: int = 0) -> None:
        """The change of a month; in type 2 only that of whole accounts."""
        if balance.dimension and self._type == "2":
            return
        self.record(
            "#PSALDO" if balance.kind == "actual" else "#PBUDGET",
            str(year),
            balance.month.isoformat()[:7].replace("-", ""),
            balance.account,
            {balance.dimension: balance.object} if balance.dimension else {},
            balance.amount,
            balance.quantity,
        )

    def voucher(self, voucher: Voucher) -> None:
        """A voucher; a row that was added later stands as #RTRANS and as its twin, #TRANS."""
        head = (
            voucher.series,
            voucher.number,
            voucher.voucher_date,
            voucher.text or None,
            voucher.registered_on,
            voucher.signature or None,
        )
        lines = [spelt("#VER", head), "{"]
        for posting in voucher.postings:
            fields = _row(posting, voucher.voucher_date)
            if posting.state == "added":
                lines.append(spelt("   #RTRANS", fields))
            lines.append(spelt("   " + _ROW_LABELS[posting.state], fields))
        lines.append("}")
        self._write_voucher(lines)

    def set_aside_voucher(self, voucher: SetAsideVoucher) -> None:
        """A voucher that cannot be booked, as its source has it; but always with an end."""
        lines = voucher.source_text.rstrip().split("\n")
        if lines[-1].strip() != "}":
            lines.append("}")
        self._write_voucher(map(without_control_characters, lines))

    def close(self) -> None:
        """The checksum, if one is wanted, ends the file."""
        if self._crc is not None:
            crc, self._crc = self._crc, None
            self.record("#KSUMMA", str(crc))

    def record(self, label: str, *fields: WrittenField) -> None:
        """Any record that the file's type has."""
        if label not in _FORBIDDEN[self._type]:
            self._write(spelt(label, fields) + self._line_end)

    def _balance(
        self,
        label: str,
        year: int,
        balance: Balance | ControlTotal,
        *,
        objects: Mapping[str, str] | None = None,
    ) -> None:
        listed = () if objects is None else (objects,)
        self.record(label, str(year), balance.account, *listed, balance.amount, balance.quantity)

    def _write_voucher(self, lines: Iterable[str]) -> None:
        if "#VER" not in _FORBIDDEN[self._type]:
            self._write("".join(line + self._line_end for line in lines))

    def _write(self, text: str) -> None:
        written = text.encode(self._encoding, "replace")
        self._file.write(written)
        if self._crc is not None:
            as_cp437 = written.decode(self._encoding).encode("cp437", "replace")
            self._crc = zlib.crc32(summed_bytes(as_cp437), self._crc)


def _row(posting: Posting, voucher_date: date) -> tuple[WrittenField, ...]:
    day = posting.posting_date
    if day is None and (posting.text or posting.quantity is not None or posting.signature):
        day = voucher_date
    return (
        posting.account,
        posting.objects,
        posting.amount,
        day,
        posting.text or None,
        posting.quantity,
        posting.signature or None,
    )

"""An SIE file that is read as a stream: judged whole, then its header and its vouchers."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from connectors.sie.checksum import verify
from connectors.sie.damage import damaged_letters
from connectors.sie.diagnostics import Diagnostic, Diagnostics
from connectors.sie.encoding import CHUNK_BYTES, ByteScan, Encoding, scan
from connectors.sie.header import ZERO, Header, adds_up
from connectors.sie.header_reader import HEADER_LABELS, HeaderReader, Marks
from connectors.sie.identity import FISCAL_YEAR_MONTHS_MAX, months_of
from connectors.sie.lines import LineWindow
from connectors.sie.refusals import refused, sniff
from connectors.sie.vouchers import VoucherReader
from schemas.bookkeeping import FiscalYear, SetAsideVoucher, Voucher
from schemas.lifecycle_events import SieType

_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 64


@dataclass(frozen=True)
class Judgement:
    """What a whole pass over a file says; `vouchers` and `postings` are those to be booked."""

    encoding: Encoding
    sie_type: SieType
    company_name: str
    organisation_number: str  # As given.
    currency: str
    program: str
    generated_on: date | None
    fiscal_year: FiscalYear | None
    vouchers: int
    postings: int  # Booked and added rows of the good vouchers.
    set_aside: int
    warnings: tuple[Diagnostic, ...]  # The first ones, of every severity.
    warning_counts: dict[str, int]  # All of them, by code.


class SieFile:
    """A seekable file of SIE type 4E. Every pass reads it from its start, in pieces."""

    def __init__(self, file: BinaryIO, *, name: str, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.name = name
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._bytes: ByteScan | None = None
        self._header: tuple[Header | None, Marks, Diagnostics] | None = None

    def judge(self, *, force: bool = False) -> Judgement:
        """One whole reading. Raises UploadRefused for what no company can take."""
        header, marks, remarks = self._read_header()
        self._refuse_what_is_cut_off(marks)
        header = self._supported(header)
        diagnostics = Diagnostics()
        reader = self._voucher_reader(header, diagnostics)
        moved = self._movements(reader)
        if not force:
            self._refuse_what_lacks_vouchers(header, moved, vouchers=reader.counts.vouchers)
        self._check_bytes(reader.window, diagnostics)
        if marks.labels["#KSUMMA"]:
            self._check_checksum(diagnostics, force=force)
        diagnostics.merge(remarks)
        return Judgement(
            encoding=header.encoding,
            sie_type=header.sie_type,
            company_name=header.company_name,
            organisation_number=header.organisation_number,
            currency=header.currency,
            program=header.program,
            generated_on=header.generated_on,
            fiscal_year=header.fiscal_year,
            vouchers=reader.counts.vouchers,
            postings=reader.counts.postings,
            set_aside=reader.counts.set_aside,
            warnings=tuple(sorted(diagnostics.shown, key=lambda shown: shown.line)),
            warning_counts=dict(diagnostics.counts),
        )

    def _movements(self, reader: VoucherReader) -> dict[str, Decimal]:
        """Reads all vouchers; what they move on each account, for a file that may be cut off."""
        moved: dict[str, Decimal] = {}
        if self._ends_with_a_line():
            for _ in reader.read():
                pass
            return moved
        for voucher in reader.read():
            for posting in voucher.postings if isinstance(voucher, Voucher) else ():
                if posting.state != "struck":
                    moved[posting.account] = moved.get(posting.account, ZERO) + posting.amount
        return moved

    def _refuse_what_lacks_vouchers(
        self, header: Header, moved: dict[str, Decimal], *, vouchers: int
    ) -> None:
        """A file without a checksum tells that it was cut off by what it holds.

        Its last line has no end, or it has no vouchers at all, and its own totals say that there
        was more. It would replace a whole year. (One that ends after a whole voucher can only be
        told by the proof of its totals, which partial exports fail by nature.)
        """
        whole = self._ends_with_a_line()
        if whole and (vouchers or not header.control_totals):
            return
        if header.control_totals and adds_up(header, moved):
            return
        detail = "it has no vouchers" if whole else "its last line has no end"
        raise refused(
            "cut_off", name=self.name, detail=f"{detail}, and its totals say that there was more"
        )

    def _ends_with_a_line(self) -> bool:
        """Some programs leave out the last line end, but hardly what closes a voucher."""
        size_bytes = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size_bytes - _TAIL_BYTES))
        tail = self._file.read(_TAIL_BYTES)
        last_line = tail.replace(b"\r", b"\n").rpartition(b"\n")[2].rstrip(b" \t\x1a")
        return last_line in (b"", b"}")

    def header(self) -> Header:
        """All but the vouchers. Raises UploadRefused as `judge` does, but checks less."""
        header, _, _ = self._read_header()
        return self._supported(header)

    def vouchers(self) -> Iterator[Voucher | SetAsideVoucher]:
        """The vouchers in the order of the file."""
        yield from self._voucher_reader(self.header(), Diagnostics()).read()

    def window(self) -> LineWindow:
        """The text of the file, from its start."""
        return LineWindow(self._file, self._scan().encoding, chunk_bytes=self._chunk_bytes)

    def _scan(self) -> ByteScan:
        if self._bytes is None:
            self._file.seek(0)
            refusal = sniff(self._file.read(_HEAD_BYTES), name=self.name)
            if refusal is not None:
                raise refusal
            self._bytes = scan(self._file, chunk_bytes=self._chunk_bytes)
        return self._bytes

    def _read_header(self) -> tuple[Header | None, Marks, Diagnostics]:
        if self._header is None:
            window, diagnostics = self.window(), Diagnostics()
            reader = HeaderReader(window, diagnostics=diagnostics)
            header = reader.read(self._scan().encoding, name=self.name)
            if not reader.marks.labels:
                raise refused("not_sie", name=self.name, detail="it has no record that SIE knows")
            self._header = header, reader.marks, diagnostics
        return self._header

    def _refuse_what_is_cut_off(self, marks: Marks) -> None:
        if marks.checksum_open:
            raise refused("cut_off", name=self.name, detail="the second #KSUMMA is missing")
        if marks.voucher_open:
            raise refused("cut_off", name=self.name, detail="it ends inside a voucher")

    def _supported(self, header: Header | None) -> Header:
        if header is None:
            raise refused("type_not_supported", name=self.name, detail="unknown")
        if header.sie_type != "4E":
            raise refused("type_not_supported", name=self.name, detail=header.sie_type)
        if header.fiscal_year is None:
            raise refused("fiscal_year_missing", name=self.name)
        if months_of(header.fiscal_year) > FISCAL_YEAR_MONTHS_MAX:
            first, last = header.fiscal_year.first_day, header.fiscal_year.last_day
            raise refused("fiscal_year_too_long", name=self.name, detail=f"{first} to {last}")
        return header

    def _voucher_reader(self, header: Header, diagnostics: Diagnostics) -> VoucherReader:
        assert header.fiscal_year is not None, "_supported has refused the file"
        return VoucherReader(
            self.window(),
            year=header.fiscal_year,
            header_labels=HEADER_LABELS,
            diagnostics=diagnostics,
        )

    def _check_bytes(self, window: LineWindow, diagnostics: Diagnostics) -> None:
        control_characters = self._scan().control_characters
        if control_characters:
            diagnostics.add("control_characters", count=control_characters)
        if self._scan().encoding != "ascii" and (damaged := damaged_letters(self.window())):
            diagnostics.add("text_damaged", count=damaged)
        if window.replaced_characters:
            diagnostics.add("characters_replaced", count=window.replaced_characters)

    def _check_checksum(self, diagnostics: Diagnostics, *, force: bool) -> None:
        match verify(self._file, self._scan().encoding, chunk_bytes=self._chunk_bytes):
            case "differs" if not force:
                raise refused("checksum_mismatch", name=self.name)
            case "differs":
                diagnostics.add("checksum_differs")
            case "uncheckable":
                diagnostics.add("checksum_uncheckable")

"""An SIE file that is read as a stream: judged whole, then its header and its vouchers."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, NamedTuple

from connectors.sie.checksum import verify
from connectors.sie.counts import Counts
from connectors.sie.damage import damaged_letters
from connectors.sie.diagnostics import Diagnostic, Diagnostics, Severity
from connectors.sie.encoding import CHUNK_BYTES, ByteScan, Encoding, scan
from connectors.sie.header import Header
from connectors.sie.header_reader import HEADER_LABELS, HeaderReader, Marks
from connectors.sie.identity import FISCAL_YEAR_MONTHS_MAX, months_of
from connectors.sie.lines import LineWindow
from connectors.sie.refusals import Sentence, refused, sniff
from connectors.sie.totals_check import TotalDifference, differences, sums_up_to
from connectors.sie.vouchers import ReadingRules, VoucherReader
from schemas.bookkeeping import FiscalYear, SetAsideVoucher, Voucher
from schemas.lifecycle_events import SieType

TYPES_WITH_VOUCHERS = ("4E", "4I")
NO_RECORDS = Sentence("den har ingen post som SIE känner", "it has no record that SIE knows")
NO_VOUCHERS = Sentence(
    "den har inga verifikationer, men dess saldon säger att det fanns",
    "it has no vouchers, and its totals say that there were some",
)
NO_LINE_END = Sentence(
    "sista raden saknar slut, och saldona visar inte att allt är med",
    "its last line has no end, and its totals do not show that nothing is missing",
)
CHECKSUM_OPEN = Sentence("den andra #KSUMMA saknas", "the second #KSUMMA is missing")
VOUCHER_OPEN = Sentence("den slutar inne i en verifikation", "it ends inside a voucher")
_HEAD_BYTES = 64 * 1024
_TAIL_BYTES = 64


class _HeaderPass(NamedTuple):
    """What the pass over all but the vouchers has found."""

    header: Header | None
    marks: Marks
    diagnostics: Diagnostics
    replaced_characters: int


@dataclass(frozen=True)
class Judgement:
    """What a whole pass over a file says; `vouchers` and `postings` are those to be booked."""

    encoding: Encoding
    sie_type: SieType
    company_name: str
    organisation_number: str  # As given.
    currency: str
    currency_is_stated: bool
    program: str
    generated_on: date | None
    fiscal_year: FiscalYear | None
    balances_up_to: date | None  # #OMFATTN, where it lies inside the year.
    accounts: int
    dimensions: int
    objects: int
    opening_balances: int
    period_balances: int
    control_totals: int
    vouchers: int
    postings: int  # Booked and added rows of the good vouchers.
    set_aside: int
    differences: tuple[TotalDifference, ...]  # Only of a 4E file: the others have not both.
    remarks: tuple[Diagnostic, ...]  # The first ones of each code.
    remark_counts: dict[str, int]  # All of them, by code.
    severities: dict[Severity, int]  # All of them, by severity.

    @property
    def totals_agree(self) -> bool | None:
        """None where the file has not both totals and vouchers to compare."""
        if self.sie_type != "4E" or not self.control_totals:
            return None
        return not self.differences


class SieFile:
    """A seekable file of SIE type 1 to 4. Every pass reads it from its start, in pieces."""

    def __init__(self, file: BinaryIO, *, name: str, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.name = name
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._bytes: ByteScan | None = None
        self._header: _HeaderPass | None = None

    def judge(self, *, force: bool = False) -> Judgement:
        """One whole reading. Raises UploadRefused for what no company can take."""
        read = self._read_header()
        marks = read.marks
        self._refuse_what_is_cut_off(marks)
        header = self._supported(read.header)
        if marks.contradictions and not force:
            labels = ", ".join(sorted(marks.contradictions))
            raise refused("contradicts_itself", name=self.name, detail=Sentence(labels, labels))
        diagnostics = Diagnostics()
        counts = self._count(header, marks, diagnostics)
        found = differences(header, counts.moved) if header.sie_type == "4E" else ()
        if not force:
            there = counts.vouchers + counts.set_aside
            self._refuse_what_lacks_records(header, found, vouchers=there)
        if counts.undated and header.fiscal_year is None and header.generated_on is None:
            raise refused("fiscal_year_missing", name=self.name)
        self._check_bytes(diagnostics)
        if marks.labels["#KSUMMA"]:
            self._check_checksum(diagnostics, force=force)
        diagnostics.merge(read.diagnostics)
        return _judgement(header, counts, found, diagnostics)

    def _count(self, header: Header, marks: Marks, diagnostics: Diagnostics) -> Counts:
        """Reads all vouchers, if the file is of a type that has any."""
        if header.sie_type not in TYPES_WITH_VOUCHERS:
            if unused := marks.labels["#VER"]:
                diagnostics.add("vouchers_not_of_type", sie_type=header.sie_type, count=unused)
            return Counts()
        reader = self._voucher_reader(header, diagnostics)
        for _ in reader.read():
            pass
        return reader.counts

    def _refuse_what_lacks_records(
        self, header: Header, found: tuple[TotalDifference, ...], *, vouchers: int
    ) -> None:
        """A file without a checksum tells that it was cut off by what it holds.

        Its last line has no end, or it should have vouchers and has none, and its own totals say
        that there was more. It would replace a whole year. (One that ends after a whole record
        can only be told by the proof of its totals, which partial exports fail by nature.)
        """
        whole = self._ends_with_a_line()
        if whole and (vouchers or header.sie_type != "4E"):
            return
        if header.sie_type == "4E":
            adds_up = not any(one.stated for one in found)
        else:
            adds_up = not header.totals_off_balance
        if not adds_up or (not whole and not header.control_totals):
            raise refused("cut_off", name=self.name, detail=NO_VOUCHERS if whole else NO_LINE_END)

    def _ends_with_a_line(self) -> bool:
        """Some programs leave out the last line end, but hardly what closes a voucher."""
        size_bytes = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, size_bytes - _TAIL_BYTES))
        tail = self._file.read(_TAIL_BYTES)
        last_line = tail.replace(b"\r", b"\n").rpartition(b"\n")[2].rstrip(b" \t\x1a")
        return last_line in (b"", b"}")

    def header(self) -> Header:
        """All but the vouchers. Raises UploadRefused as `judge` does, but checks less."""
        return self._supported(self._read_header().header)

    def documents(self) -> Iterator[str | SetAsideVoucher]:
        """The vouchers in the order of the file, as the JSON of their models."""
        header = self.header()
        if header.sie_type in TYPES_WITH_VOUCHERS:
            reader = self._voucher_reader(header, Diagnostics(), tells_twice=False)
            yield from reader.read()

    def vouchers(self) -> Iterator[Voucher | SetAsideVoucher]:
        """The same as models."""
        for document in self.documents():
            if isinstance(document, str):
                yield Voucher.model_validate_json(document)
            else:
                yield document

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

    def _read_header(self) -> _HeaderPass:
        if self._header is None:
            window, diagnostics = self.window(), Diagnostics()
            reader = HeaderReader(window, diagnostics=diagnostics)
            header = reader.read(self._scan().encoding, name=self.name)
            if not reader.marks.labels:
                raise refused("not_sie", name=self.name, detail=NO_RECORDS)
            replaced = window.replaced_characters
            self._header = _HeaderPass(header, reader.marks, diagnostics, replaced)
        return self._header

    def _refuse_what_is_cut_off(self, marks: Marks) -> None:
        if marks.checksum_open:
            raise refused("cut_off", name=self.name, detail=CHECKSUM_OPEN)
        if marks.voucher_open:
            raise refused("cut_off", name=self.name, detail=VOUCHER_OPEN)

    def _supported(self, header: Header | None) -> Header:
        if header is None:
            raise refused("type_not_supported", name=self.name)
        if header.fiscal_year is None:
            if header.sie_type == "4I":
                return header
            raise refused("fiscal_year_missing", name=self.name)
        if months_of(header.fiscal_year) > FISCAL_YEAR_MONTHS_MAX:
            span = f"{header.fiscal_year.first_day} – {header.fiscal_year.last_day}"
            raise refused("fiscal_year_too_long", name=self.name, detail=Sentence(span, span))
        return header

    def _voucher_reader(
        self, header: Header, diagnostics: Diagnostics, *, tells_twice: bool = True
    ) -> VoucherReader:
        rules = ReadingRules(
            year=header.fiscal_year,
            year_of_undated=(header.generated_on or date.min).replace(month=1, day=1),
            header_labels=HEADER_LABELS,
            numbers_given=header.sie_type != "4I",
            tells_twice=tells_twice,
            sums_up_to=sums_up_to(header),
        )
        return VoucherReader(self.window(), rules=rules, diagnostics=diagnostics)

    def _check_bytes(self, diagnostics: Diagnostics) -> None:
        scanned = self._scan()
        if scanned.control_characters:
            diagnostics.add("control_characters", count=scanned.control_characters)
        if scanned.encoding != "ascii" and (damaged := damaged_letters(self.window())):
            diagnostics.add("text_damaged", count=damaged)
        if replaced := self._read_header().replaced_characters:
            diagnostics.add("characters_replaced", count=replaced)

    def _check_checksum(self, diagnostics: Diagnostics, *, force: bool) -> None:
        match verify(self._file, self._scan().encoding, chunk_bytes=self._chunk_bytes):
            case "differs" if not force:
                raise refused("checksum_mismatch", name=self.name)
            case "differs":
                diagnostics.add("checksum_differs")
            case "uncheckable":
                diagnostics.add("checksum_uncheckable")


def _judgement(
    header: Header,
    counts: Counts,
    found: tuple[TotalDifference, ...],
    diagnostics: Diagnostics,
) -> Judgement:
    return Judgement(
        encoding=header.encoding,
        sie_type=header.sie_type,
        company_name=header.company_name,
        organisation_number=header.organisation_number,
        currency=header.currency,
        currency_is_stated=header.currency_is_stated,
        program=header.program,
        generated_on=header.generated_on,
        fiscal_year=header.fiscal_year,
        balances_up_to=sums_up_to(header),
        accounts=len(header.accounts),
        dimensions=len(header.dimensions),
        objects=len(header.objects),
        opening_balances=len(header.opening_balances),
        period_balances=len(header.period_balances),
        control_totals=len(header.control_totals),
        vouchers=counts.vouchers,
        postings=counts.postings,
        set_aside=counts.set_aside,
        differences=found,
        remarks=tuple(sorted(diagnostics.shown, key=lambda shown: shown.line)),
        remark_counts=dict(diagnostics.counts),
        severities=dict(diagnostics.severities()),
    )

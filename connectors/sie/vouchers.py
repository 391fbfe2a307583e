"""The vouchers of a file, in its order: ordinary ones at a stroke, all others with care.

SIE 4B, section 8.22 (#VER) and 8.20-8.21 (#TRANS, #RTRANS, #BTRANS); facts, sections 5 and 8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connectors.sie.amounts import Unreadable, read_date
from connectors.sie.checked import Fields, checked_voucher
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.draft import Draft
from connectors.sie.fields import BLANKS, Record, label_of, read_record
from connectors.sie.keys import SeenKeys
from connectors.sie.lines import LINE_CHARACTERS_MAX, LOOKAHEAD_CHARACTERS, LineWindow
from connectors.sie.ordinary import VOUCHER, ordinary_voucher
from connectors.sie.set_aside import check_size, set_aside_voucher
from schemas.bookkeeping import FiscalYear, SetAsideVoucher, Voucher
from schemas.limits import (
    NUMBER_CHARACTERS_MAX,
    SERIES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)

# Series, number, date, text, date of registration, sign; account, objects, amount, date, text,
# quantity, sign.
VER_FIELDS, ROW_FIELDS = 6, 7
ROW_LABELS = frozenset(("#TRANS", "#RTRANS", "#BTRANS"))


@dataclass
class Counts:
    """What a pass over the vouchers has counted; postings are booked or added ones."""

    vouchers: int = 0
    postings: int = 0
    set_aside: int = 0


class VoucherReader:
    """One pass over the vouchers of a file."""

    def __init__(
        self,
        window: LineWindow,
        *,
        year: FiscalYear,
        header_labels: frozenset[str],
        diagnostics: Diagnostics,
    ) -> None:
        self.counts = Counts()
        self.window = window
        self._year = year
        self._header_labels = header_labels
        self._diagnostics = diagnostics
        self._keys = SeenKeys()

    def read(self) -> Iterator[Voucher | SetAsideVoucher]:
        """Every voucher: those that can be booked, and those that are set aside."""
        window, counts = self.window, self.counts
        while window.fill():
            match = VOUCHER.match(window.text, window.position)
            fields = None
            if match and match.end() - window.position <= LOOKAHEAD_CHARACTERS:
                fields = ordinary_voucher(match, self._year)
            if fields is None or match is None:
                read = self._read_line()
                if read is not None:
                    yield read
                continue
            window.position = match.start(1)
            self._number(fields)
            window.position = match.end()
            counts.vouchers += 1
            counts.postings += match[7].count("#TRANS")
            yield checked_voucher(fields)

    def _number(self, fields: Fields, line: int | None = None) -> None:
        """Counts the voucher's key; the line is that of the window where none is given."""
        series, number = fields["series"], fields["number"]
        occurrence = self._keys.occurrence(series, number)
        if occurrence > 1:
            fields["occurrence"] = occurrence
            line = self.window.line if line is None else line
            self._diagnostics.add("number_twice", line=line, series=series, number=number)

    def _read_line(self) -> Voucher | SetAsideVoucher | None:
        """Reads the voucher that begins at this line; None where none does."""
        line = self.window.peek()
        if line is None:
            self.window.position = len(self.window.text)
            return None
        label = label_of(line)
        if label == "#VER":
            return self._read_voucher(line)
        if label in ROW_LABELS:
            self._diagnostics.add("row_outside_voucher", line=self.window.line, label=label)
        self.window.advance()
        return None

    def _read_voucher(self, line: str) -> Voucher | SetAsideVoucher:
        record = read_record(line)
        assert record is not None, "the line has the label #VER"
        number = self.window.line
        draft = Draft(number, self._voucher_date(record, number), self._year, self._diagnostics)
        self._check_line(draft, line, record, number)
        draft.keep_source(line)
        self.window.advance()
        self._read_rows(draft, opened=record.opens)
        draft.forget_twin(number)
        return self._finished(draft, record)

    def _read_rows(self, draft: Draft, *, opened: bool) -> None:
        if opened:
            draft.remark("brace_misplaced", draft.line)
        while (line := self.window.peek()) is not None:
            content = line.strip(BLANKS)
            label = label_of(line)
            if label == "#VER" or label in self._header_labels:
                break
            draft.keep_source(line)
            number = self.window.line
            self.window.advance()
            if content == "{" and not opened:
                opened = True
            elif content == "}":
                if not opened:
                    draft.remark("brace_missing", draft.line)
                return
            elif label in ROW_LABELS:
                record = read_record(line)
                assert record is not None, "the line has a label"
                self._check_line(draft, line, record, number)
                draft.add(record, number)
                if record.closes:
                    draft.remark("brace_misplaced", number)
                    return
        if draft.source_characters and (opened or draft.booked):
            draft.remark("brace_missing", draft.line)

    def _check_line(self, draft: Draft, line: str, record: Record, number: int) -> None:
        if len(line) >= LINE_CHARACTERS_MAX:
            draft.fail("outside_limits", f"{record.label} {record.joined(0)}")
        if len(record.fields) > (VER_FIELDS if record.label == "#VER" else ROW_FIELDS):
            self._diagnostics.add_first("fields_surplus", line=number, label=record.label)
        if record.quote_unclosed:
            draft.remark("quote_unclosed", number, label=record.label)
        if record.quote_inside:
            draft.remark("quote_inside", number, label=record.label)

    def _voucher_date(self, record: Record, number: int) -> date | None:
        text = record.text(2)
        try:
            day = read_date(text)
        except Unreadable:
            return None
        if "-" in text:
            self._diagnostics.add("date_irregular", line=number, text=text)
        if not self._year.first_day <= day <= self._year.last_day:
            self._diagnostics.add("date_outside_year", line=number, date=day)
        return day

    def _finished(self, draft: Draft, record: Record) -> Voucher | SetAsideVoucher:
        fields = self._fields(draft, record)
        if draft.problem is None and draft.total_ore:
            draft.fail("unbalanced", "")
        self._number(fields, draft.line)
        if draft.problem is None:
            voucher = Voucher.model_validate(fields)
            check_size(draft, voucher)
            if draft.problem is None:
                self.counts.vouchers += 1
                self.counts.postings += draft.booked
                return voucher
        self.counts.set_aside += 1
        return set_aside_voucher(draft, fields)

    def _fields(self, draft: Draft, record: Record) -> Fields:
        series, number = record.text(0), record.text(1)
        text, signature = record.text(3), record.text(5)
        if draft.voucher_date is None:
            draft.problem = None
            draft.fail("voucher_date", f"#VER {record.joined(0)}")
        if (
            len(series) > SERIES_CHARACTERS_MAX
            or len(number) > NUMBER_CHARACTERS_MAX
            or max(len(text), len(signature)) > TEXT_CHARACTERS_MAX
        ):
            draft.fail("outside_limits", f"#VER {record.joined(0)}")
        fields: Fields = {
            "fiscal_year": self._year.first_day,
            "series": series[:SERIES_CHARACTERS_MAX],
            "number": number[:NUMBER_CHARACTERS_MAX],
            "voucher_date": draft.voucher_date,
            "postings": draft.postings,
        }
        registered_on = self._registered_on(record.text(4), draft)
        rest = {"text": text, "registered_on": registered_on, "signature": signature}
        fields.update({name: value for name, value in rest.items() if value})
        return fields

    def _registered_on(self, text: str, draft: Draft) -> date | None:
        if not text:
            return None
        try:
            return read_date(text)
        except Unreadable:
            draft.remark("row_date_unreadable", draft.line, text=text)
            return None

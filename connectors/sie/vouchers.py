"""The vouchers of a file, in its order: ordinary ones at a stroke, all others with care.

SIE 4B, section 8.22 (#VER) and 8.20-8.21 (#TRANS, #RTRANS, #BTRANS); facts, sections 5 and 8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connectors.sie.amounts import Unreadable, read_date
from connectors.sie.counts import Counts
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.draft import Draft, Fields
from connectors.sie.fields import BLANKS, Record, label_of, read_record
from connectors.sie.keys import SeenKeys
from connectors.sie.lines import LINE_CHARACTERS_MAX, LOOKAHEAD_CHARACTERS, LineWindow
from connectors.sie.ordinary import VOUCHER, OrdinaryVouchers
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
# What a subsystem (4I) writes where the receiver is to give the number.
NO_NUMBER = ("", "0")


@dataclass(frozen=True)
class ReadingRules:
    """What the head of a file decides about its vouchers."""

    year: FiscalYear | None  # None: each voucher's calendar year stands for it.
    year_of_undated: date
    header_labels: frozenset[str]
    numbers_given: bool = True  # False in a 4I file: its vouchers get their identity later.
    tells_twice: bool = True  # Whether a number that comes twice is worth remembering there.
    sums_up_to: date | None = None  # None: all that is moved is summed up.


class VoucherReader:
    """One pass over the vouchers of a file."""

    def __init__(
        self, window: LineWindow, *, rules: ReadingRules, diagnostics: Diagnostics
    ) -> None:
        self.counts = Counts()
        self.window = window
        self._rules = rules
        self._year = rules.year
        self._diagnostics = diagnostics
        self._keys = SeenKeys()
        self._ordinary = OrdinaryVouchers(rules.year, counts=self.counts, up_to=rules.sums_up_to)

    def read(self) -> Iterator[str | SetAsideVoucher]:
        """Every voucher: the JSON of those that can be booked, and those that are set aside."""
        window, counts = self.window, self.counts
        while window.fill():
            match = VOUCHER.match(window.text, window.position)
            document = None
            if match and match.end() - window.position <= LOOKAHEAD_CHARACTERS:
                document = self._ordinary.document(match)
            if document is None or match is None:
                read = self._read_line()
                if read is not None:
                    yield read
                continue
            window.position = match.start(1)
            occurrence = self._occurrence(match[1].strip('"'), match[2].strip('"'))
            if occurrence > 1:  # No text of the document has quotes in it.
                after = ',"voucher_date":'
                document = document.replace(after, f',"occurrence":{occurrence}{after}', 1)
            window.position = match.end()
            counts.vouchers += 1
            yield document

    def _occurrence(self, series: str, number: str, line: int | None = None) -> int:
        """Which one it is with its key; the line is that of the window where none is given."""
        rules = self._rules
        if not rules.numbers_given and (number in NO_NUMBER or not rules.tells_twice):
            return 1
        occurrence = self._keys.occurrence(series, number)
        if occurrence > 1:
            line = self.window.line if line is None else line
            self._diagnostics.add("number_twice", line=line, series=series, number=number)
        return occurrence if rules.numbers_given else 1

    def _read_line(self) -> str | SetAsideVoucher | None:
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

    def _read_voucher(self, line: str) -> str | SetAsideVoucher:
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
            if label == "#VER" or label in self._rules.header_labels:
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
        if self._year is not None and not self._year.first_day <= day <= self._year.last_day:
            self._diagnostics.add("date_outside_year", line=number, date=day)
        return day

    def _finished(self, draft: Draft, record: Record) -> str | SetAsideVoucher:
        fields = self._fields(draft, record)
        if draft.problem is None and draft.total_ore:
            draft.fail("unbalanced", "")
        occurrence = self._occurrence(fields["series"], fields["number"], draft.line)
        if occurrence > 1:
            fields["occurrence"] = occurrence
        if draft.problem is None:
            document = Voucher.model_validate(fields).model_dump_json(exclude_defaults=True)
            check_size(draft, document)
            if draft.problem is None:
                self._count(draft)
                return document
        self.counts.set_aside += 1
        self.counts.undated += draft.voucher_date is None
        return set_aside_voucher(draft, fields)

    def _count(self, draft: Draft) -> None:
        self.counts.vouchers += 1
        self.counts.postings += draft.booked
        assert draft.voucher_date is not None, "a voucher without a date is set aside"
        if self._rules.sums_up_to is None or draft.voucher_date <= self._rules.sums_up_to:
            self.counts.moved.update(draft.moved)

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
            "fiscal_year": self._fiscal_year(draft.voucher_date),
            "series": series[:SERIES_CHARACTERS_MAX],
            "number": number[:NUMBER_CHARACTERS_MAX],
            "voucher_date": draft.voucher_date,
            "postings": draft.postings,
        }
        registered_on = self._registered_on(record.text(4), draft)
        rest = {"text": text, "registered_on": registered_on, "signature": signature}
        fields.update({name: value for name, value in rest.items() if value})
        return fields

    def _fiscal_year(self, voucher_date: date | None) -> date:
        if self._year is not None:
            return self._year.first_day
        return voucher_date.replace(month=1, day=1) if voucher_date else self._rules.year_of_undated

    def _registered_on(self, text: str, draft: Draft) -> date | None:
        if not text:
            return None
        try:
            return read_date(text)
        except Unreadable:
            draft.remark("row_date_unreadable", draft.line, text=text)
            return None

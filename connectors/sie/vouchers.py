"""The vouchers of a file, in its order: ordinary ones at a stroke, all others with care.

SIE 4B, section 8.22 (#VER) and 8.20-8.21 (#TRANS, #RTRANS, #BTRANS); facts, sections 5 and 8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connectors.sie.amounts import ORE_MAX, Unreadable, amount_of, read_date
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.draft import Draft
from connectors.sie.fields import BLANKS, Record, label_of, read_record
from connectors.sie.keys import SeenKeys
from connectors.sie.lines import LINE_CHARACTERS_MAX, LineWindow
from connectors.sie.ordinary import VOUCHER, VoucherContent, ordinary_voucher
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.limits import (
    NUMBER_CHARACTERS_MAX,
    SERIES_CHARACTERS_MAX,
    SET_ASIDE_SOURCE_BYTES_MAX,
    TEXT_CHARACTERS_MAX,
    VOUCHER_BYTES_MAX,
)

ROW_LABELS = frozenset(("#TRANS", "#RTRANS", "#BTRANS"))
# Source below this cannot become a document above VOUCHER_BYTES_MAX.
_SMALL_SOURCE_CHARACTERS = 256 * 1024


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
        fiscal_year: date,
        header_labels: frozenset[str],
        diagnostics: Diagnostics,
    ) -> None:
        self.counts = Counts()
        self.window = window
        self._fiscal_year = fiscal_year
        self._header_labels = header_labels
        self._diagnostics = diagnostics
        self._keys = SeenKeys()

    def contents(self) -> Iterator[VoucherContent | SetAsideVoucher]:
        """The fields of every voucher that can be booked, and those that are set aside."""
        window, counts = self.window, self.counts
        while window.fill():
            match = VOUCHER.match(window.text, window.position)
            content = ordinary_voucher(match, self._fiscal_year) if match else None
            if content is None or match is None:
                read = self._read_line()
                if read is not None:
                    yield read
                continue
            window.position = match.start(1)
            self._number(content)
            window.position = match.end()
            counts.vouchers += 1
            counts.postings += len(content["postings"])
            yield content

    def _number(self, content: VoucherContent) -> None:
        occurrence = self._keys.occurrence(content["series"], content["number"])
        if occurrence > 1:
            content["occurrence"] = occurrence
            self._diagnostics.add(
                "number_twice",
                line=self.window.line,
                series=content["series"],
                number=content["number"],
            )

    def _read_line(self) -> VoucherContent | SetAsideVoucher | None:
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

    def _read_voucher(self, line: str) -> VoucherContent | SetAsideVoucher:
        record = read_record(line)
        assert record is not None, "the line has the label #VER"
        number = self.window.line
        draft = Draft(number, self._voucher_date(record, number), self._diagnostics)
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
        return day

    def _finished(self, draft: Draft, record: Record) -> VoucherContent | SetAsideVoucher:
        content = self._content(draft, record)
        if draft.problem is None and draft.total_ore:
            draft.fail("unbalanced", "")
        if draft.problem is None and draft.source_characters > _SMALL_SOURCE_CHARACTERS:
            _check_size(draft, content)
        self._number_at(draft, content)
        if draft.problem is not None:
            return self._set_aside(draft, content)
        self.counts.vouchers += 1
        self.counts.postings += draft.booked
        return content

    def _number_at(self, draft: Draft, content: VoucherContent) -> None:
        occurrence = self._keys.occurrence(content["series"], content["number"])
        if occurrence > 1:
            content["occurrence"] = occurrence
            draft.remark(
                "number_twice", draft.line, series=content["series"], number=content["number"]
            )

    def _content(self, draft: Draft, record: Record) -> VoucherContent:
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
        content: VoucherContent = {
            "fiscal_year": self._fiscal_year,
            "series": series[:SERIES_CHARACTERS_MAX],
            "number": number[:NUMBER_CHARACTERS_MAX],
            "voucher_date": draft.voucher_date,
            "postings": draft.postings,
        }
        registered_on = self._registered_on(record.text(4), draft)
        rest = {"text": text, "registered_on": registered_on, "signature": signature}
        content.update({name: value for name, value in rest.items() if value})
        return content

    def _registered_on(self, text: str, draft: Draft) -> date | None:
        if not text:
            return None
        try:
            return read_date(text)
        except Unreadable:
            draft.remark("row_date_unreadable", draft.line, text=text)
            return None

    def _set_aside(self, draft: Draft, content: VoucherContent) -> SetAsideVoucher:
        problem = draft.problem
        assert problem is not None, "only a voucher with a problem is set aside"
        self.counts.set_aside += 1
        known = problem.reason in ("unbalanced", "too_large", "voucher_date")
        difference = draft.total_ore if known and abs(draft.total_ore) <= ORE_MAX else 0
        draft.remark(
            f"set_aside_{problem.reason}",
            draft.line,
            series=content["series"],
            number=content["number"],
            difference=amount_of(difference),
            detail=problem.detail,
        )
        return SetAsideVoucher.model_validate(
            {
                "fiscal_year": self._fiscal_year,
                "series": content["series"],
                "number": content["number"],
                "occurrence": content.get("occurrence", 1),
                "reason": problem.reason,
                "detail": problem.detail,
                "difference": amount_of(difference) if difference else None,
                "source_text": _cut("\n".join(draft.source)),
            }
        )


def _check_size(draft: Draft, content: VoucherContent) -> None:
    voucher = Voucher.model_validate(content)
    document = Voucher.__pydantic_serializer__.to_json(voucher, exclude_defaults=True)
    if len(document) > VOUCHER_BYTES_MAX:
        draft.fail("too_large", f"{len(document)} > {VOUCHER_BYTES_MAX}")


def _cut(text: str) -> str:
    """At most SET_ASIDE_SOURCE_BYTES_MAX bytes of UTF-8, and only whole characters."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= SET_ASIDE_SOURCE_BYTES_MAX:
        return text
    return encoded[:SET_ASIDE_SOURCE_BYTES_MAX].decode("utf-8", "ignore")

"""The pass that reads all but the vouchers, over which it skips at a stroke."""

from collections import Counter
from dataclasses import dataclass

from connectors.sie.accounts import Chart, Dimensions
from connectors.sie.balances import Balances
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.encoding import Encoding
from connectors.sie.fields import BLANKS, Record, label_of, read_record
from connectors.sie.header import Header, sie_type_of
from connectors.sie.header_checks import check_header
from connectors.sie.identity import Identity
from connectors.sie.lines import LineWindow
from connectors.sie.ordinary import BLOCKS
from connectors.sie.vouchers import ROW_LABELS

# Known, and of no use to us.
_UNUSED_LABELS = frozenset(("#FORMAT", "#FTYP", "#FNR", "#BKOD", "#ADRESS", "#KPTYP"))
CHECKSUM_LABEL = "#KSUMMA"
HEADER_LABELS = (
    Identity.LABELS
    | Chart.LABELS
    | Dimensions.LABELS
    | Balances.LABELS
    | _UNUSED_LABELS
    | {CHECKSUM_LABEL}
)


@dataclass
class Marks:
    """What tells a file that was cut off, or that is no SIE file at all."""

    labels: Counter[str]  # The known ones, outside ordinary vouchers.
    voucher_open: bool = False  # A { without its }.
    checksum_open: bool = False  # A #KSUMMA without its second.
    contradictions: frozenset[str] = frozenset()  # Labels that stand there twice, and differ.


class HeaderReader:
    """One pass over everything that is no voucher."""

    def __init__(self, window: LineWindow, *, diagnostics: Diagnostics) -> None:
        self.marks = Marks(Counter())
        self._window = window
        self._diagnostics = diagnostics
        self._identity = Identity(diagnostics)
        self._chart = Chart(diagnostics)
        self._dimensions = Dimensions(diagnostics)
        self._balances = Balances(diagnostics)

    def read(self, encoding: Encoding, *, name: str) -> Header | None:
        """The header, or None where #SIETYP names no type that there is."""
        window = self._window
        while window.fill():
            match = BLOCKS.match(window.text, window.position)
            if match:
                window.position = match.end()
                self.marks.labels["#VER"] += 1
                self.marks.voucher_open = False
                continue
            line = window.peek()
            if line is None:
                break
            self._take_line(line)
            window.advance()
        return self._header(encoding, name)

    def _take_line(self, line: str) -> None:
        label = label_of(line)
        if not label:
            self._take_text(line.strip(BLANKS))
        elif label in ROW_LABELS:
            if self.marks.voucher_open and line.rstrip(BLANKS).endswith("}"):
                record = read_record(line)
                self.marks.voucher_open = record is None or not record.closes
        elif label == "#VER":
            self.marks.labels[label] += 1
            record = read_record(line) if "{" in line else None
            self.marks.voucher_open = record is not None and record.opens
        elif label in HEADER_LABELS:
            record = read_record(line)
            assert record is not None, "the line has a label"
            self.marks.labels[label] += 1
            self.marks.voucher_open = False
            self._take_record(record)
        else:
            self._diagnostics.add_first("label_unknown", line=self._window.line, label=label)

    def _take_text(self, text: str) -> None:
        if text == "{":
            self.marks.voucher_open = True
        elif text == "}":
            self.marks.voucher_open = False
        elif text:
            self._diagnostics.add("text_ignored", line=self._window.line, text=text)

    def _take_record(self, record: Record) -> None:
        line = self._window.line
        if record.quote_unclosed:
            self._diagnostics.add("quote_unclosed", line=line, label=record.label)
        if record.quote_inside:
            self._diagnostics.add("quote_inside", line=line, label=record.label)
        for collector in (self._identity, self._chart, self._dimensions, self._balances):
            if record.label in collector.LABELS:
                collector.take(record, line)
        if record.label == CHECKSUM_LABEL:
            self.marks.checksum_open = not record.text(0)

    def _header(self, encoding: Encoding, name: str) -> Header | None:
        identity, labels = self._identity, self.marks.labels
        self.marks.contradictions = frozenset(identity.contradictions)
        sie_type = sie_type_of(identity.sie_type, labels, name=name)
        if sie_type is None:
            return None
        balances = self._balances.of_type(sie_type)
        header = Header(
            encoding=encoding,
            sie_type=sie_type,
            company_name=identity.company_name,
            organisation_number=identity.organisation_number,
            currency=identity.currency,
            currency_is_stated=identity.currency_is_stated,
            program=identity.program,
            generated_on=identity.generated_on,
            # A file without balances has nothing to say about how far they go.
            balances_up_to=identity.balances_up_to if sie_type != "4I" else None,
            fiscal_years=identity.fiscal_years,
            accounts=self._chart.accounts(),
            dimensions=self._dimensions.dimensions(self._balances.dimensions_used()),
            objects=self._dimensions.objects(),
            balances=balances,
        )
        check_header(header, self._diagnostics)
        return header

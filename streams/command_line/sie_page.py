"""The report on an SIE file as a page for a terminal, and a line of each of several files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from streams.command_line.show import (
    NOTHING,
    Cell,
    add_row,
    amount,
    count,
    day,
    new_table,
    organisation_number,
    print_rows,
    printable,
    printer,
)
from streams.command_line.sie_report import Counts, SeverityRemark, SieFacts, SieReport
from streams.command_line.texts import label
from streams.command_line.words import word

REMARKS_SHOWN_MAX = 10
DIFFERENCES_SHOWN_MAX = 10
SUMMARY_COUNTS = ("vouchers", "postings", "set_aside", "remarks", "information")
SUMMARY = ("file", "type", "company", "fiscal_year", *SUMMARY_COUNTS, "totals")
SPARE = ("information", "postings", "company", "fiscal_year")
# The gravest first.
STYLES = {"error": "red", "warning": "yellow", "information": "dim"}
COLOURS = {"agree": "green", "differ": "red", "none": "dim"}


def show_report(report: SieReport, language: str, *, shows_all: bool) -> None:
    """What is in the file, section by section; or why it was refused."""
    console = printer()
    console.print(printable(report.file), style="bold")
    if report.refusal is not None:
        console.print(f"  {report.refusal.code}: {printable(report.refusal.message)}", style="red")
        console.print()
        return
    page = Table.grid(padding=(0, 2, 0, 0))
    for title, section in _sections(report, language, shows_all=shows_all):
        page.add_row(Text(label(title, language), style="dim"), section)
    console.print(page)
    console.print()


def show_summary(reports: Sequence[SieReport], language: str) -> None:
    """A line of each file."""
    rows = [_summary(report, language) for report in reports]
    print_rows(rows, language, SUMMARY, right=SUMMARY_COUNTS, expendable=SPARE)


def _summary(report: SieReport, language: str) -> dict[str, Cell]:
    """A line of the table; what says nothing is empty."""
    row: dict[str, Cell] = {**dict.fromkeys(SUMMARY, ""), "file": Path(report.file).name}
    facts, counts = report.facts, report.counts
    if facts is None or counts is None:
        assert report.refusal is not None, "a file that was read has facts"
        return row | {"totals": Text(report.refusal.code, "red")}
    information = report.severity_counts.get("information", 0)
    numbers = {
        "vouchers": counts.vouchers,
        "postings": counts.postings,
        "set_aside": counts.set_aside,
        "remarks": report.remark_count,
        "information": information,
    }
    return (
        row
        | {name: count(number, language) if number else "" for name, number in numbers.items()}
        | {
            "type": facts.sie_type,
            "company": facts.company_name,
            "fiscal_year": day(facts.fiscal_year.first_day) if facts.fiscal_year else "",
            "totals": Text(word(report.totals, language), COLOURS[report.totals]),
        }
    )


def _sections(
    report: SieReport, language: str, *, shows_all: bool
) -> Iterator[tuple[str, Text | Table]]:
    assert report.facts is not None, "the caller has looked"
    assert report.counts is not None, "the caller has looked"
    yield "company", Text(_company(report.facts))
    yield "source", Text(_source(report.facts, language))
    if report.facts.fiscal_year:
        year = report.facts.fiscal_year
        yield "fiscal_year", Text(f"{year.first_day} – {year.last_day}")
    numbers = {name: count(value, language) for name, value in report.counts}
    yield "chart", Text(label("sie.charts", language, **numbers))
    yield "balances", Text(label("sie.balances", language, **numbers))
    yield "vouchers", Text(_vouchers(report.counts, language))
    yield "totals", _totals(report, language, shows_all=shows_all)
    yield "remarks", _remarks(report, language, shows_all=shows_all)


def _company(facts: SieFacts) -> str:
    number = organisation_number(facts.organisation_number or None)
    return printable(", ".join((facts.company_name or NOTHING, number, facts.currency)))


def _source(facts: SieFacts, language: str) -> str:
    parts = [label("sie.type", language, sie_type=facts.sie_type), facts.encoding, facts.program]
    if facts.generated_on:
        parts.append(label("sie.generated_on", language, day=facts.generated_on))
    return printable(", ".join(filter(None, parts)))


def _vouchers(counts: Counts, language: str) -> str:
    numbers = {name: count(value, language) for name, value in counts}
    return label("counts", language, **numbers)


def _totals(report: SieReport, language: str, *, shows_all: bool) -> Text | Table:
    number = count(len(report.differences), language)
    if report.totals != "differ":
        return Text(label(f"sie.totals.{report.totals}", language), COLOURS[report.totals])
    amounts = ("stated", "computed", "difference")
    table = new_table(language, ["account", *amounts], right=amounts)
    table.title = label("sie.totals.differ", language, count=number)
    table.title_justify, table.title_style = "left", "red"
    shown = report.differences if shows_all else report.differences[:DIFFERENCES_SHOWN_MAX]
    for one in shown:
        values = (one.expected, one.actual, one.actual - one.expected)
        add_row(table, one.account, *(amount(value, language) for value in values))
    table.caption = _more(len(report.differences) - len(shown), language)
    table.caption_justify = "left"
    return table


def _remarks(report: SieReport, language: str, *, shows_all: bool) -> Text | Table:
    if not report.remark_counts:
        return Text(label("sie.no_remarks", language), "green")
    table = new_table(language, ["line", "severity", "code", "message"], right=("line",))
    shown = report.remarks if shows_all else _gravest(report.remarks)
    for remark in shown:
        add_row(
            table,
            str(remark.line or NOTHING),
            Text(word(remark.severity, language), STYLES[remark.severity]),
            remark.code,
            remark.message,
        )
    captions = [_more(len(report.remarks) - len(shown), language)]
    total = sum(report.remark_counts.values())
    if total > len(report.remarks):
        captions.append(label("sie.counted", language, count=count(total, language)))
    table.caption = "\n".join(filter(None, captions)) or None
    table.caption_justify = "left"
    return table


def _gravest(remarks: Sequence[SeverityRemark]) -> list[SeverityRemark]:
    """The first ones of the gravest kinds, by line."""
    chosen = sorted(remarks, key=lambda remark: list(STYLES).index(remark.severity))
    return sorted(chosen[:REMARKS_SHOWN_MAX], key=lambda remark: remark.line)


def _more(rest: int, language: str) -> str | None:
    return label("sie.more", language, count=count(rest, language)) if rest else None

"""What there is to say about imported files in a terminal: sentences, then a line of each."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from streams.command_line.imported_file import ImportedFile
from streams.command_line.show import Cell, count, day, print_rows, printable
from streams.command_line.texts import label
from streams.command_line.words import word

OF_VOUCHERS = ("vouchers", "postings")
OF_BALANCES = ("accounts", "opening_balances", "control_totals", "period_balances")
OF_RUN = ("created", "changed", "removed", "unchanged")
COUNTS = (*OF_VOUCHERS, "set_aside", *OF_RUN, *OF_BALANCES)
COLUMNS = ("file", "status", "fiscal_year", *COUNTS, "verification", "remarks", "reason")
SPARE = (
    "postings",
    "opening_balances",
    "period_balances",
    "control_totals",
    "unchanged",
    "fiscal_year",
    "remarks",
    "accounts",
    "created",
)
REMARKS_SHOWN_MAX = 10


def tell_file(result: ImportedFile, company_id: str, language: str) -> None:
    """Why it was refused, what is odd about it, and what a user may not expect, on stderr."""
    file = printable(result.file)
    if result.reason is not None:
        typer.echo(f"{file}: {result.reason}: {printable(result.message or '')}", err=True)
    shown = result.remarks[:REMARKS_SHOWN_MAX]
    for remark in shown:
        message = printable(remark.message)
        told = label("remark_line", language, file=file, line=remark.line, message=message)
        typer.echo(told if remark.line else f"{file}: {message}", err=True)
    if more := result.remark_count - len(shown):
        told = label("more_remarks", language, file=file, count=count(more, language))
        typer.echo(told, err=True)
    for key, number in _notes(result):
        facts = {"file": file, "company_id": company_id, "count": count(number, language)}
        typer.echo(label(f"note.{key}", language, **facts), err=True)


def _notes(result: ImportedFile) -> Iterator[tuple[str, int]]:
    if result.removed:
        yield "removed", result.removed
    if result.set_aside:
        yield "set_aside", result.set_aside
    if result.differing_accounts:
        yield "differs", result.differing_accounts


def show_files(done: Sequence[ImportedFile], language: str) -> None:
    """A line of each file, with the columns that say something."""
    rows = [_row(result, language) for result in done]
    print_rows(
        rows,
        language,
        COLUMNS,
        right=(*COUNTS, "remarks"),
        expendable=SPARE,
    )


def _row(result: ImportedFile, language: str) -> dict[str, Cell]:
    """A line of the table; what says nothing is empty."""
    counts: dict[str, int | None] = {name: getattr(result, name) for name in COUNTS}
    if result.has_vouchers:
        counts |= dict.fromkeys(OF_BALANCES)  # Beside its vouchers they are no news.
    told: dict[str, Cell] = {
        name: count(number, language) if number else "" for name, number in counts.items()
    }
    if result.has_vouchers and result.status != "refused":
        told |= {name: count(getattr(result, name), language) for name in OF_VOUCHERS}
    return told | {
        "file": Path(result.file).name,
        "status": word(result.status, language),
        "fiscal_year": day(result.fiscal_year) if result.fiscal_year else "",
        "verification": _verification(result, language),
        "remarks": count(result.remark_count, language) if result.remark_count else "",
        "reason": word(result.reason, language) if result.reason else "",
    }


def _verification(result: ImportedFile, language: str) -> str:
    if result.verification is None:
        return ""
    state = word(result.verification, language)
    if not result.differing_accounts:
        return state
    number = count(result.differing_accounts, language)
    return label("differing_accounts", language, state=state, count=number)

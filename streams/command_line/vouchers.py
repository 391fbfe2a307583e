"""`bokflow vouchers`: the vouchers of a company with their postings."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Protocol, TypeVar

import asyncpg
import typer
from rich.table import Table

from projections.queries.selection import Selection
from projections.queries.set_aside_vouchers import set_aside_vouchers
from projections.queries.vouchers import PostingRow, StruckRow, VoucherRow
from projections.queries.vouchers import vouchers as vouchers_of
from schemas.model import Model
from streams.command_line.answer import refusals
from streams.command_line.books import Books, BooksInUse
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Year,
    check_company_id,
    read_year,
)
from streams.command_line.refusal import EXIT_USAGE, CommandRefused
from streams.command_line.set_aside_page import show_set_aside
from streams.command_line.show import add_row, amount, new_table, printer
from streams.command_line.texts import label

TABLE_VOUCHERS = 50
Row = TypeVar("Row", bound=Model)
Found = TypeVar("Found", bound=Model, covariant=True)
RowsOf = Callable[[asyncpg.Connection, Selection, str], AsyncIterator[Row]]

Series = Annotated[str | None, typer.Option(metavar="SERIES", help="Only this series.")]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help="The first so many, by date; 50 in a table, else all."),
]
Latest = Annotated[int | None, typer.Option(min=1, help="The latest so many, by date.")]


SetAside = Annotated[
    bool, typer.Option("--set-aside", help="Those that could not be booked, and why.")
]


class Query(Protocol[Found]):
    """What is asked of the tables in a schema."""

    def __call__(
        self, connection: asyncpg.Connection, company_id: str, selection: Selection, *, ledger: str
    ) -> AsyncIterator[Found]: ...


def vouchers(
    company: Company,
    year: Year = None,
    series: Series = None,
    limit: Limit = None,
    latest: Latest = None,
    set_aside: SetAside = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """List the vouchers of a company by date, series and number."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        show_vouchers(
            options,
            BooksInUse(options),
            company,
            year=year,
            series=series,
            limit=limit,
            latest=latest,
            set_aside=set_aside,
        )


def show_vouchers(
    options: Options,
    books: Books,
    company: str,
    *,
    year: str | None,
    series: str | None,
    limit: int | None,
    latest: int | None,
    set_aside: bool,
) -> None:
    """Shows the vouchers that the books hold. Raises CommandRefused, NotFound."""
    if limit is not None and latest is not None:
        raise CommandRefused("first_or_latest", exit_code=EXIT_USAGE)
    selection = Selection(read_year(year), series, limit, latest)
    if set_aside:
        _print(options, books, selection, _rows_of(set_aside_vouchers, company), show_set_aside)
    else:
        _print(options, books, selection, _rows_of(vouchers_of, company), _show)


def _rows_of(query: Query[Row], company: str) -> RowsOf[Row]:
    return lambda connection, selection, ledger: query(
        connection, company, selection, ledger=ledger
    )


def _print(
    options: Options,
    books: Books,
    selection: Selection,
    rows_of: RowsOf[Row],
    show: Callable[[Sequence[Row], str], None],
) -> None:
    if options.is_json:
        _print_json(books, lambda connection, ledger: rows_of(connection, selection, ledger))
        return
    shown_max = selection.latest or selection.first or TABLE_VOUCHERS
    if selection.latest is None:
        # One more, to see whether there are more.
        selection = replace(selection, first=shown_max + 1)

    async def question(connection: asyncpg.Connection, ledger: str) -> list[Row]:
        return [row async for row in rows_of(connection, selection, ledger)]

    found = books.ask(question)
    if not found:
        typer.echo(label("no_vouchers", options.language), err=True)
        return
    show(found[:shown_max], options.language)
    if len(found) > shown_max:
        typer.echo(label("more_vouchers", options.language), err=True)


def _print_json(
    books: Books, rows_of: Callable[[asyncpg.Connection, str], AsyncIterator[Model]]
) -> None:
    """One voucher a line, as they come: there may be more than memory holds."""
    stdout = typer.get_binary_stream("stdout")

    async def question(connection: asyncpg.Connection, ledger: str) -> None:
        start = "["
        async for voucher in rows_of(connection, ledger):
            stdout.write(f"{start}\n{voucher.model_dump_json()}".encode())
            start = ","
        stdout.write(b"[]\n" if start == "[" else b"\n]\n")

    books.ask(question)


def _show(found: Sequence[VoucherRow], language: str) -> None:
    table = new_table(language, ["date", "voucher", "account", "text", "amount"], right=["amount"])
    for voucher in found:
        _add(table, voucher, language)
    printer().print(table)


def _add(table: Table, voucher: VoucherRow, language: str) -> None:
    """The voucher's own row, then its postings, then what was struck."""
    name = f"{voucher.series} {voucher.number}".strip()
    add_row(table, str(voucher.date), name, "", voucher.text, "", style="bold")
    for row, is_struck in _rows(voucher):
        objects = [f"{dimension}:{number}" for dimension, number in row.objects.items()]
        struck = [label("struck", language)] if is_struck else []
        text = ", ".join(filter(None, (row.text, *objects, *struck)))
        style = "dim strike" if is_struck else None
        add_row(table, "", "", row.account, text, amount(row.amount, language), style=style)


def _rows(voucher: VoucherRow) -> Iterator[tuple[PostingRow | StruckRow, bool]]:
    yield from ((row, False) for row in voucher.postings)
    yield from ((row, True) for row in voucher.struck)

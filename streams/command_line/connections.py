"""`bokflow connections`: which companies are connected to which accounting system, and how."""

import asyncpg
import typer
from rich.table import Table
from rich.text import Text

from projections.queries.connections import ConnectionRow, connection_of
from projections.queries.connections import connections as all_connections
from schemas.commands import DisconnectRequested
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.engine_command import carry_out, command_id, requested_by
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Wait,
    check_company_id,
)
from streams.command_line.show import (
    NOTHING,
    Cell,
    add_row,
    count,
    moment,
    print_rows,
    printer,
)
from streams.command_line.texts import label
from streams.command_line.told_reason import told_tie

COUNTS = ("failures_in_a_row",)
COLUMNS = ("company", "name", "source", "state", "due_at", "last_fetched", *COUNTS)
SPARE = ("failures_in_a_row", "name", "last_fetched", "source")
OF_ONE = ("name", "source", "state", "connected_at", "due_at", "last_fetched", *COUNTS)

app = typer.Typer(
    help="Look at connections to accounting systems, and end them.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command("list")
def list_connections(
    data_dir: DataDir = DATA_DIR, output: Output = "table", lang: Lang = None
) -> None:
    """List the connections, by company."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        tell(options, ask(options, all_connections), _show)


@app.command("show")
def show_connection(
    company: Company, data_dir: DataDir = DATA_DIR, output: Output = "table", lang: Lang = None
) -> None:
    """Show the connection of one company."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)

        async def question(connection: asyncpg.Connection) -> ConnectionRow:
            return await connection_of(connection, company)

        tell(options, ask(options, question), _show_one)


@app.command("disconnect")
def disconnect(
    company: Company,
    wait: Wait = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """End a company's connection: nothing is fetched any more; what has been fetched stays."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        command = DisconnectRequested(
            company_id=company, command_id=command_id(), requested_by=requested_by()
        )
    carry_out(options, command, waits=wait, until="decided")


def _show(found: list[ConnectionRow], language: str) -> None:
    if not found:
        typer.echo(label("no_connections", language), err=True)
        return
    rows = [_row(row, language) for row in found]
    print_rows(rows, language, COLUMNS, right=COUNTS, expendable=SPARE)


def _show_one(row: ConnectionRow, language: str) -> None:
    """A line for each fact, so that a narrow terminal has room for all."""
    told = {**_row(row, language), "connected_at": moment(row.connected_at)}
    page = Table.grid(padding=(0, 2, 0, 0))
    for name in ("company", *OF_ONE):
        add_row(page, Text(label(name, language), style="dim"), told[name] or NOTHING)
    printer().print(page)


def _row(row: ConnectionRow, language: str) -> dict[str, Cell]:
    """What says nothing is empty."""
    failures = row.failures_in_a_row
    return {
        "company": row.company_id,
        "name": row.name,
        "source": row.source,
        "state": told_tie(row.state, row.reason, language),
        "due_at": moment(row.due_at) if row.due_at else "",
        "last_fetched": moment(row.last_fetched_at) if row.last_fetched_at else "",
        "failures_in_a_row": count(failures, language) if failures else "",
    }

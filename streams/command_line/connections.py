"""`bokflow connections`: which companies are connected to which accounting system, and how."""

import asyncpg
import typer

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
from streams.command_line.show import NOTHING, Cell, add_row, moment, new_table, printer
from streams.command_line.texts import label
from streams.command_line.words import word

COLUMNS = ("company", "name", "source", "state", "reason", "due_at", "last_fetched")
COUNTS = ("failures_in_a_row",)

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
    table = new_table(language, [*COLUMNS, *COUNTS], right=COUNTS)
    for row in found:
        add_row(table, row.company_id, row.name, row.source, *_cells(row, language))
    printer().print(table)


def _show_one(row: ConnectionRow, language: str) -> None:
    table = new_table(language, ["source", "connected_at", *COLUMNS[3:], *COUNTS], right=COUNTS)
    add_row(table, row.source, moment(row.connected_at), *_cells(row, language))
    printer().print(table)


def _cells(row: ConnectionRow, language: str) -> tuple[Cell, ...]:
    return (
        word(row.state, language),
        word(row.reason, language) if row.reason else NOTHING,
        moment(row.due_at),
        moment(row.last_fetched_at),
        str(row.failures_in_a_row),
    )

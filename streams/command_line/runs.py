"""`bokflow runs`: the sync runs of a company, the latest first."""

from typing import Annotated

import asyncpg
import typer

from projections.queries.runs import RunRow
from projections.queries.runs import runs as runs_of
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    check_company_id,
)
from streams.command_line.show import NOTHING, add_row, count, moment, new_table, printer
from streams.command_line.texts import label, word

TABLE_ROWS = 20
COUNTS = ("created", "changed", "removed", "unchanged", "set_aside")
COLUMNS = ["run", "state", "trigger", "queued", "finished", *COUNTS, "file", "reason"]

Limit = Annotated[
    int | None,
    typer.Option(min=1, help="How many of the latest runs; 20 in a table, else all."),
]


def runs(
    company: Company,
    limit: Limit = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """List the sync runs of a company, the latest first."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        rows = limit if limit or options.is_json else TABLE_ROWS

        async def question(connection: asyncpg.Connection) -> list[RunRow]:
            return await runs_of(connection, company, rows)

        found = ask(options, question)
        tell(options, found, _show)


def _show(found: list[RunRow], language: str) -> None:
    if not found:
        typer.echo(label("no_runs", language), err=True)
        return
    table = new_table(language, COLUMNS, right=("run", *COUNTS))
    for row in found:
        add_row(
            table,
            NOTHING if row.run_number is None else str(row.run_number),
            word(row.state, language),
            word(row.trigger, language),
            moment(row.queued_at),
            moment(row.finished_at),
            *(count(getattr(row, name), language) for name in COUNTS),
            row.file_name or NOTHING,
            ": ".join(filter(None, (row.reason, row.detail))),
        )
    printer().print(table)

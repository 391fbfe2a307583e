"""`bokflow companies`: which companies there are, once the engine is ready."""

import asyncpg
import typer

from projections.queries.companies import CompanyRow
from projections.queries.companies import companies as all_companies
from projections.queries.workers import ready_workers
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.options import DATA_DIR, DataDir, Lang, Options, Output
from streams.command_line.refusal import CommandRefused
from streams.command_line.show import (
    add_row,
    dot,
    moment,
    new_table,
    organisation_number,
    printer,
)
from streams.command_line.texts import label, word


def companies(data_dir: DataDir = DATA_DIR, output: Output = "table", lang: Lang = None) -> None:
    """List the companies. Answers 0 only once the tables are there and a worker is ready."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        found = ask(options, _companies)
        tell(options, found, _show)


async def _companies(connection: asyncpg.Connection) -> list[CompanyRow]:
    if not await ready_workers(connection):
        raise CommandRefused("no_worker_ready")
    return await all_companies(connection)


def _show(found: list[CompanyRow], language: str) -> None:
    if not found:
        typer.echo(label("no_companies", language), err=True)
        return
    columns = ["company", "name", "organisation_number", "source", "status", "last_fetched"]
    table = new_table(language, columns)
    for row in found:
        add_row(
            table,
            row.company_id,
            row.name,
            organisation_number(row.organisation_number),
            row.source,
            dot(row.indicator).append(f" {word(row.indicator, language)}"),
            moment(row.last_fetched_at),
        )
    printer().print(table)

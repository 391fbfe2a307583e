"""`bokflow companies`: which companies there are, once the engine is ready."""

import asyncpg
import typer

from projections.queries.companies import CompanyRow
from projections.queries.companies import companies as all_companies
from projections.queries.workers import ready_workers
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.options import DATA_DIR, DataDir, Lang, Options, Output
from streams.command_line.refusal import CommandRefused
from streams.command_line.show import Cell, dot, moment, organisation_number, print_rows
from streams.command_line.texts import label
from streams.command_line.verification import proof
from streams.command_line.words import word

COLUMNS = (
    "company",
    "name",
    "organisation_number",
    "source",
    "status",
    "verification",
    "last_fetched",
)
SPARE = ("source", "organisation_number", "last_fetched")


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
    print_rows([_row(company, language) for company in found], language, COLUMNS, expendable=SPARE)


def _row(found: CompanyRow, language: str) -> dict[str, Cell]:
    return {
        "company": found.company_id,
        "name": found.name,
        "organisation_number": organisation_number(found.organisation_number),
        "source": found.source,
        "status": dot(found.indicator).append(f" {word(found.indicator, language)}"),
        "verification": proof(found.verification, language),
        "last_fetched": moment(found.last_fetched_at),
    }

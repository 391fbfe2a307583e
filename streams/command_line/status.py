"""`bokflow status`: the indicator of every company, or all that is known of one."""

from typing import Annotated

import asyncpg
import typer

from projections.queries.companies import CompanyIndicator, indicators
from projections.queries.company_status import CompanyState, company_status
from streams.command_line.answer import ask, print_json, refusals, tell
from streams.command_line.options import (
    DATA_DIR,
    DataDir,
    Lang,
    Options,
    Output,
    check_company_id,
)
from streams.command_line.show import Cell, dot, moment, print_rows
from streams.command_line.status_page import show_status
from streams.command_line.texts import label
from streams.command_line.verification import proof

COLUMNS = ("company", "name", "status", "verification", "last_fetched")
SPARE = ("name",)
OneCompany = Annotated[
    str | None, typer.Argument(metavar="COMPANY", help="A company's id; without it, all.")
]


def status(
    company: OneCompany = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Show whether bookkeeping is loading, and what to do where it is not."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        if company is None:
            _status_of_all(options)
        else:
            _status_of_one(options, company)


def _status_of_one(options: Options, company: str) -> None:
    check_company_id(company)

    async def question(connection: asyncpg.Connection) -> CompanyState:
        return await company_status(connection, company)

    found = ask(options, question)
    tell(options, found, show_status)


def _status_of_all(options: Options) -> None:
    found = ask(options, indicators)
    if options.is_json:
        print_json(found)
    elif found:
        _show(found, options.language)
    else:
        typer.echo(label("no_companies", options.language), err=True)


def _show(found: list[CompanyIndicator], language: str) -> None:
    print_rows([_row(company, language) for company in found], language, COLUMNS, expendable=SPARE)


def _row(found: CompanyIndicator, language: str) -> dict[str, Cell]:
    message = found.message.sv if language == "sv" else found.message.en
    return {
        "company": found.company_id,
        "name": found.name,
        "status": dot(found.indicator).append(f" {message}", style="default"),
        "verification": proof(found.verification, language),
        "last_fetched": moment(found.last_fetched_at),
    }

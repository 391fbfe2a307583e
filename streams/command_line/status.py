"""`bokflow status`: the indicator of every company, or all that is known of one."""

from typing import Annotated

import asyncpg
import typer

from projections.queries.companies import indicators
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
from streams.command_line.show import printer
from streams.command_line.status_page import show_status
from streams.command_line.status_table import status_table
from streams.command_line.status_watch import watch_status
from streams.command_line.texts import label

OneCompany = Annotated[
    str | None, typer.Argument(metavar="COMPANY", help="A company's id; without it, all.")
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Go on showing it as it changes, until Ctrl-C; lines in a pipe."),
]


def status(
    company: OneCompany = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
    watch: Watch = False,
) -> None:
    """Show whether bookkeeping is loading, and what to do where it is not."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        if company is not None:
            check_company_id(company)
        if watch:
            watch_status(options, company)
        elif company is None:
            _status_of_all(options)
        else:
            _status_of_one(options, company)


def _status_of_one(options: Options, company: str) -> None:
    async def question(connection: asyncpg.Connection) -> CompanyState:
        return await company_status(connection, company)

    found = ask(options, question)
    tell(options, found, show_status)


def _status_of_all(options: Options) -> None:
    found = ask(options, indicators)
    if options.is_json:
        print_json(found)
    elif found:
        printer().print(status_table(found, options.language))
    else:
        typer.echo(label("no_companies", options.language), err=True)

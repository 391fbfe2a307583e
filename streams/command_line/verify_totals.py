"""`bokflow verify-totals`: the accounts that do not add up to what their source says."""

import asyncpg
import typer

from projections.queries.verification import VerifiedCompany
from projections.queries.verification import verify_totals as proofs_of
from streams.command_line.answer import ask, refusals, tell
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
from streams.command_line.refusal import EXIT_REFUSED
from streams.command_line.show import day, printer
from streams.command_line.texts import label
from streams.command_line.verification import differences_table, told_state


def verify_totals(
    company: Company,
    year: Year = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Show whether each fiscal year adds up to its source's own totals, and where it does not.

    Exit code 1 where a year that is shown differs; a year that is not verified is no failure.
    """
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        wanted = read_year(year)

        async def question(connection: asyncpg.Connection) -> VerifiedCompany:
            return await proofs_of(connection, company, wanted)

        found = ask(options, question)
        tell(options, found, _show)
        if any(one.state == "differs" for one in found.years):
            raise typer.Exit(EXIT_REFUSED)


def _show(found: VerifiedCompany, language: str) -> None:
    if not found.years:
        told = label("nothing_to_verify", language, company_id=found.company_id)
        typer.echo(told, err=True)
    console = printer()
    for year in found.years:
        console.print(
            label(
                "title.verify_totals",
                language,
                company_id=found.company_id,
                fiscal_year=day(year.fiscal_year),
                told=told_state(year.state, year.as_of, language, up_to=year.up_to),
            ),
            style="bold",
        )
        if year.differences:
            console.print(differences_table(year.differences, language))
    if found.dead_letters:
        console.print(label("verification.dead_letters", language, count=found.dead_letters))

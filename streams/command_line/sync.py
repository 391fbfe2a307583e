"""`bokflow sync`: bookkeeping fetched now, all of it or some parts and years."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import asyncpg
import typer

from projections.queries.fiscal_years import fiscal_years
from projections.queries.snapshot import snapshot
from schemas.commands import SyncRequested
from schemas.parts import PARTS
from streams.command_line.answer import ask, refusals
from streams.command_line.engine_command import carry_out, command_id, requested_by
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Wait,
    Years,
    check_company_id,
    read_year,
)
from streams.command_line.refusal import CommandRefused

Parts = Annotated[
    list[str] | None,
    typer.Option(
        "--part", metavar="PART", help=f"Only this part; may be repeated: {', '.join(PARTS)}."
    ),
]


def sync(
    company: Company,
    part: Parts = None,
    year: Years = None,
    wait: Wait = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Fetch a company's bookkeeping now; with --wait, exit 0 once it is in the ledger."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        command = SyncRequested(
            company_id=company,
            command_id=command_id(),
            requested_by=requested_by(),
            parts=_parts(part or PARTS),
            fiscal_years=_first_days(options, company, year) if year else None,
        )
    carry_out(options, command, waits=wait, until="run_ended")


def _parts(wanted: Sequence[str]) -> tuple[str, ...]:
    if not set(wanted) <= set(PARTS):
        raise CommandRefused("unknown_part", parts=", ".join(PARTS))
    return tuple(wanted)


def _first_days(options: Options, company: str, texts: list[str]) -> tuple[date, ...]:
    """The years that are meant, by their first days. Raises CommandRefused."""
    wanted = [read_year(text) for text in texts]
    if all(isinstance(year, date) for year in wanted):
        return tuple(year for year in wanted if isinstance(year, date))

    async def question(connection: asyncpg.Connection) -> list[date]:
        async with snapshot(connection):
            return [year.first_day for year in await fiscal_years(connection, company)]

    known = ask(options, question)
    return tuple(first_day for year in wanted for first_day in _starting(company, known, year))


def _starting(company: str, known: list[date], wanted: int | date | None) -> list[date]:
    """Those that start in a calendar year, which may be two; a first day is taken at its word."""
    if isinstance(wanted, date):
        return [wanted]
    found = [first_day for first_day in known if first_day.year == wanted]
    if not found:
        raise CommandRefused("year_to_name", company_id=company, wanted=wanted)
    return found

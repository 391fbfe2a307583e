"""`bokflow runs`: the sync runs of a company, the latest first."""

from typing import Annotated

import asyncpg
import typer

from projections.queries.runs import RunRow
from projections.queries.runs import runs as runs_of
from schemas.parts import PARTS, Scope
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
from streams.command_line.show import Cell, count, day, moment, print_rows
from streams.command_line.texts import label
from streams.command_line.told_reason import of_file, told_reason
from streams.command_line.words import word

TABLE_ROWS = 20
COUNTS = ("created", "changed", "removed", "unchanged", "set_aside")
COLUMNS = ("run", "state", "trigger", "scope", "queued", "finished", *COUNTS, "file", "reason")
SPARE = ("queued", "unchanged", "scope", "finished", "trigger")

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
    limits = [_limits(run.scope, language) for run in found]
    unlimited = label("all_of_it", language) if any(limits) else ""
    rows = [
        {**_row(run, language), "scope": limited or unlimited}
        for run, limited in zip(found, limits, strict=True)
    ]
    print_rows(rows, language, COLUMNS, right=("run", *COUNTS), expendable=SPARE)


def _row(run: RunRow, language: str) -> dict[str, Cell]:
    """A line of the table; what says nothing is empty."""
    counts = {name: getattr(run, name) for name in COUNTS}
    told: dict[str, Cell] = {
        name: count(number, language) if number else "" for name, number in counts.items()
    }
    trigger = word(run.trigger, language)
    asked_by = run.requested_by if run.trigger == "manual" else ""
    reason = of_file(run.reason) if run.reason and run.file_name else run.reason
    return told | {
        "run": "" if run.run_number is None else str(run.run_number),
        "state": word(run.state, language),
        "trigger": f"{trigger} ({asked_by})" if asked_by else trigger,
        "queued": moment(run.queued_at),
        "finished": moment(run.finished_at) if run.finished_at else "",
        "file": run.file_name or "",
        "reason": told_reason(reason, run.detail, language),
    }


def _limits(scope: Scope, language: str) -> str:
    """What a run was limited to: parts, and the first days of fiscal years."""
    parts = () if set(scope.parts) == set(PARTS) else scope.parts
    years = () if scope.fiscal_years is None else scope.fiscal_years
    return ", ".join([*(word(part, language) for part in parts), *map(day, years)])

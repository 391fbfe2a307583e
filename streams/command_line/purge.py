"""`bokflow purge`: empties a company's bookkeeping, all of it or some fiscal years."""

from typing import Annotated

import asyncpg
import typer

from projections.queries.company_status import CompanyState, company_status
from projections.queries.fiscal_years import choose, fiscal_years
from projections.queries.purges import contents
from projections.queries.snapshot import snapshot
from schemas.commands import PurgeRequested
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.confirmation import Yes, confirm
from streams.command_line.engine_command import command_id, rejected, requested_by, send
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
from streams.command_line.purge_page import Preview, show_preview
from streams.command_line.purge_wait import PurgeOutcome, show_purged, wait_for_purge
from streams.command_line.refusal import EXIT_REFUSED

Reload = Annotated[bool, typer.Option("--reload", help="Fetch the same from the source after it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")]


def purge(
    company: Company,
    year: Years = None,
    reload: Reload = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    wait: Wait = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Empty a company's bookkeeping; shows first what goes, and asks for the company's id."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        preview = _preview(options, company, year or [], reload=reload)
        if dry_run:
            tell(options, preview, show_preview)
            return
        if not yes:
            show_preview(preview, options.language, stderr=True)
            confirm(options, company, "purge.confirm")
        command = PurgeRequested(
            company_id=company,
            command_id=command_id(),
            requested_by=requested_by(),
            fiscal_years=preview.chosen,
            reload=reload,
        )
        found = PurgeOutcome.asked(command, send(options, command))
        if wait:
            found = wait_for_purge(options, command)
        tell(options, found, show_purged)
    if not found.is_well:
        raise typer.Exit(EXIT_REFUSED)


def _preview(options: Options, company: str, years: list[str], *, reload: bool) -> Preview:
    """What would go. Raises CommandRefused, NotFound."""
    wanted = [read_year(text) for text in years]

    async def question(connection: asyncpg.Connection) -> Preview:
        async with snapshot(connection):
            state = await company_status(connection, company)
            if reload:
                _check_reload(state)
            known = await fiscal_years(connection, company) if wanted else []
            meant = [choose(company, known, one, source=state.source) for one in wanted]
            chosen = tuple(sorted({year.first_day for year in meant}))
            return Preview.of(
                state,
                await contents(connection, company, chosen or None),
                chosen=chosen or None,
                reload=reload,
            )

    return ask(options, question)


def _check_reload(company: CompanyState) -> None:
    """Raises CommandRefused where the engine would reject that anything is fetched again."""
    from streams.decisions import Known, fetch_obstacle

    tie = company.connection.state if company.connection else None
    obstacle = fetch_obstacle(Known(company.source, connection=tie))
    if obstacle is not None:
        facts = {"source": company.source, "detail": obstacle.detail}
        raise rejected(company.company_id, obstacle.reason, **facts)

"""Waiting for a purge: until the ledger is emptied, and until what was to follow has come."""

import asyncio
from datetime import date
from typing import Literal

import asyncpg
import typer

from projections.queries.purges import PurgeState, purge_state
from schemas.commands import PurgeRequested
from schemas.model import Model
from streams.command_line.database_watch import DatabaseWatch
from streams.command_line.engine_command import Outcome, Waiting, show_outcome, stoppable
from streams.command_line.options import Options
from streams.command_line.purge_page import told_years
from streams.command_line.run_progress import RunProgress, run_progress
from streams.command_line.show import count
from streams.command_line.texts import label


class PurgeOutcome(Model):
    """What a purge has taken, and how the run ended that fetched it again, if one was to."""

    company_id: str
    command_id: str
    type: str
    status: Literal["completed"] = "completed"
    fiscal_years: tuple[date, ...] | None
    vouchers: int
    postings: int
    reload: Outcome | None

    @property
    def is_well(self) -> bool:
        return self.reload is None or self.reload.status == "completed"


def wait_for_purge(options: Options, command: PurgeRequested) -> PurgeOutcome:
    """The outcome, with its progress on stderr meanwhile. Raises CommandRefused."""
    told = label("phase.asked", options.language)
    with (
        stoppable(command.company_id),
        run_progress(told, options.language) as progress,
    ):
        return asyncio.run(_wait(options, command, progress))


async def _wait(options: Options, command: PurgeRequested, progress: RunProgress) -> PurgeOutcome:
    assert command.command_id is not None  # Every command of ours has one.
    company_id, asked_id = command.company_id, command.command_id
    waiting = Waiting(options, command, "run_ended")
    answer = await waiting.accepted()
    progress.say(label("phase.purging", options.language))

    async def look(connection: asyncpg.Connection) -> PurgeState | None:
        found = await purge_state(connection, company_id, asked_id)
        return found if found is not None and found.state == "completed" else None

    purged = await DatabaseWatch(options.data_dir).until(look)
    reload = await waiting.ended(answer.run_id, progress.show) if answer.run_id else None
    return PurgeOutcome(
        company_id=company_id,
        command_id=asked_id,
        type=command.type,
        fiscal_years=purged.fiscal_years,
        vouchers=purged.vouchers,
        postings=purged.postings,
        reload=reload,
    )


def show_purged(found: PurgeOutcome, language: str) -> None:
    """A sentence of what went, and one of what came back."""
    counts = {name: count(getattr(found, name), language) for name in ("vouchers", "postings")}
    years = told_years(found.fiscal_years, language)
    typer.echo(label("purged", language, company_id=found.company_id, years=years, **counts))
    if found.reload is not None:
        show_outcome(found.reload, language)

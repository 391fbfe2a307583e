"""Waiting for a purge: until the ledger is emptied, and until what was to follow has come."""

import asyncio
from datetime import date
from typing import Literal, Self

import asyncpg
import typer

from projections.migrate import PROJECTIONS
from projections.queries.purges import PurgeState, purge_state
from projections.queries.workers import ready_workers
from schemas.commands import PurgeRequested, SyncRequested
from schemas.model import Model
from streams.command_line.database_watch import DatabaseWatch
from streams.command_line.engine_command import (
    Outcome,
    Waiting,
    show_outcome,
    stoppable,
    time_limit,
)
from streams.command_line.options import Options
from streams.command_line.purge_page import told_years
from streams.command_line.refusal import CommandRefused
from streams.command_line.run_progress import RunProgress, run_progress
from streams.command_line.show import count
from streams.command_line.texts import label
from streams.command_line.words import word

# Without any worker: a purge that one of them is at takes its time.
UNATTENDED_SECONDS_MAX = 60.0
COUNTS = ("vouchers", "postings")


class PurgeOutcome(Model):
    """What became of a purge, and of the run that fetches it again, if one is to."""

    company_id: str
    command_id: str
    type: str
    status: Literal["asked", "completed"]
    fiscal_years: tuple[date, ...] | None  # None: all of them.
    vouchers: int | None = None  # What went; None until it is completed.
    postings: int | None = None
    reload: Outcome | None

    @classmethod
    def asked(cls, command: PurgeRequested, sent: Outcome) -> Self:
        """Of a purge that was sent, and for which nobody waits."""
        return cls(
            company_id=sent.company_id,
            command_id=sent.command_id,
            type=sent.type,
            status="asked",
            fiscal_years=command.fiscal_years,
            reload=_reload(sent) if command.reload else None,
        )

    @property
    def is_well(self) -> bool:
        return self.reload is None or self.reload.status in ("asked", "completed")


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
    purged = await _completed(options, company_id, asked_id)
    ended = await waiting.ended(answer.run_id, progress.show) if answer.run_id else None
    return PurgeOutcome(
        company_id=company_id,
        command_id=asked_id,
        type=command.type,
        status="completed",
        fiscal_years=purged.fiscal_years,
        vouchers=purged.vouchers,
        postings=purged.postings,
        reload=_reload(ended) if ended else None,
    )


def _reload(found: Outcome) -> Outcome:
    """The run that a purge has led to is a sync."""
    return found.model_copy(update={"type": SyncRequested.model_fields["type"].default})


async def _completed(options: Options, company_id: str, asked_id: str) -> PurgeState:
    """The purge, once the status shows what went. Raises CommandRefused."""
    is_late = time_limit(UNATTENDED_SECONDS_MAX)

    async def look(connection: asyncpg.Connection) -> PurgeState | None:
        nonlocal is_late
        found = await purge_state(connection, company_id, asked_id)
        if found is None:
            raise CommandRefused("company_removed")
        if found.state == "completed":
            return found
        if found.state == "superseded":
            raise CommandRefused("purge_superseded", company_id=company_id)
        stopped = await _stopped_reason(connection, company_id)
        if stopped is not None:
            raise CommandRefused("ledger_stopped", company_id=company_id, detail=stopped)
        if await ready_workers(connection):
            is_late = time_limit(UNATTENDED_SECONDS_MAX)
        elif is_late():
            seconds = int(UNATTENDED_SECONDS_MAX)
            raise CommandRefused("nobody_at_work", company_id=company_id, seconds=seconds)
        return None

    return await DatabaseWatch(options.data_dir).until(look)


async def _stopped_reason(connection: asyncpg.Connection, company_id: str) -> str | None:
    """Why a projection does not read on what is said of the company, where it does not."""
    from streams import offsets, topics

    for projection in PROJECTIONS:
        stored = await offsets.read(connection, projection)
        partition = topics.partition_of(company_id, partitions=len(stored))
        if stored[partition].stopped_reason is not None:
            return stored[partition].stopped_reason
    return None


def show_purged(found: PurgeOutcome, language: str) -> None:
    """A sentence of what went, and one of what came back; or that it has been asked for."""
    if found.status == "asked":
        what = word(found.type, language)
        typer.echo(label("asked", language, company_id=found.company_id, what=what))
        return
    counts = {name: count(getattr(found, name) or 0, language) for name in COUNTS}
    years = told_years(found.fiscal_years, language)
    typer.echo(label("purged", language, company_id=found.company_id, years=years, **counts))
    if found.reload is not None:
        show_outcome(found.reload, language)

"""A command to the engine: sent to its topic, and, where somebody waits, what became of it."""

import asyncio
import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal
from uuid import uuid4

import asyncpg
import typer

from projections.queries.command_answer import CommandAnswer, command_answer, run_since
from schemas.commands import AnyCommand
from schemas.limits import TEXT_CHARACTERS_MAX, replace_forbidden
from schemas.model import Model
from schemas.parts import PARTS
from schemas.sources import CONNECTABLE
from streams.command_line.answer import refusals, tell
from streams.command_line.connect import kafka_url
from streams.command_line.database_watch import DatabaseWatch
from streams.command_line.options import Options
from streams.command_line.refusal import EXIT_INTERRUPTED, EXIT_REFUSED, CommandRefused
from streams.command_line.run_progress import run_progress
from streams.command_line.run_watch import Report, RunWatch
from streams.command_line.show import count, printable
from streams.command_line.texts import label
from streams.command_line.told_reason import told_reason
from streams.command_line.words import word

ANSWER_SECONDS_MAX = 60.0
# The scheduler looks once in a while whether something is due.
FIRST_RUN_SECONDS_MAX = 60.0
# What a waiting command waits for; the first run is the one that the engine begins by itself.
Until = Literal["decided", "run_ended", "first_run_ended"]
RUN_COUNTS = ("created", "changed", "removed", "unchanged", "set_aside")


class Outcome(Model):
    """What became of a command: of its run, where it led to one and somebody has waited."""

    company_id: str
    command_id: str
    type: str
    status: Literal["asked", "accepted", "completed", "failed", "cancelled"]
    run_id: str | None = None
    run_number: int | None = None
    reason: str | None = None
    detail: str = ""
    # Of its vouchers; null until a run has ended.
    created: int | None = None
    changed: int | None = None
    removed: int | None = None
    unchanged: int | None = None
    set_aside: int | None = None


def command_id() -> str:
    """A fresh one: whoever sends the same command twice means two commands."""
    return str(uuid4())


def requested_by() -> str:
    """The user's login name, where the system knows one."""
    try:
        return replace_forbidden(getpass.getuser())[:TEXT_CHARACTERS_MAX]
    except (KeyError, OSError):  # KeyError: before Python 3.13.
        return ""


def carry_out(
    options: Options,
    command: AnyCommand,
    *,
    waits: bool,
    until: Until,
    wanted: str = "completed",
) -> None:
    """Sends the command, tells what became of it, and ends with 1 where that is not as wanted."""
    with refusals(options):
        sent = send(options, command)
        if waits:
            sent = Waiting(options, command, until).outcome()
        tell(options, sent, show_outcome)
    if sent.status not in ("asked", "accepted", wanted):
        raise typer.Exit(EXIT_REFUSED)


def send(options: Options, command: AnyCommand) -> Outcome:
    """Returns once the broker has it. Raises CommandRefused."""
    from streams.command_line.command_topic import publish

    asyncio.run(publish(kafka_url(options.data_dir), command))
    return _outcome(command, "asked")


def _outcome(command: AnyCommand, status: str, **fields: object) -> Outcome:
    return Outcome.model_validate(
        {
            "company_id": command.company_id,
            "command_id": command.command_id,
            "type": command.type,
            "status": status,
            **fields,
        }
    )


@contextmanager
def stoppable(company_id: str) -> Iterator[None]:
    """Ctrl-C ends the wait, and not what is waited for. Raises CommandRefused."""
    try:
        yield
    except KeyboardInterrupt:
        raise CommandRefused(
            "wait_interrupted", exit_code=EXIT_INTERRUPTED, company_id=company_id
        ) from None


class Waiting:
    """Waits for the decision about a command that was sent, and for the end of its run."""

    def __init__(self, options: Options, command: AnyCommand, until: Until) -> None:
        self._options = options
        self._command = command
        self._until = until

    def outcome(self) -> Outcome:
        """The end, with its progress on stderr meanwhile. Raises CommandRefused."""
        language = self._options.language
        with (
            stoppable(self._command.company_id),
            run_progress(label("phase.asked", language), language) as progress,
        ):
            return asyncio.run(self._wait(progress.show))

    async def _wait(self, report: Report) -> Outcome:
        answer = await self.accepted()
        run_id = answer.run_id
        if self._until == "first_run_ended":
            run_id = await self._first_run(answer.decided_at)
        if run_id is None or self._until == "decided":
            return _outcome(self._command, "accepted")
        return await self.ended(run_id, report)

    async def accepted(self) -> CommandAnswer:
        """The answer, once the engine has taken the command. Raises CommandRefused."""
        answer = await self._answer()
        if answer.rejection is not None:
            raise rejected(
                self._command.company_id,
                answer.rejection,
                source=answer.source,
                detail=answer.detail,
            )
        return answer

    async def ended(self, run_id: str, report: Report) -> Outcome:
        """The end of a run that the command has led to. Raises CommandRefused."""
        ended, read = await RunWatch(self._options.data_dir, run_id, report).until_ended()
        return _outcome(
            self._command,
            ended.state,
            run_id=run_id,
            run_number=ended.run_number,
            reason=ended.reason,
            detail=ended.detail,
            **{name: getattr(read, name) for name in RUN_COUNTS},
        )

    async def _answer(self) -> CommandAnswer:
        company_id, asked_id = self._command.company_id, self._command.command_id
        assert asked_id is not None  # Every command of ours has one.
        is_late = time_limit(ANSWER_SECONDS_MAX)

        async def look(connection: asyncpg.Connection) -> CommandAnswer | None:
            answer = await command_answer(connection, company_id, asked_id)
            if answer is None and is_late():
                raise CommandRefused("not_answered", seconds=int(ANSWER_SECONDS_MAX))
            return answer

        return await DatabaseWatch(self._options.data_dir).until(look)

    async def _first_run(self, since: datetime) -> str:
        company_id = self._command.company_id
        is_late = time_limit(FIRST_RUN_SECONDS_MAX)

        async def look(connection: asyncpg.Connection) -> str | None:
            run_id = await run_since(connection, company_id, since)
            if run_id is None and is_late():
                seconds = int(FIRST_RUN_SECONDS_MAX)
                raise CommandRefused("first_run_late", company_id=company_id, seconds=seconds)
            return run_id

        return await DatabaseWatch(self._options.data_dir).until(look)


def rejected(company_id: str, rejection: str, *, source: str, detail: str) -> CommandRefused:
    """What the engine rejects; to connect a company of files is not what to lead its user to."""
    is_of_files = rejection == "not_connected" and source not in CONNECTABLE
    return CommandRefused(
        "comes_by_files" if is_of_files else rejection,
        company_id=company_id,
        source=source,
        detail=detail or rejection,
        parts=", ".join(PARTS),
    )


def time_limit(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed since."""
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline


def show_outcome(found: Outcome, language: str) -> None:
    """One sentence, and of a run that ended well what it could not read."""
    facts = {"company_id": found.company_id, "what": word(found.type, language)}
    if found.status in ("asked", "accepted"):
        typer.echo(label(found.status, language, **facts))
        return
    why = printable(told_reason(found.reason, found.detail, language))
    if found.status == "completed":
        counts = {name: count(getattr(found, name) or 0, language) for name in RUN_COUNTS}
        typer.echo(label("run_completed", language, **facts, run=found.run_number, **counts))
        if why:
            typer.echo(why)
        return
    facts |= {"because": f": {why}" if why else "", "state": word(found.status, language)}
    told = "run_ended.unbegun" if found.run_number is None else "run_ended"
    typer.echo(label(told, language, **facts, run=found.run_number))

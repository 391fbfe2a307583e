"""What a rebuild has found, for people; and how far one has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from schemas.model import Model
from streams.command_line.left_out import LeftOut, left_out_sentence
from streams.command_line.show import count, day, fitting_table, printer
from streams.command_line.texts import label

PLACES_MAX = 20


class DifferingPlace(Model):
    company_id: str
    fiscal_year: date | None
    table: str


class RebuildOutcome(Model):
    """What one projection's rebuild has found."""

    projection: str
    took_over: bool  # Else it was compared, and thrown away.
    version: int
    messages: int
    passed: int  # Messages that cannot be applied.
    newly_rejected: int  # Of those, that the tables in use are built with.
    first_newly_rejected: tuple[LeftOut, ...]
    is_compared: bool
    differing: tuple[DifferingPlace, ...]
    doubted: tuple[str, ...]  # Companies that lack messages, where that was accepted.
    seconds: float
    stage_seconds: dict[str, float]
    readers_waited_seconds: float

    @property
    def is_equal(self) -> bool:
        return not self.differing


class CompanyOutcome(Model):
    """What the rebuild of one company has done."""

    company_id: str
    projection: str
    messages: int
    rejected: int  # Messages that cannot be applied.
    newly_rejected: int  # Of those, that the tables were built with before.
    first_newly_rejected: tuple[LeftOut, ...]
    closed: int  # Dead letters that are applied now.


def show_company(found: list[CompanyOutcome], language: str) -> None:
    """A sentence of each projection."""
    for one in found:
        facts = {name: count(getattr(one, name), language) for name in ("rejected", "closed")}
        told = count(one.messages, language)
        about = {"company_id": one.company_id, "projection": one.projection}
        typer.echo(label("rebuilt.company", language, **about, count=told, **facts))
        if one.newly_rejected:
            typer.echo(left_out_sentence(one.first_newly_rejected, one.newly_rejected, language))


def show_rebuilt(found: list[RebuildOutcome], language: str) -> None:
    """A few sentences of each, and where it differs."""
    for one in found:
        for line in _lines(one, language):
            typer.echo(line)
        if one.differing:
            _show_places(one, language)


def _lines(one: RebuildOutcome, language: str) -> Iterator[str]:
    facts = {"projection": one.projection, "version": one.version}
    messages, differing = count(one.messages, language), count(len(one.differing), language)
    if one.took_over:
        seconds = f"{one.seconds:.1f}"
        yield label("rebuilt", language, **facts, count=messages, seconds=seconds)
        if not one.is_compared:
            yield label("rebuilt.upgraded", language)
        elif one.is_equal:
            yield label("rebuilt.equal", language)
        else:
            told = "rebuilt.lacks" if one.doubted else "rebuilt.differs"
            yield label(told, language, count=differing)
    elif one.is_equal:
        yield label("compared.equal", language, **facts, count=messages)
    else:
        yield label("compared.differs", language, **facts, count=differing)
    known = one.passed - one.newly_rejected
    if known:
        yield label("rebuilt.passed", language, count=count(known, language))
    if one.newly_rejected:
        first, total = one.first_newly_rejected, one.newly_rejected
        yield left_out_sentence(first, total, language, is_compared=not one.took_over)
    if one.doubted:
        yield label("rebuilt.doubted", language, ids=", ".join(one.doubted))


def _show_places(one: RebuildOutcome, language: str) -> None:
    rows = [
        {
            "company": place.company_id,
            "fiscal_year": day(place.fiscal_year),
            "table": place.table,
        }
        for place in one.differing[:PLACES_MAX]
    ]
    printer().print(fitting_table(rows, language, ("company", "fiscal_year", "table")))
    more = len(one.differing) - PLACES_MAX
    if more > 0:
        typer.echo(label("rebuild.dropped_places", language, count=count(more, language)))


class RateColumn(ProgressColumn):
    """Messages per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


class RebuildProgress:
    """One bar at a time: messages while they are read, then the stages after that."""

    def __init__(self, progress: Progress, language: str) -> None:
        self._progress = progress
        self._language = language
        self._told: str | None = None
        self._task: TaskID | None = None

    def show(self, projection: str, stage: str, done: int, total: int) -> None:
        told = label(f"stage.{stage}", self._language, projection=projection)
        known = total if stage == "reading" else None  # None: the bar swings to and fro.
        if self._task is None or told != self._told:  # A bar that has ended stands still.
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._told, self._task = told, self._progress.add_task(told, total=known)
        self._progress.update(self._task, completed=done)


@contextmanager
def rebuild_progress(language: str) -> Iterator[RebuildProgress]:
    """A bar with rate and time left, for as long as the block lasts; it leaves nothing behind."""
    console = printer(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield RebuildProgress(progress, language)

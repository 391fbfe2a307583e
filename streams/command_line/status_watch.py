"""`bokflow status --watch`: the status as it changes, drawn again, or as lines in a pipe."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import typer
from rich.console import RenderableType
from rich.live import Live

from projections.queries.companies import CompanyIndicator, indicators
from projections.queries.company_status import CompanyState, company_status
from streams.command_line.database_watch import DatabaseWatch
from streams.command_line.options import Options
from streams.command_line.show import moment, printable, printer
from streams.command_line.status_page import status_page, told_progress
from streams.command_line.status_table import status_table
from streams.command_line.words import word

LOOK_SECONDS = 1.0
States = Sequence[CompanyState | CompanyIndicator]


class Display(Protocol):
    def show(self, found: States) -> None:
        """Shows what has changed since the last look."""


def watch_status(options: Options, company: str | None) -> None:
    """Returns at Ctrl-C. Raises CommandRefused, NotFound."""
    console = printer()
    try:
        if options.is_json or not console.is_terminal:
            asyncio.run(_watch(options, company, Lines(options)))
        else:
            with Live(console=console, auto_refresh=False) as live:
                asyncio.run(_watch(options, company, Page(options, live)))
    except KeyboardInterrupt:
        return


async def _watch(options: Options, company: str | None, display: Display) -> None:
    """Never ends by itself: a look shows, and finds nothing to end with."""

    async def look(connection: asyncpg.Connection) -> None:
        display.show(await _ask(connection, company))

    await DatabaseWatch(options.data_dir, look_seconds=LOOK_SECONDS).until(look)


async def _ask(connection: asyncpg.Connection, company: str | None) -> States:
    if company is None:
        return await indicators(connection)
    return [await company_status(connection, company)]


class Page:
    """The page of one company, or the table of all, drawn where it stood."""

    def __init__(self, options: Options, live: Live) -> None:
        self._language = options.language
        self._live = live
        self._shown: States | None = None

    def show(self, found: States) -> None:
        if found != self._shown:
            self._shown = found
            self._live.update(self._drawn(found), refresh=True)

    def _drawn(self, found: States) -> RenderableType:
        for one in found:
            if isinstance(one, CompanyState):
                return status_page(one, self._language)
        rows = (one for one in found if isinstance(one, CompanyIndicator))
        return status_table(rows, self._language)


class Lines:
    """A line for each company at first, and then for each that has changed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._told: dict[str, str] = {}

    def show(self, found: States) -> None:
        for one in found:
            line = self._line(one)
            if self._told.get(one.company_id) != line:
                self._told[one.company_id] = line
                at = "" if self._options.is_json else f"{moment(datetime.now(UTC))}  "
                typer.echo(f"{at}{line}".encode())

    def _line(self, one: CompanyState | CompanyIndicator) -> str:
        language = self._options.language
        if self._options.is_json:
            return one.model_dump_json()
        message = one.message.sv if language == "sv" else one.message.en
        doing = [told_progress(one.syncing, language)] if one.syncing else []
        colour = word(one.indicator, language)
        return printable("  ".join([one.company_id, colour, message, *doing]))

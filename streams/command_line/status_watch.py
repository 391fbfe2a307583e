"""`bokflow status --watch`: the status as it changes, drawn again, or as lines in a pipe."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import asyncpg
import typer
from rich.console import RenderableType
from rich.live import Live

from projections.queries.companies import CompanyIndicator, indicators
from projections.queries.company_facts import UnknownCompany
from projections.queries.company_status import CompanyState, company_status
from projections.queries.purges import PastPurge
from streams.command_line.database_watch import DatabaseWatch
from streams.command_line.options import Options
from streams.command_line.purge_page import told_purge
from streams.command_line.show import moment, printable, printer
from streams.command_line.status_page import status_page, told_progress
from streams.command_line.status_table import status_table
from streams.command_line.texts import label
from streams.command_line.words import word

LOOK_SECONDS = 1.0
States = Sequence[CompanyState | CompanyIndicator]


class Display(Protocol):
    def show(self, found: States) -> None:
        """Shows what has changed since the last look."""


def watch_status(options: Options, company: str | None) -> None:
    """Returns at Ctrl-C, or when the company is removed. Raises CommandRefused, NotFound."""
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
    """Ends with the company; of all companies, never by itself."""
    is_known = False

    async def look(connection: asyncpg.Connection) -> bool | None:
        nonlocal is_known
        try:
            found = await _ask(connection, company)
        except UnknownCompany:
            if not is_known:
                raise
            found = []
        is_known = True
        display.show(found)
        return True if company is not None and not found else None

    await DatabaseWatch(options.data_dir, look_seconds=LOOK_SECONDS).until(look)


async def _ask(connection: asyncpg.Connection, company: str | None) -> States:
    if company is None:
        return await indicators(connection)
    return [await company_status(connection, company)]


class News:
    """What the state of a company does not show: that it has gone, or was emptied and filled."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._last_purges: dict[str, PastPurge | None] = {}

    def of(self, found: States) -> list[str]:
        """A line for each company that was purged or removed since the last look."""
        last_purges = {one.company_id: one.last_purge for one in found}
        known, self._last_purges = self._last_purges, last_purges
        lines = [self._removed(company) for company in known if company not in last_purges]
        if self._options.is_json:  # A purge is in the company's own object.
            return lines
        for company, purge in last_purges.items():
            if purge is not None and company in known and purge != known[company]:
                lines.append(self._purged(company, purge))
        return lines

    def _removed(self, company: str) -> str:
        if self._options.is_json:
            return json.dumps({"company_id": company, "removed": True})
        return f"{company}  {label('watch.removed', self._options.language)}"

    def _purged(self, company: str, purge: PastPurge) -> str:
        language = self._options.language
        told = told_purge(purge, language)
        at = moment(purge.completed_at or purge.started_at)
        return f"{company}  {label(f'watch.{purge.state}', language, at=at, told=told)}"


class Page:
    """The page of one company, or the table of all, drawn where it stood, below what is new."""

    def __init__(self, options: Options, live: Live) -> None:
        self._language = options.language
        self._live = live
        self._news = News(options)
        self._shown: States | None = None

    def show(self, found: States) -> None:
        for line in self._news.of(found):
            self._live.console.print(f"{moment(datetime.now(UTC))}  {line}")
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
        self._news = News(options)
        self._told: dict[str, str] = {}

    def show(self, found: States) -> None:
        for line in self._news.of(found):
            self._tell(line)
        told = {one.company_id: self._line(one) for one in found}
        for company, line in told.items():
            if self._told.get(company) != line:
                self._tell(line)
        self._told = told

    def _tell(self, line: str) -> None:
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

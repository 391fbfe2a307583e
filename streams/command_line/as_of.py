"""`bokflow as-of`: the books of a company as they stood at a time."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from projections.queries.company_facts import check_known
from streams.command_line.answer import refusals
from streams.command_line.books import Question
from streams.command_line.connect import connected, engine_settings
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Year,
    check_company_id,
)
from streams.command_line.refusal import EXIT_USAGE, CommandRefused
from streams.command_line.run_progress import run_progress
from streams.command_line.show import LOCAL, count, moment
from streams.command_line.texts import label
from streams.command_line.trial_balance import show_trial_balance
from streams.command_line.vouchers import Latest, Limit, Series, SetAside, show_vouchers

if TYPE_CHECKING:  # Commands that do not read Kafka start without its client.
    from streams.rebuild.company_build import CompanyBuild

Answer = TypeVar("Answer")
Page = Literal["trial-balance", "vouchers"]
TICK = timedelta(milliseconds=1)  # Of the log's own times.

At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="TIME",
        help="A time, or a day, meaning its end: 2025-03-31, 2025-03-31T14:00,"
        " 2025-03-31T12:00Z; in Stockholm where it names no zone.",
    ),
]
What = Annotated[Page, typer.Argument(help="What to show of the books.")]


def as_of(
    company: Company,
    at: At,
    page: What = "trial-balance",
    year: Year = None,
    series: Series = None,
    limit: Limit = None,
    latest: Latest = None,
    set_aside: SetAside = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Show the trial balance or the vouchers of a company as they stood at a time.

    They are built anew from the messages up to then, beside the books in use.
    """
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        if page == "trial-balance" and (series or limit or latest or set_aside):
            raise CommandRefused("only_of_vouchers", exit_code=EXIT_USAGE)
        books = BooksAsOf(options, company, read_time(at, now=datetime.now(UTC)))
        if page == "vouchers":
            show_vouchers(
                options,
                books,
                company,
                year=year,
                series=series,
                limit=limit,
                latest=latest,
                set_aside=set_aside,
            )
        else:
            show_trial_balance(options, books, company, year=year)


def read_time(text: str, *, now: datetime) -> datetime:
    """The time that is meant: of a day its last moment. Raises CommandRefused."""
    try:
        at, is_today = _time(text, today=now.astimezone(LOCAL).date())
    except (ValueError, OverflowError):
        raise CommandRefused("invalid_time", exit_code=EXIT_USAGE, text=text) from None
    if at > now and not is_today:
        raise CommandRefused("time_to_come", exit_code=EXIT_USAGE, text=text)
    return min(at, now)


def _time(text: str, *, today: date) -> tuple[datetime, bool]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=LOCAL)), False
    end = datetime.combine(day + timedelta(days=1), time(), LOCAL) - TICK
    return end, day == today


class BooksAsOf:
    """Those of one company as they stood at a time: built for the question, and dropped then."""

    def __init__(self, options: Options, company_id: str, at: datetime) -> None:
        self._options = options
        self._company_id = company_id
        self._at = at

    def ask(self, question: Question[Answer]) -> Answer:
        """What they answered then. Raises CommandRefused, NotFound."""
        from streams.command_line.build_refusals import build_refusals

        with build_refusals():
            return asyncio.run(self._asked(question))

    async def _asked(self, question: Question[Answer]) -> Answer:
        from projections.migrate import LEDGER
        from streams.rebuild.builds import builder
        from streams.rebuild.company_build import company_build
        from streams.rebuild.rebuild_company import rebuild_database

        language = self._options.language
        settings = engine_settings(self._options.data_dir)
        async with connected(self._options.data_dir) as connection:
            await check_known(connection, self._company_id)
            with ExitStack() as shown:
                bar = run_progress(label("phase.building", language), language)
                progress = shown.enter_context(bar)
                async with (
                    rebuild_database(settings) as database,
                    company_build(
                        database,
                        LEDGER,
                        self._company_id,
                        kind="as_of",
                        settings=settings,
                        holder=builder(),
                        report=progress.read,
                    ) as build,
                ):
                    await build.advance(build.log_end, at=self._at)
                    shown.close()  # Before anything is shown.
                    self._check(build)
                    found = await question(connection, build.build.schema)
                    self._tell(build)
                    return found

    def _check(self, build: "CompanyBuild") -> None:
        """Raises CommandRefused where nothing had been said yet."""
        if not build.messages and build.first_at is not None:
            raise CommandRefused(
                "nothing_then",
                company_id=self._company_id,
                at=moment(self._at),
                first_at=moment(build.first_at),
            )

    def _tell(self, build: "CompanyBuild") -> None:
        """What is shown, on stderr."""
        language, at = self._options.language, moment(self._at)
        told = count(build.messages, language)
        facts = {"company_id": self._company_id, "at": at, "count": told}
        typer.echo(label("as_of", language, **facts), err=True)
        if build.rejected:
            told = count(len(build.rejected), language)
            typer.echo(label("as_of.rejected", language, count=told), err=True)

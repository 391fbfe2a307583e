"""`bokflow rebuild`: the tables built anew from their topics, beside those in use."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from projections.queries.company_facts import check_known
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.connect import engine_settings
from streams.command_line.left_out import first_left_out
from streams.command_line.options import (
    DATA_DIR,
    DataDir,
    Lang,
    Options,
    Output,
    Wait,
    check_company_id,
)
from streams.command_line.rebuild_page import (
    CompanyOutcome,
    RebuildOutcome,
    rebuild_progress,
    show_company,
    show_rebuilt,
)
from streams.command_line.refusal import EXIT_REFUSED, EXIT_USAGE, CommandRefused
from streams.command_line.run_progress import run_progress
from streams.command_line.texts import label

if TYPE_CHECKING:
    from projections.migrate import Projection
    from streams.rebuild.whole import Rebuilt
    from streams.settings import Settings

Which = Literal["ledger", "status"]
Report = Callable[[str, str, int, int], None]
OneCompany = Annotated[
    str | None, typer.Option("--company", metavar="ID", help="Only this one, in its place.")
]
ProjectionName = Annotated[
    Which | None, typer.Option("--projection", help="Only this one; by default both.")
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Compare and throw away; exit 1 where they differ.")
]
AcceptGap = Annotated[
    bool,
    typer.Option("--accept-gap", help="Take a topic that has lost messages; companies are marked."),
]


def rebuild(
    company: OneCompany = None,
    projection: ProjectionName = None,
    verify: Verify = False,
    accept_gap: AcceptGap = False,
    wait: Wait = True,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Build the tables anew from their topics, compare, and bring them into use.

    The command does the work itself, and ends with it; Ctrl-C leaves what is in use as it is.
    """
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        if company is not None:
            if verify or accept_gap:
                raise CommandRefused("only_of_all", exit_code=EXIT_USAGE)
            check_company_id(company)
            tell(options, _one_company(options, company, projection), show_company)
            return
        settings = engine_settings(data_dir)
        with rebuild_progress(options.language) as progress:
            found = _carry_out(
                settings,
                _disk(data_dir),
                only=projection,
                verifies=verify,
                accepts_gap=accept_gap,
                report=progress.show,
            )
        tell(options, found, show_rebuilt)
    if verify and not all(one.is_equal for one in found):
        raise typer.Exit(EXIT_REFUSED)


def _one_company(options: Options, company: str, only: Which | None) -> list[CompanyOutcome]:
    """Raises CommandRefused, NotFound."""
    from projections.migrate import PROJECTIONS
    from streams.command_line.build_refusals import build_refusals
    from streams.rebuild.builds import builder
    from streams.rebuild.rebuild_company import rebuild_company, rebuild_database

    settings = engine_settings(options.data_dir)
    ask(options, lambda connection: check_known(connection, company))

    async def work(report: Callable[[int, int], None]) -> list[CompanyOutcome]:
        async with rebuild_database(settings) as database:
            done = [
                await rebuild_company(
                    database, one, company, settings=settings, holder=builder(), report=report
                )
                for one in PROJECTIONS
                if only in (None, one.name)
            ]
        return [
            CompanyOutcome(
                company_id=company,
                projection=one.projection,
                messages=one.messages,
                rejected=len(one.rejected),
                closed=len(one.closed),
                newly_rejected=len(one.newly_rejected),
                first_newly_rejected=first_left_out(one.topic, one.newly_rejected),
            )
            for one in done
        ]

    with (
        build_refusals(),
        run_progress(label("phase.building", options.language), options.language) as progress,
    ):
        return asyncio.run(work(progress.read))


def _disk(data_dir: Path) -> Path | None:
    """Where the database lies, if it is the one of this machine's engine."""
    return None if os.environ.get("BOKFLOW_POSTGRES_DSN") else data_dir


def _carry_out(
    settings: "Settings",
    disk: Path | None,
    *,
    only: Which | None,
    verifies: bool,
    accepts_gap: bool,
    report: Report,
) -> list[RebuildOutcome]:
    """Raises CommandRefused."""
    from projections.migrate import PROJECTIONS
    from streams.command_line.build_refusals import rebuild_refusals

    async def work() -> list[RebuildOutcome]:
        return [
            await _rebuild(settings, one, disk, verifies, accepts_gap, report)
            for one in PROJECTIONS
            if only in (None, one.name)
        ]

    with rebuild_refusals():
        return asyncio.run(work())


async def _rebuild(
    settings: "Settings",
    projection: "Projection",
    disk: Path | None,
    verifies: bool,
    accepts_gap: bool,
    report: Report,
) -> RebuildOutcome:
    from streams.rebuild.builds import builder
    from streams.rebuild.whole import Rebuild

    started_at = time.monotonic()
    work = Rebuild(
        settings,
        projection,
        holder=builder(),
        report=lambda stage, done, total: report(projection.name, stage, done, total),
        accepts_gap=accepts_gap,
        disk=disk,
    )
    if verifies:
        async with work.verified() as (_, rebuilt):
            return _outcome(projection.topic, rebuilt, took_over=False, since=started_at)
    rebuilt = await work.take_over()
    return _outcome(projection.topic, rebuilt, took_over=True, since=started_at)


def _outcome(topic: str, rebuilt: "Rebuilt", *, took_over: bool, since: float) -> RebuildOutcome:
    return RebuildOutcome.model_validate(
        {
            "projection": rebuilt.projection,
            "took_over": took_over,
            "version": rebuilt.version,
            "messages": rebuilt.messages,
            "passed": len(rebuilt.rejected),
            "newly_rejected": len(rebuilt.newly_rejected),
            "first_newly_rejected": first_left_out(topic, rebuilt.newly_rejected),
            "is_compared": rebuilt.is_compared,
            "differing": [asdict(place) for place in rebuilt.differing],
            "doubted": rebuilt.doubted,
            "seconds": time.monotonic() - since,
            "stage_seconds": rebuilt.stage_seconds,
            "readers_waited_seconds": rebuilt.readers_waited_seconds,
        }
    )

"""`bokflow verify`: whether the ledger in use is what its topic says."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from projections.queries.company_facts import check_known
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.connect import engine_settings
from streams.command_line.left_out import first_left_out, left_out_sentence
from streams.command_line.options import (
    DATA_DIR,
    DataDir,
    Lang,
    Options,
    Output,
    check_company_id,
)
from streams.command_line.rebuild_page import rebuild_progress
from streams.command_line.refusal import EXIT_REFUSED
from streams.command_line.run_progress import run_progress
from streams.command_line.texts import label
from streams.command_line.verified import Verified
from streams.command_line.verify_page import show_verified

if TYPE_CHECKING:
    from streams.rebuild.verify import Found

OneCompany = Annotated[
    str | None, typer.Argument(metavar="COMPANY", help="Only this one; by default all.")
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Fail where a source's own totals differ from the books, too."),
]


def verify(
    company: OneCompany = None,
    strict: Strict = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Compare the ledger with a fresh fold of its topic; exit 1 where they differ."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        found = _all(options) if company is None else _one(options, company)
        tell(options, found, show_verified)
    if found.state == "differs" or (strict and found.has_wrong_totals):
        raise typer.Exit(EXIT_REFUSED)


def _all(options: Options) -> Verified:
    """Raises CommandRefused, NotFound."""
    from streams.command_line.build_refusals import rebuild_refusals
    from streams.rebuild.builds import builder
    from streams.rebuild.verify import verify_all

    settings = engine_settings(options.data_dir)
    with rebuild_refusals(), rebuild_progress(options.language) as progress:
        report = partial(progress.show, "ledger")
        found = asyncio.run(verify_all(settings, holder=builder(), report=report))
    return _verified(options, found)


def _one(options: Options, company: str) -> Verified:
    """Raises CommandRefused, NotFound."""
    from streams.command_line.build_refusals import build_refusals
    from streams.rebuild.builds import builder
    from streams.rebuild.verify import verify_company

    check_company_id(company)
    settings = engine_settings(options.data_dir)
    ask(options, lambda connection: check_known(connection, company))
    told = label("phase.building", options.language)
    with build_refusals(), run_progress(told, options.language) as progress:
        found = asyncio.run(
            verify_company(settings, company, holder=builder(), report=progress.read)
        )
    return _verified(options, found)


def _verified(options: Options, found: "Found") -> Verified:
    """Warns of what the difference may come from, on stderr."""
    from projections.migrate import LEDGER

    if found.newly_rejected:
        first, total = first_left_out(LEDGER.topic, found.newly_rejected), len(found.newly_rejected)
        typer.echo(left_out_sentence(first, total, options.language, is_compared=True), err=True)
    return Verified.of(
        in_use=found.in_use,
        rebuilt=found.rebuilt,
        differences=found.differences,
        totals=found.totals,
    )

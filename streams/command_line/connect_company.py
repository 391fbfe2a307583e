"""`bokflow connect`: ties a company to its accounting system."""

from typing import Annotated

import asyncpg
import typer

from projections.queries.company_facts import company_facts
from schemas.commands import ConnectionRequested
from schemas.limits import TEXT_CHARACTERS_MAX, replace_forbidden
from schemas.sources import CONNECTABLE, SOURCES
from streams.command_line.answer import ask, refusals
from streams.command_line.confirmation import Yes, confirm
from streams.command_line.engine_command import Until, carry_out, command_id, requested_by
from streams.command_line.options import (
    DATA_DIR,
    Company,
    DataDir,
    Lang,
    Options,
    Output,
    Wait,
    check_company_id,
)
from streams.command_line.refusal import EXIT_USAGE, CommandRefused
from streams.command_line.show import printable
from streams.command_line.texts import label

NAMES = ", ".join(sorted(CONNECTABLE))
FromSource = Annotated[str, typer.Option("--source", metavar="SOURCE", help=f"One of {NAMES}.")]
CompanyName = Annotated[str, typer.Option("--name", help="What the company is called.")]
Number = Annotated[
    str | None, typer.Option("--organisation-number", metavar="NUMBER", help="556677-8899.")
]


def connect(
    company: Company,
    source: FromSource,
    name: CompanyName = "",
    organisation_number: Number = None,
    yes: Yes = False,
    wait: Wait = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Connect a company to its accounting system; with --wait, until its first sync has ended."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        check_company_id(company)
        if source not in CONNECTABLE:
            facts = {"source": source, "sources": NAMES}
            raise CommandRefused("unknown_source", exit_code=EXIT_USAGE, **facts)
        if not yes:
            _confirm_change(options, company, source)
        command = ConnectionRequested(
            company_id=company,
            command_id=command_id(),
            requested_by=requested_by(),
            source=source,
            name=_short(name),
            organisation_number=organisation_number and _short(organisation_number),
        )
    until: Until = "first_run_ended" if SOURCES[source].is_direct else "decided"
    carry_out(options, command, waits=wait, until=until)


def _confirm_change(options: Options, company: str, source: str) -> None:
    """Tells what another source means for a company that has one, and asks. Raises CommandRefused.

    A new company and one that is connected to the same source anew have nothing to lose.
    """

    async def question(connection: asyncpg.Connection) -> str | None:
        found = await company_facts(connection, company)
        return found[0].facts.source if found else None

    known = ask(options, question)
    if known in (None, source):
        return
    key = "change.to_fetched" if SOURCES[source].is_direct else "change.to_uploaded"
    facts = {"company_id": company, "known": printable(str(known)), "source": source}
    typer.echo(label(key, options.language, **facts), err=True)
    confirm(options, company, "change.confirm")


def _short(text: str) -> str:
    return replace_forbidden(text)[:TEXT_CHARACTERS_MAX]

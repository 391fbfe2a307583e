"""`bokflow connect`: ties a company to its accounting system."""

from typing import Annotated

import typer

from schemas.commands import ConnectionRequested
from schemas.limits import TEXT_CHARACTERS_MAX, replace_forbidden
from schemas.sources import CONNECTABLE, SOURCES
from streams.command_line.answer import refusals
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


def _short(text: str) -> str:
    return replace_forbidden(text)[:TEXT_CHARACTERS_MAX]

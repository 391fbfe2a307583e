"""Asking whether something is meant that is not easily undone: by typing the company's id."""

import sys
from typing import Annotated

import typer

from streams.command_line.options import Options
from streams.command_line.refusal import CommandRefused
from streams.command_line.texts import label

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the company's id.")]


def confirm(options: Options, company: str, question: str) -> None:
    """Asks on stderr, so that a pipe gets results only. Raises CommandRefused."""
    typer.echo(label(question, options.language, company_id=company), nl=False, err=True)
    if sys.stdin.readline().strip() != company:
        raise CommandRefused("not_confirmed", company_id=company)

"""Asking whether something is meant that is not easily undone: by typing the company's id."""

import sys
from typing import Annotated

import typer

from streams.command_line.options import Options
from streams.command_line.refusal import CommandRefused
from streams.command_line.texts import label

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the company's id.")]


def confirm(options: Options, company: str, question: str) -> None:
    """Asks on stderr, so that a pipe gets results only. Raises CommandRefused.

    Nobody is asked where no person types: the answer is read all the same.
    """
    asks = sys.stdin is not None and sys.stdin.isatty()  # None: it was closed at the start.
    if asks:
        typer.echo(label(question, options.language, company_id=company), nl=False, err=True)
    typed = sys.stdin.readline() if sys.stdin is not None else ""
    if typed.strip() == company:
        return
    if asks and not typed.endswith("\n"):
        typer.echo(err=True)  # What follows has a line of its own.
    raise CommandRefused("not_confirmed" if asks or typed else "nobody_to_ask", company_id=company)

"""How a command ends: its result on stdout, or its refusal on stderr and its exit code."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import asyncpg
import typer

from schemas.errors import NotFound
from schemas.model import Model
from streams.command_line.connect import connected
from streams.command_line.options import Options
from streams.command_line.refusal import EXIT_REFUSED, CommandRefused, sentence

Answer = TypeVar("Answer")


def ask(options: Options, question: Callable[[asyncpg.Connection], Awaitable[Answer]]) -> Answer:
    """What the database answers. Raises CommandRefused, NotFound."""

    async def asked() -> Answer:
        async with connected(options.data_dir) as connection:
            return await question(connection)

    return asyncio.run(asked())


@contextmanager
def refusals(options: Options) -> Iterator[None]:
    """Turns what a user can cause into a code, a sentence and an exit code."""
    try:
        yield
    except CommandRefused as refused:
        _refuse(options, refused.code, refused.sentence(options.language))
        raise typer.Exit(refused.exit_code) from refused
    except NotFound as error:
        _refuse(options, error.reason, sentence(error.told_as, options.language, vars(error)))
        raise typer.Exit(EXIT_REFUSED) from error


def tell(options: Options, found: Answer, show: Callable[[Answer, str], None]) -> None:
    """The answer as it was asked for: as JSON, or shown to people in their language."""
    if options.is_json:
        print_json(found)
    else:
        show(found, options.language)


def print_json(document: object) -> None:
    """The only thing on stdout where JSON was asked for; UTF-8 whatever the terminal speaks."""
    text = json.dumps(_plain(document), ensure_ascii=False, indent=2)
    typer.echo(text.encode())


def _plain(document: object) -> object:
    if isinstance(document, Model):
        return document.model_dump(mode="json")
    if isinstance(document, Sequence) and not isinstance(document, str):
        return [_plain(member) for member in document]
    return document


def _refuse(options: Options, code: str, told: str) -> None:
    typer.echo(f"{code}: {told}", err=True)
    if options.is_json:
        print_json({"error": {"code": code, "message": told}})

"""Whose books a command shows: those in use, or those that once were."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import asyncpg

from projections.queries.snapshot import LEDGER_VIEWS
from streams.command_line.answer import ask
from streams.command_line.options import Options

Answer = TypeVar("Answer")
# Takes a connection, and the schema that holds the ledger's tables.
Question = Callable[[asyncpg.Connection, str], Awaitable[Answer]]


class Books(Protocol):
    def ask(self, question: Question[Answer]) -> Answer:
        """What these books answer. Raises CommandRefused, NotFound."""


class BooksInUse:
    """Those that the dashboards show."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def ask(self, question: Question[Answer]) -> Answer:
        """What they answer now. Raises CommandRefused, NotFound."""

        async def asked(connection: asyncpg.Connection) -> Answer:
            return await question(connection, LEDGER_VIEWS)

        return ask(self._options, asked)

"""The command line as a user runs it, on a database of the test's own."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
from typer.testing import CliRunner, Result

from schemas.lifecycle_events import CompanyRegistered
from streams.command_line.main import app
from tests.books import Books
from tests.builders import YEAR, a_read, a_voucher, some_years


class CommandLine:
    """Runs commands in this process, in English unless the test says otherwise."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = {"LANG": "en_US.UTF-8", **environment}

    @property
    def dsn(self) -> str:
        return self.environment["BOKFLOW_POSTGRES_DSN"]

    def run(self, *arguments: str, exit_code: int = 0, typed: str = "") -> Result:
        result = CliRunner().invoke(app, arguments, env=self.environment, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result

    def json(self, *arguments: str, exit_code: int = 0) -> Any:
        """What stands on stdout with `-o json`: nothing but that."""
        return json.loads(self.run(*arguments, "-o", "json", exit_code=exit_code).stdout)

    def refusal(self, *arguments: str, exit_code: int = 1) -> str:
        """The code of a refusal, which is told for people and for programs."""
        told = self.json(*arguments, exit_code=exit_code)["error"]
        code, message = told["code"], told["message"]
        result = self.run(*arguments, exit_code=exit_code)
        assert result.stderr == f"{code}: {message}\n"
        assert result.stdout == ""
        assert message.endswith((".", "?"))
        return str(code)

    def fill(self, work: Callable[[Books], Awaitable[None]]) -> None:
        """Lets the test fill its database."""

        async def filled() -> None:
            connection = await asyncpg.connect(self.dsn)
            try:
                await work(Books(connection))
            finally:
                await connection.close()

        asyncio.run(filled())


async def connected(books: Books) -> None:
    """A company of a direct source, with two vouchers."""
    await books.register(source="fortnox")
    await books.happened(CompanyRegistered, source="fortnox")
    await books.connect(due_in=timedelta(hours=1))
    await books.project(some_years(YEAR), a_read(a_voucher("1"), a_voucher("2"), run=2))

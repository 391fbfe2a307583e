"""The command line, with a migrated database of its own for each test."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.servers import PostgresServer
from tests.streams.command_line.command_line import CommandLine, connected


@pytest.fixture
def command_line(postgres_server: PostgresServer) -> Iterator[CommandLine]:
    database = postgres_server.fresh_database()
    with asyncio.Runner() as runner:
        dsn = runner.run(database.__aenter__())
        yield CommandLine({"BOKFLOW_POSTGRES_DSN": dsn})
        runner.run(database.__aexit__(None, None, None))


@pytest.fixture
def away(command_line: CommandLine) -> CommandLine:
    """A broker that does not answer: whatever is sent is refused, and seen by that."""
    command_line.environment["BOKFLOW_KAFKA_URL"] = "127.0.0.1:1"
    command_line.fill(connected)
    return command_line

"""The command line, with a migrated database of its own for each test."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.servers import PostgresServer
from tests.streams.command_line.command_line import CommandLine


@pytest.fixture
def command_line(postgres_server: PostgresServer) -> Iterator[CommandLine]:
    database = postgres_server.fresh_database()
    with asyncio.Runner() as runner:
        dsn = runner.run(database.__aenter__())
        yield CommandLine({"BOKFLOW_POSTGRES_DSN": dsn})
        runner.run(database.__aexit__(None, None, None))

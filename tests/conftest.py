"""What tests share: one embedded PostgreSQL for the run, and a fresh database for each test."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from streams.embedded.endpoints import Endpoints
from streams.embedded.stack import Stack
from tests.engine import PROFILE, Engine, fresh_engine
from tests.servers import PostgresServer, server_directory


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with server_directory("postgres") as directory, PostgresServer.running(directory) as server:
        yield server


@pytest.fixture
async def database(postgres_server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """A connection, as the engine's role, to a migrated database of this test's own."""
    async with postgres_server.fresh_database() as dsn:
        connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()


@dataclass(frozen=True)
class Servers:
    """Kafka and PostgreSQL of this test run."""

    stack: Stack
    endpoints: Endpoints


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with server_directory("servers") as directory:
        stack = Stack(directory, PROFILE)
        endpoints = stack.start(lambda _: None)
        try:
            yield Servers(stack, endpoints)
        finally:
            stack.stop()


@pytest.fixture
async def engine(servers: Servers, tmp_path: Path) -> AsyncIterator[Engine]:
    async with fresh_engine(servers.stack, servers.endpoints, tmp_path) as fresh:
        yield fresh

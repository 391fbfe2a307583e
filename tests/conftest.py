"""What tests share: one embedded PostgreSQL for the run, and a fresh database for each test."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from streams.embedded.endpoints import Endpoints
from streams.embedded.stack import Stack
from tests.engine import PROFILE, Engine, fresh_engine
from tests.servers import PostgresServer


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    directory = _open_to_servers(tmp_path_factory.mktemp("postgres"))
    with PostgresServer.running(directory) as server:
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


def _open_to_servers(directory: Path) -> Path:
    """PostgreSQL's own user has to reach the directory where the tests run as root."""
    if os.geteuid() == 0:
        for parent in (directory, *directory.parents[:2]):
            parent.chmod(parent.stat().st_mode | 0o011)
    return directory


@dataclass(frozen=True)
class Servers:
    """Kafka and PostgreSQL of this test run."""

    stack: Stack
    endpoints: Endpoints


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    directory = _open_to_servers(tmp_path_factory.mktemp("servers"))
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

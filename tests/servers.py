"""Real servers for tests: a PostgreSQL whose databases are copied from a migrated one."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from projections.migrate import migrate
from streams.embedded.postgres import Postgres, PostgresProfile

PARTITIONS = 4
TEMPLATE = "bokflow"
# Nothing of a test's database has to survive the machine.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def server_directory(name: str) -> Iterator[Path]:
    """A directory that PostgreSQL's own user can reach, where the tests run as root.

    Not below pytest's own: every run of pytest that starts closes that to all other users again,
    and would cut off the servers of a run that is under way.
    """
    with tempfile.TemporaryDirectory(prefix=f"bokflow-{name}-") as created:
        directory = Path(created)
        if os.geteuid() == 0:
            directory.chmod(0o711)
        yield directory


class PostgresServer:
    """One server; `fresh_database` gives each test a migrated database of its own."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._numbers = itertools.count(1)

    @classmethod
    @contextmanager
    def running(cls, directory: Path) -> Iterator["PostgresServer"]:
        postgres = Postgres(directory, PostgresProfile(settings=FAST))
        postgres.start(lambda _: None)
        try:
            asyncio.run(_migrate(postgres.dsn))
            yield cls(postgres)
        finally:
            postgres.stop()

    @property
    def dsn(self) -> str:
        """The migrated database itself, for tests that roll back all they do."""
        return self._postgres.dsn

    @property
    def admin_dsn(self) -> str:
        return self._postgres.admin_dsn

    @asynccontextmanager
    async def fresh_database(self) -> AsyncIterator[str]:
        """The DSN of a new copy of the migrated database; it goes with the block."""
        name = f"test_{next(self._numbers)}"
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER bokflow")
        try:
            yield self._postgres.dsn.replace("/bokflow?", f"/{name}?")
        finally:
            await self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    async def _administer(self, statement: str) -> None:
        dsn = self._postgres.admin_dsn.replace("/bokflow?", "/postgres?")
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _migrate(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await migrate(connection, partitions=PARTITIONS)
    finally:
        await connection.close()

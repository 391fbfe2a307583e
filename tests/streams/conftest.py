"""What tests of the moving parts share: a worker's pool, to a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from streams.database import Database
from tests.servers import PostgresServer
from tests.streams.command_topic import CommandTopic


@pytest.fixture
async def pool(postgres_server: PostgresServer) -> AsyncIterator[Database]:
    async with postgres_server.fresh_database() as dsn:
        database = Database(dsn, transaction_timeout_seconds=20, lock_timeout_seconds=5)
        await database.start()
        try:
            yield database
        finally:
            await database.stop()


@pytest.fixture
def topic(pool: Database) -> CommandTopic:
    return CommandTopic(pool)

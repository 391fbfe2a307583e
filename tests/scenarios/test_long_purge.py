"""A purge that takes longer than other transactions may, and than a worker may stand still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from projections.ledger import projection
from projections.migrate import LEDGER
from schemas.errors import StoreUnavailable
from streams import database as databases
from streams.database import Database
from tests.books import Books
from tests.builders import a_purge, a_read, a_voucher
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.rebuilding import COMPANY, books, say
from tests.servers import PostgresServer
from tests.streams.test_projector import a_projector, received
from tests.worker import Worker

pytestmark = pytest.mark.engine
# Its vouchers go as slowly as those of a great company on a slow disk.
SLOWLY = """
    CREATE FUNCTION ledger_1.go_slowly() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
    CREATE TRIGGER go_slowly AFTER DELETE ON ledger_1.voucher
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_1.go_slowly()
"""
# Its vouchers go when the test lets them.
HELD = """
    CREATE FUNCTION ledger_1.wait() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
    CREATE TRIGGER wait AFTER DELETE ON ledger_1.voucher
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_1.wait()
"""
PURGING_SECONDS = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
    FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()
"""
# On another partition.
ELSEWHERE = "snickeriet"
VOUCHERS = "SELECT count(*) FROM ledger.voucher"
WHOSE = "SELECT DISTINCT company_id FROM ledger.voucher"


@asynccontextmanager
async def impatient(server: PostgresServer) -> AsyncIterator[Database]:
    """A worker's pool whose transactions may take one second."""
    async with server.fresh_database() as dsn:
        database = Database(dsn, transaction_timeout_seconds=1, lock_timeout_seconds=5)
        await database.start()
        try:
            yield database
        finally:
            await database.stop()


async def test_a_purge_may_take_longer_than_what_else_is_applied(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "COMMAND_SECONDS_MAX", 1)
    async with impatient(postgres_server) as database:
        async with database.connection() as connection:
            await connection.execute(SLOWLY)
        batch = received(*a_read(a_voucher("1")), a_purge())

        await asyncio.wait_for(a_projector(database).apply(batch), 20)

        async with database.connection() as connection:
            assert await connection.fetchval(VOUCHERS) == 0
            assert await connection.fetchval("SHOW transaction_timeout") == "1s"


async def test_a_purge_whose_worker_has_stopped_holds_nobody_longer_than_another_would(
    postgres_server: PostgresServer,
) -> None:
    async with impatient(postgres_server) as database:
        async with database.connection() as connection:
            await Books(connection).project(a_read(a_voucher("1")))

        async def stand_still() -> None:
            async with database.transaction() as connection:
                await connection.execute(f"SET LOCAL search_path = {LEDGER.schema(1)}")
                await projection.apply(connection, [a_purge()])

                async def is_cut() -> bool:
                    return connection.is_closed()

                await eventually(is_cut, what="PostgreSQL cuts it", limit_seconds=20)
                await connection.execute("SELECT 1")

        with pytest.raises(StoreUnavailable):
            await stand_still()
        async with database.connection() as connection:
            assert await connection.fetchval(VOUCHERS) == 1


async def test_a_worker_that_purges_for_long_is_not_stuck(engine: Engine) -> None:
    worker = await _purging(engine)
    await say(engine, *books(ELSEWHERE))  # It waits for the one agent that its worker has.

    async def is_long() -> bool:
        assert worker.process.poll() is None, worker.log
        return bool(await engine.value(PURGING_SECONDS) > 8)

    await eventually(is_long, what="the purge takes longer than a worker may stand still")
    await engine.connection.execute("SELECT pg_advisory_unlock(1)")
    await engine.caught_up()

    assert await engine.value(WHOSE) == ELSEWHERE
    assert worker.process.poll() is None


async def test_a_purge_whose_worker_is_killed_gives_its_partition_back(engine: Engine) -> None:
    worker = await _purging(engine)

    worker.kill()

    async def is_cut() -> bool:
        return not await engine.value(PURGING_SECONDS)

    await eventually(is_cut, what="PostgreSQL cuts it in its statement", limit_seconds=20)
    assert await engine.value(VOUCHERS) > 0


async def _purging(engine: Engine) -> Worker:
    """A worker in the middle of a purge, which goes on when an advisory lock is let go."""
    await say(engine, *books(COMPANY))
    worker = await engine.start_worker(transaction_timeout_seconds="1", stuck_seconds="5")
    await engine.caught_up()
    await engine.connection.execute(HELD)
    await engine.connection.execute("SELECT pg_advisory_lock(1)")
    await say(engine, a_purge(company=COMPANY, run=2))
    await eventually(lambda: engine.value(PURGING_SECONDS), what="the purge has begun")
    return worker

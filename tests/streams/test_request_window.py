"""The window of a source's requests, shared by all workers through PostgreSQL."""

import asyncio
from bisect import bisect_left
from datetime import datetime

import asyncpg
import pytest

from streams.request_window import LOCK_WINDOW, take
from tests.eventually import eventually
from tests.servers import PostgresServer

LIMIT = 25
WINDOW_SECONDS = 0.5
TAKES = 200
CONNECTIONS = 8
WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted"
# Remembers each request that was let go, which the window itself soon forgets.
REMEMBER = """
    CREATE TABLE made (made_at timestamptz);
    CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO made VALUES (NEW.made_at[cardinality(NEW.made_at)]);
            RETURN NEW;
        END
    $$;
    CREATE TRIGGER remember AFTER UPDATE ON engine.request_window
        FOR EACH ROW EXECUTE FUNCTION remember();
"""


async def _take(connection: asyncpg.Connection, tenant: str = "bageriet") -> float:
    return await take(
        connection,
        source="fortnox",
        tenant=tenant,
        limit=LIMIT,
        window_seconds=WINDOW_SECONDS,
    )


async def _take_in_turn(connection: asyncpg.Connection, times: int) -> list[float]:
    """When each request was made, by the clock of this process."""
    made = []
    for _ in range(times):
        while seconds := await _take(connection):
            await asyncio.sleep(seconds)
        made.append(asyncio.get_running_loop().time())
    return made


def _most_in_a_window(times: list[datetime]) -> int:
    seconds = sorted(time.timestamp() for time in times)
    return max(
        bisect_left(seconds, first + WINDOW_SECONDS) - place for place, first in enumerate(seconds)
    )


@pytest.mark.engine
async def test_many_that_ask_at_once_never_exceed_the_window(
    postgres_server: PostgresServer,
) -> None:
    async with postgres_server.fresh_database() as dsn:
        connections = [await asyncpg.connect(dsn) for _ in range(CONNECTIONS)]
        await connections[0].execute(REMEMBER)

        taken = await asyncio.gather(
            *(_take_in_turn(connection, TAKES // CONNECTIONS) for connection in connections)
        )

        rows = await connections[0].fetch("SELECT made_at FROM made")
        kept = await connections[0].fetchval(
            "SELECT cardinality(made_at) FROM engine.request_window"
        )
        for connection in connections:
            await connection.close()
    assert len(rows) == TAKES
    assert _most_in_a_window([row["made_at"] for row in rows]) == LIMIT
    assert kept == LIMIT
    made = sorted(moment for moments in taken for moment in moments)
    # Nothing is lost either: as many as fit go at once, and the next ones a window later.
    assert made[-1] - made[0] < (TAKES / LIMIT + 1) * WINDOW_SECONDS


@pytest.mark.engine
async def test_a_request_that_waited_for_another_counts_from_when_it_was_let_go(
    postgres_server: PostgresServer,
) -> None:
    async with postgres_server.fresh_database() as dsn:
        first, second = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        await _take(first)
        holding = first.transaction()
        await holding.start()
        await first.execute(LOCK_WINDOW, "fortnox", "bageriet")
        taking = asyncio.create_task(_take(second))
        await eventually(lambda: first.fetchrow(WAITING), what="the second one waits")
        let_go_at = await first.fetchval("SELECT clock_timestamp()")
        await holding.commit()

        assert await taking == 0

        counted = await first.fetchval("SELECT made_at[2] FROM engine.request_window")
        await first.close()
        await second.close()
    assert counted > let_go_at


@pytest.mark.engine
async def test_one_company_does_not_wait_for_another(database: asyncpg.Connection) -> None:
    for _ in range(LIMIT):
        assert await _take(database) == 0

    assert 0 < await _take(database) <= WINDOW_SECONDS
    assert await _take(database, tenant="snickeriet") == 0

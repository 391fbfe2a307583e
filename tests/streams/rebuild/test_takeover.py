"""What is left of a version once another has taken over."""

import pytest

from projections.migrate import LEDGER
from streams.database import Database
from streams.rebuild.takeover import retire

pytestmark = pytest.mark.engine
LEFT = "UPDATE engine.projection_offset SET in_use = false WHERE agent = $1"
VIEWS = "DROP SCHEMA ledger CASCADE"  # They show another version by then.
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'ledger_1'"


async def test_tables_that_somebody_still_reads_are_left_to_the_next_rebuild(
    pool: Database,
) -> None:
    async with pool.connection() as connection:
        await connection.execute(LEFT, LEDGER.agent)
        await connection.execute(VIEWS)
    async with pool.transaction() as reading:
        await reading.fetch("SELECT FROM ledger_1.voucher")

        assert not await retire(pool, LEDGER, 1)
    async with pool.connection() as connection:
        assert await connection.fetchval(TABLES) > 0

    assert await retire(pool, LEDGER, 1)

    async with pool.connection() as connection:
        assert await connection.fetchval(TABLES) == 0

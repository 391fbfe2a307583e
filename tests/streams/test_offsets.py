"""The agents' offsets: who looks whether anybody is at work does not wait for who is."""

import pytest

from projections.migrate import LEDGER
from streams import offsets
from streams.database import Database

pytestmark = pytest.mark.engine


async def test_an_agent_that_is_at_one_partition_is_at_rest_at_none_of_its_others(
    pool: Database,
) -> None:
    async with pool.transaction() as applying, pool.connection() as looking:
        await offsets.lock(applying, LEDGER, [1])

        assert await offsets.at_rest(looking, LEDGER, [0, 1]) == {}
        assert await offsets.at_rest(looking, LEDGER) == {}
        assert await offsets.at_rest(looking, LEDGER, [2, 3]) == {2: 0, 3: 0}
    async with pool.connection() as looking:
        assert set(await offsets.at_rest(looking, LEDGER)) == {0, 1, 2, 3}

"""A comparison's moment, and the takeover of somebody else that comes in between."""

import asyncio
from collections.abc import Mapping

import pytest

from projections.migrate import LEDGER, add_offsets
from streams import offsets
from streams.database import Database
from streams.rebuild.comparison import at_one_offset
from tests.eventually import eventually
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
LEAVE = "UPDATE engine.projection_offset SET in_use = false WHERE agent = $1"
ENTER = """
    UPDATE engine.projection_offset SET in_use = true, next_offset = 7
    WHERE agent = $1 AND version = 2
"""
SOMEBODY_WAITS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.mark.parametrize("partitions", [None, [1]])
async def test_the_version_that_comes_into_use_while_the_old_one_is_waited_for_is_compared_with(
    pool: Database, partitions: list[int] | None
) -> None:
    come_to: list[Mapping[int, int]] = []

    async def advance(to: Mapping[int, int]) -> None:
        come_to.append(to)

    async def compare() -> None:
        async with at_one_offset(pool, LEDGER, advance, partitions=partitions):
            pass

    async with pool.connection() as looking, pool.transaction() as other:
        await offsets.hold_in_use(other, LEDGER)
        comparing = asyncio.create_task(compare())
        await eventually(lambda: looking.fetchval(SOMEBODY_WAITS), what="the comparison waits")
        await add_offsets(other, LEDGER, 2, partitions=PARTITIONS, in_use=False)
        await other.execute(LEAVE, LEDGER.agent)
        await other.execute(ENTER, LEDGER.agent)
    await comparing

    assert come_to == [dict.fromkeys(partitions or range(PARTITIONS), 7)]

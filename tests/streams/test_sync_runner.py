"""How a runner ends a run, as far as that takes neither a source nor Kafka."""

from typing import Any

import pytest

from streams.database import Database
from streams.publisher import Publisher
from streams.settings import Settings
from streams.sync_runner import ATTEMPTS_MAX, SyncRunner
from tests.streams.queue import Queue

pytestmark = pytest.mark.engine
LOST = "UPDATE engine.sync_run SET runners_lost = $1"
ASK_TO_STOP = """
    UPDATE engine.sync_run SET cancel_requested_at = engine.clock(), cancel_requested_by = 'anna'
"""
RUN = "SELECT state, reason, finished_at IS NOT NULL AS has_ended FROM engine.sync_run"
LEASES = "SELECT count(*) FROM engine.lease"


async def run_next(pool: Database) -> Any:
    """The run after a runner has given it up for good."""
    settings = Settings.with_servers("nowhere:1", "postgresql://nowhere")
    runner = SyncRunner(pool, Publisher("nowhere:1"), settings, holder="test")
    assert await runner.run_next()
    async with pool.connection() as connection:
        assert await connection.fetchval(LEASES) == 0
        return await connection.fetchrow(RUN)


async def test_a_run_that_no_runner_survives_fails(pool: Database) -> None:
    async with pool.connection() as connection:
        await Queue(connection).add("bageriet")
        await connection.execute(LOST, ATTEMPTS_MAX)

    assert tuple(await run_next(pool)) == ("failed", "attempts_exhausted", True)


async def test_a_run_that_fails_after_somebody_was_told_that_it_would_be_cancelled_is_cancelled(
    pool: Database,
) -> None:
    async with pool.connection() as connection:
        await Queue(connection).add("bageriet")
        await connection.execute(LOST, ATTEMPTS_MAX)
        await connection.execute(ASK_TO_STOP)

    assert tuple(await run_next(pool)) == ("cancelled", "requested", True)

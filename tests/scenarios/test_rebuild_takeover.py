"""Takeovers that meet others, long transactions, readers, and what nobody foresaw."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import Any

import asyncpg
import pytest

from projections.migrate import LEDGER, version_in_use
from streams import offsets, topics
from streams.database import Database
from streams.folds import FOLDS
from streams.rebuild import builds, takeover
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.folding import BuildProjector, BuildRefusals
from streams.refusals import MessageUnsolved
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.rebuilding import COMPANY, books, project, say
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
CatchUp = Callable[[], Awaitable[None]]
SOMEBODY_WAITS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
LEAVE = "UPDATE engine.projection_offset SET in_use = false WHERE agent = $1"
ENTER = "UPDATE engine.projection_offset SET in_use = true WHERE agent = $1 AND version = $2"
# Held or waited for: readers wait behind either.
VIEWS_LOCKED = """
    SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation
    WHERE mode = 'AccessExclusiveLock' AND relnamespace = 'ledger'::regnamespace
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@asynccontextmanager
async def a_build(pool: Database) -> AsyncIterator[builds.Build]:
    """An empty one."""
    async with builds.building(
        pool, LEDGER, kind="whole", holder="test", lease_seconds=30
    ) as build:
        yield build


async def nothing() -> None:
    """There are no messages in between."""


async def take_over(
    engine: Engine,
    pool: Database,
    build: builds.Build,
    *,
    catch_up: CatchUp = nothing,
) -> takeover.TakenOver:
    refusals = BuildRefusals()
    async with BulkReader.open(engine.endpoints.kafka_url, LEDGER.topic) as reader:
        return await takeover.take_over(
            pool,
            build,
            projector=BuildProjector(pool, LEDGER, build.version, refusals),
            reader=reader,
            lost={},
            begun={},
            rejected=refusals.rejected,
            catch_up=catch_up,
        )


async def test_a_takeover_that_meets_another_one_is_tried_again(
    engine: Engine, pool: Database
) -> None:
    async with a_build(pool) as build, a_build(pool) as others:
        async with pool.transaction() as other:
            await offsets.hold_in_use(other, LEDGER)
            taking = asyncio.create_task(take_over(engine, pool, build))
            await eventually(lambda: engine.value(SOMEBODY_WAITS), what="the takeover waits")
            await other.execute(LEAVE, LEDGER.agent)
            await other.execute(ENTER, LEDGER.agent, others.version)
            await builds.end(other, others)
        await taking

    assert await version_in_use(engine.connection, LEDGER) == build.version


async def test_nobody_waits_while_a_takeover_waits_for_an_agent_that_is_at_a_purge(
    engine: Engine, pool: Database
) -> None:
    caught_up = asyncio.Event()

    async def catch_up() -> None:
        caught_up.set()

    async with a_build(pool) as build:
        async with pool.transaction() as purging:
            await offsets.lock(purging, LEDGER, [PARTITIONS - 1])
            taking = asyncio.create_task(take_over(engine, pool, build, catch_up=catch_up))
            await eventually(lambda: engine.value(SOMEBODY_WAITS), what="the takeover waits")

            assert await engine.value(VIEWS_LOCKED) == 0
            async with pool.connection() as looking:
                others = range(PARTITIONS - 1)
                assert set(await offsets.at_rest(looking, LEDGER, others)) == set(others)
            # What the purge has brought is applied before anybody has to wait.
            assert not caught_up.is_set()
        await taking

    assert caught_up.is_set()
    assert await version_in_use(engine.connection, LEDGER) == build.version


async def test_the_longest_wait_of_readers_is_told_whichever_try_it_was(
    engine: Engine, pool: Database
) -> None:
    async with a_build(pool) as build, AsyncExitStack() as reading:
        reader = await reading.enter_async_context(pool.transaction())
        await reader.fetch("SELECT FROM ledger.voucher")
        tries: list[object] = []

        async def catch_up() -> None:
            tries.append(None)
            if len(tries) == 2:
                await reading.aclose()

        taken = await take_over(engine, pool, build, catch_up=catch_up)

    assert taken.readers_waited_seconds >= takeover.LOCK_MS_MAX / 1_000


@pytest.mark.parametrize("error", [KeyError("nobody"), asyncpg.UndefinedColumnError("nobody")])
async def test_a_message_that_nobody_foresaw_is_named_where_the_takeover_meets_it_first(
    engine: Engine, pool: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)

    async def fail(*_: Any) -> int:
        raise error

    monkeypatch.setitem(FOLDS, LEDGER, replace(FOLDS[LEDGER], apply=fail))
    async with a_build(pool) as build:
        # All messages are left to the takeover, the first time.
        apply_all = partial(_apply_all, engine, pool, build)
        steps: Iterator[CatchUp] = chain([nothing], repeat(apply_all))
        place = f"{LEDGER.topic}/{topics.partition_of(COMPANY, partitions=PARTITIONS)}/0"
        with pytest.raises(MessageUnsolved, match=f"{place}: {type(error).__name__}"):
            await take_over(engine, pool, build, catch_up=lambda: next(steps)())


async def _apply_all(engine: Engine, pool: Database, build: builds.Build) -> None:
    projector = BuildProjector(pool, LEDGER, build.version, BuildRefusals())
    async with BulkReader.open(engine.endpoints.kafka_url, LEDGER.topic) as reader:
        async for batch in reader.read(await reader.bounds(PARTITIONS)):
            await projector.apply(batch)

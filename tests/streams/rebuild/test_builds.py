"""Builds beside the version in use: dropped by whoever made them, or by whoever comes after."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from projections.migrate import LEDGER, STATUS
from streams import offsets
from streams.database import Database
from streams.housekeeping import Housekeeping
from streams.rebuild import builds
from streams.rebuild.builds import Build, BuildLost, building, drop_orphans
from tests.servers import PARTITIONS

pytestmark = pytest.mark.engine
LEASE_SECONDS = 15.0


async def value(database: Database, query: str) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(query)


async def schemas(database: Database) -> list[str]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ '_[0-9]+$' ORDER BY nspname"
        )
    return [row[0] for row in rows if not row[0].startswith("pg_")]


async def created(database: Database) -> Build:
    async with database.transaction() as connection:
        return await builds.create(
            connection, LEDGER, kind="company", holder="test", lease_seconds=LEASE_SECONDS
        )


async def pass_time(database: Database, seconds: float) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE engine.clock_offset SET clock_offset = clock_offset + $1",
            timedelta(seconds=seconds),
        )


async def test_a_build_has_tables_and_offsets_that_are_not_in_use_until_its_block_ends(
    pool: Database,
) -> None:
    async with (
        building(pool, LEDGER, kind="company", holder="a", lease_seconds=9) as ledger,
        building(pool, STATUS, kind="company", holder="a", lease_seconds=9) as status,
    ):
        assert await schemas(pool) == ["ledger_1", "ledger_2", "status_1", "status_2"]
        assert (ledger.schema, status.schema) == ("ledger_2", "status_2")
        async with pool.transaction() as connection:
            locked = await offsets.lock(connection, LEDGER, range(PARTITIONS), version=2)
            assert {row.next_offset for row in locked.rows.values()} == {0}
            assert (await offsets.lock(connection, LEDGER, [0])).version == 1

    assert await schemas(pool) == ["ledger_1", "status_1"]
    assert await value(pool, "SELECT count(*) FROM engine.lease") == 0
    assert await value(pool, "SELECT max(version) FROM engine.projection_offset") == 1
    assert await value(pool, "SELECT count(*) FROM engine.build WHERE ended_at IS NULL") == 0


async def test_builds_at_the_same_time_have_numbers_of_their_own(pool: Database) -> None:
    found = await asyncio.gather(*(created(pool) for _ in range(4)))

    assert sorted(build.version for build in found) == [2, 3, 4, 5]


async def test_a_number_is_not_given_twice(pool: Database) -> None:
    await builds.drop(pool, await created(pool))

    assert (await created(pool)).version == 3


async def test_a_build_whose_lease_has_run_out_is_dropped_by_whoever_comes_next(
    pool: Database,
) -> None:
    orphan = await created(pool)
    assert await drop_orphans(pool) == 0
    await pass_time(pool, LEASE_SECONDS + 1)

    async with building(pool, LEDGER, kind="as_of", holder="b", lease_seconds=9) as build:
        assert await schemas(pool) == ["ledger_1", build.schema, "status_1"]
        async with pool.transaction() as connection:
            with pytest.raises(offsets.VersionGone):
                await offsets.lock(connection, LEDGER, [0], version=orphan.version)
            with pytest.raises(BuildLost):
                await builds.hold(connection, orphan)
        assert await drop_orphans(pool) == 0


async def test_an_orphan_that_is_held_is_left_for_later_and_holds_nobody_up(
    pool: Database,
) -> None:
    await created(pool)
    await pass_time(pool, LEASE_SECONDS + 1)

    async with pool.transaction() as stopped:
        await stopped.execute("LOCK TABLE ledger_2.voucher IN ROW EXCLUSIVE MODE")
        async with building(pool, LEDGER, kind="as_of", holder="b", lease_seconds=9) as build:
            assert build.version == 3
    assert await drop_orphans(pool) == 1


async def test_housekeeping_drops_orphans(pool: Database) -> None:
    await created(pool)
    await pass_time(pool, LEASE_SECONDS + 1)

    assert await Housekeeping(pool).keep() == 1

    assert await schemas(pool) == ["ledger_1", "status_1"]


async def test_a_lease_is_prolonged_while_the_block_lasts(pool: Database) -> None:
    async with building(pool, LEDGER, kind="company", holder="a", lease_seconds=2):
        await asyncio.sleep(2.5)
        assert await drop_orphans(pool) == 0


async def test_a_build_that_was_taken_into_use_is_not_dropped(pool: Database) -> None:
    async with (
        building(pool, LEDGER, kind="whole", holder="a", lease_seconds=9) as build,
        pool.transaction() as connection,
    ):
        await builds.end(connection, build)
    await pass_time(pool, 3600)

    assert await drop_orphans(pool) == 0
    assert await schemas(pool) == ["ledger_1", build.schema, "status_1"]


async def test_a_cancelled_builder_drops_its_build(pool: Database) -> None:
    async def build() -> None:
        async with building(pool, LEDGER, kind="company", holder="a", lease_seconds=9):
            await asyncio.sleep(60)

    task = asyncio.create_task(build())
    while await schemas(pool) == ["ledger_1", "status_1"]:
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await schemas(pool) == ["ledger_1", "status_1"]

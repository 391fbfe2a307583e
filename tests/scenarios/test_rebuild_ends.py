"""Rebuilds that meet what cannot be applied, find no room, or are interrupted."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from projections.migrate import LEDGER
from projections.queries.verification import verification
from schemas.codec import encode
from schemas.topics import DEAD_LETTERS
from streams.command_line.refusal import EXIT_INTERRUPTED
from streams.database import Database
from streams.rebuild import builds, takeover
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.folding import BuildProjector, BuildRefusals
from streams.rebuild.room import DiskTooFull
from streams.rebuild.verify import verify_company
from streams.rebuild.whole import Rebuild
from tests.builders import a_page, a_voucher
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.beside import admin_dsn_of
from tests.scenarios.rebuilding import (
    BUILDS,
    COMPANY,
    books,
    project,
    rows,
    say,
    say_what_older_code_applied,
)
from tests.scenarios.test_command_line import in_background, sent
from tests.servers import PARTITIONS
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
# Whatever is written there finds no space left on the device.
FULL = Path("/dev/full")
FILE = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath($1)"
# The processes that read lock them before they write.
HOLD_THE_BUILD = "SELECT FROM engine.projection_offset WHERE NOT in_use FOR UPDATE"
READERS_WAIT = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
SCHEMAS = """
    SELECT array_agg(nspname::text ORDER BY nspname) FROM pg_namespace WHERE nspname ~ '^ledger_'
"""


def a_rebuild(engine: Engine, **options: Any) -> Rebuild:
    return Rebuild(engine.settings, LEDGER, holder="test", report=lambda *_: None, **options)


async def test_what_this_code_rejects_and_older_code_applied_is_told_and_leaves_it_unverified(
    engine: Engine, pool: Database
) -> None:
    await say_what_older_code_applied(engine, pool)
    command_line = CommandLine(engine.environment)
    arguments = ("rebuild", "--projection", "ledger")

    (compared,) = await in_background(lambda: command_line.json(*arguments, "--verify"))
    verified = await in_background(lambda: command_line.run("verify"))
    assert f"It would leave them out if it rebuilt the tables: {LEDGER.topic}" in verified.stderr
    one = await verify_company(engine.settings, COMPANY, holder="test", report=lambda *_: None)
    assert [(message.offset, message.reason) for message in one.newly_rejected] == [
        (3, "unreadable")
    ]
    assert (await verification(engine.connection, COMPANY)).state == "verified"
    (told,) = await in_background(lambda: command_line.json(*arguments))
    (again,) = await in_background(lambda: command_line.json(*arguments))

    assert compared["first_newly_rejected"] == told["first_newly_rejected"]
    (message,) = told["first_newly_rejected"]
    assert (message["company_id"], message["offset"], message["reason"]) == (
        COMPANY,
        3,
        "unreadable",
    )
    assert (told["passed"], told["newly_rejected"]) == (1, 1)
    assert (again["passed"], again["newly_rejected"]) == (1, 0)
    found = await verification(engine.connection, COMPANY)
    assert (found.state, found.dead_letters) == ("unverified", 1)
    assert await sent(engine, DEAD_LETTERS.name) == []


async def test_a_message_that_postgresql_refuses_at_the_takeover_is_passed_outside_of_it(
    engine: Engine, pool: Database
) -> None:
    page = encode(a_page(a_voucher("9", text="here"), run=3))
    bad = replace(page, value=page.value.replace(b'"here"', b'"\\u0000"'))
    await say(engine, *books(COMPANY))
    await engine.publish(bad)
    await project(engine, pool)
    before = await rows(engine, COMPANY)
    refusals = BuildRefusals()

    async with (
        BulkReader.open(engine.endpoints.kafka_url, LEDGER.topic) as reader,
        builds.building(pool, LEDGER, kind="whole", holder="test", lease_seconds=30) as build,
    ):
        projector = BuildProjector(pool, LEDGER, build.version, refusals)
        # All messages are left to the takeover, the first time.
        stretches = chain([{}], repeat(await reader.bounds(PARTITIONS)))

        async def catch_up() -> None:
            async for batch in reader.read(next(stretches)):
                await projector.apply(batch)

        await takeover.take_over(
            pool,
            build,
            projector=projector,
            reader=reader,
            lost={},
            begun={},
            rejected=refusals.rejected,
            catch_up=catch_up,
        )

    assert [one.reason for one in refusals.rejected.values()] == ["value_refused"]
    assert await rows(engine, COMPANY, version=build.version) == before


async def test_a_rebuild_that_has_no_room_beside_the_tables_in_use_is_not_begun(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    nowhere = Path("/proc")  # Has no room at all.

    with pytest.raises(DiskTooFull, match="0 MiB free"):
        await a_rebuild(engine, disk=nowhere).take_over()

    assert await engine.value(SCHEMAS) == ["ledger_1"]


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
async def test_a_disk_that_is_full_in_the_middle_ends_the_rebuild_and_leaves_nothing(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    before = await rows(engine, COMPANY)
    dsn = await admin_dsn_of(engine)

    def fill(stage: str, done: int, _: int) -> None:
        if (stage, done) == ("reading", 0):
            thread = threading.Thread(target=_fill, args=(dsn, "ledger_2.voucher"))
            thread.start()
            thread.join()

    work = Rebuild(engine.settings, LEDGER, holder="test", report=fill)
    with pytest.raises(DiskTooFull, match="No space left on device"):
        await work.take_over()

    assert await engine.value(SCHEMAS) == ["ledger_1"]
    assert await engine.value(BUILDS) == 0
    assert await rows(engine, COMPANY) == before
    assert (await a_rebuild(engine).take_over()).differing == []


def _fill(dsn: str, table: str) -> None:
    """Lets the table find no room any more."""
    path = Path(asyncio.run(_file_of(dsn, table)))
    path.unlink()
    path.symlink_to(FULL)


async def _file_of(dsn: str, table: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval(FILE, table))
    finally:
        await connection.close()


async def test_ctrl_c_while_it_reads_leaves_nothing_behind_and_the_next_one_is_fine(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *books(COMPANY))
    await project(engine, pool)
    before = await rows(engine, COMPANY)
    process = subprocess.Popen(  # noqa: ASYNC220 - starting it takes milliseconds
        [*(sys.executable, "-m", "streams.command_line.main"), "rebuild", "--lang", "en"],
        env={**os.environ, **engine.environment},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    async with pool.transaction() as holding:
        await eventually(lambda: holding.fetch(HOLD_THE_BUILD), what="a build")
        await eventually(lambda: engine.value(READERS_WAIT), what="its processes in the middle")
        readers = psutil.Process(process.pid).children()
        os.killpg(process.pid, signal.SIGINT)  # As a terminal does.
        await eventually(nobody_runs(readers), what="the processes are gone")
    _, told = await in_background(process.communicate)

    assert len(readers) > 0
    assert process.returncode == EXIT_INTERRUPTED
    assert told.decode().startswith("rebuild_interrupted: The rebuild was interrupted")
    assert "Traceback" not in told.decode()
    assert await engine.value(SCHEMAS) == ["ledger_1"]
    assert await engine.value(BUILDS) == 0
    assert await engine.value("SELECT count(*) FROM engine.lease WHERE name ~ '^build:'") == 0
    assert await rows(engine, COMPANY) == before
    assert (await a_rebuild(engine).take_over()).differing == []


def nobody_runs(processes: list[psutil.Process]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return not any(one.is_running() for one in processes)

    return look

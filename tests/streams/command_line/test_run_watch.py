"""Waiting for a run: until its end shows, through outages, and not for ever where nothing comes."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from projections.queries.run_state import RunState, RunVouchers
from schemas.lifecycle_events import CompanyRegistered, SyncFailed, SyncQueued
from streams.command_line import database_watch, run_watch
from streams.command_line.refusal import CommandRefused
from streams.command_line.run_watch import RunWatch
from tests.books import Books
from tests.servers import PostgresServer

pytestmark = pytest.mark.engine
SOON = 0.05
NOWHERE = "postgresql://127.0.0.1:1/nowhere"


@pytest.fixture
def looks() -> list[RunState]:
    return []


@pytest.fixture
async def books(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Books]:
    """Books with a queued run, where the command line finds them."""
    monkeypatch.setattr(database_watch, "LOOK_SECONDS", SOON)
    monkeypatch.setattr(database_watch, "OUTAGE_PAUSE_SECONDS", SOON)
    async with postgres_server.fresh_database() as dsn:
        monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", dsn)
        connection = await asyncpg.connect(dsn)
        books = Books(connection)
        await books.register()
        await books.queue(expected=10)
        yield books
        await connection.close()


async def fail(books: Books, *, shown: bool) -> None:
    await books.move(state="failed", reason="incomplete", finished_at=await books.now())
    if shown:
        await books.happened(CompanyRegistered, source="sie")
        await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie")
        await books.happened(SyncFailed, run_id="run-1", reason="incomplete")


async def test_it_ends_when_the_status_shows_the_end(books: Books, looks: list[RunState]) -> None:
    waiting = asyncio.create_task(RunWatch(Path(), "run-1", looks.append).until_ended())
    await asyncio.sleep(4 * SOON)
    await books.move(state="running", vouchers_done=3)
    await asyncio.sleep(4 * SOON)
    await fail(books, shown=True)

    ended, read = await asyncio.wait_for(waiting, 5)

    assert (ended.state, ended.reason, ended.is_shown) == ("failed", "incomplete", True)
    assert read == RunVouchers()
    assert list(dict.fromkeys(look.state for look in looks)) == ["queued", "running", "failed"]


async def test_a_status_that_hears_nothing_does_not_hold_it_up(
    books: Books, looks: list[RunState], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_watch, "SHOWN_SECONDS_MAX", SOON)
    await fail(books, shown=False)

    ended, _ = await asyncio.wait_for(RunWatch(Path(), "run-1", looks.append).until_ended(), 5)

    assert (ended.state, ended.is_shown) == ("failed", False)


async def test_an_outage_of_the_database_is_waited_out(
    books: Books, looks: list[RunState], monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = os.environ["BOKFLOW_POSTGRES_DSN"]
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", NOWHERE)
    waiting = asyncio.create_task(RunWatch(Path(), "run-1", looks.append).until_ended())
    await asyncio.sleep(4 * SOON)
    assert not waiting.done()
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", dsn)
    await fail(books, shown=True)

    ended, _ = await asyncio.wait_for(waiting, 5)

    assert ended.state == "failed"


async def test_an_outage_that_lasts_is_told(
    books: Books, looks: list[RunState], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_watch, "OUTAGE_SECONDS_MAX", SOON)
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", NOWHERE)

    with pytest.raises(CommandRefused) as refused:
        await asyncio.wait_for(RunWatch(Path(), "run-1", looks.append).until_ended(), 5)

    assert refused.value.code == "database_unreachable"


async def test_a_company_that_is_removed_meanwhile_is_told(
    books: Books, looks: list[RunState]
) -> None:
    with pytest.raises(CommandRefused) as refused:
        await asyncio.wait_for(RunWatch(Path(), "run-9", looks.append).until_ended(), 5)

    assert refused.value.code == "company_removed"

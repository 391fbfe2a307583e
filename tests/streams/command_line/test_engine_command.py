"""Waiting for what becomes of a command: its decision, its run's end, or a reason to stop."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from projections.queries.run_state import RunState
from schemas.commands import SyncRequested
from schemas.lifecycle_events import CompanyRegistered, SyncCompleted, SyncFailed, SyncQueued
from streams.command_line import database_watch, engine_command
from streams.command_line.engine_command import (
    Outcome,
    Until,
    Waiting,
    requested_by,
    show_outcome,
)
from streams.command_line.options import Options
from streams.command_line.refusal import CommandRefused
from streams.publication import UnknownYear
from tests.books import Books
from tests.builders import COMPANY
from tests.servers import PostgresServer

pytestmark = pytest.mark.engine
SOON = 0.02
SYNC: dict[str, Any] = {
    "company_id": COMPANY,
    "command_id": "c-1",
    "type": "sync_requested.v1",
}


@pytest.fixture
async def books(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Books]:
    """Books of a connected company, where the command line finds them."""
    monkeypatch.setattr(database_watch, "LOOK_SECONDS", SOON)
    async with postgres_server.fresh_database() as dsn:
        monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", dsn)
        connection = await asyncpg.connect(dsn)
        books = Books(connection)
        await books.register(source="fortnox")
        await books.happened(CompanyRegistered, source="fortnox")
        await books.connect(due_in=timedelta())
        yield books
        await connection.close()


@pytest.fixture
def looks() -> list[RunState]:
    return []


def waiting(looks: list[RunState], until: Until = "run_ended") -> asyncio.Task[Outcome]:
    command = SyncRequested(company_id=COMPANY, command_id="c-1")
    wait = Waiting(Options(Path(), "table", "en"), command, until)
    return asyncio.create_task(wait._wait(looks.append))


async def complete(books: Books, run_id: str) -> None:
    """The run's end, in the engine and in the status."""
    now = await books.now()
    await books.happened(SyncQueued, run_id=run_id, trigger="manual", source="fortnox")
    await books.happened(SyncCompleted, run_id=run_id, run_number=1, fetched_at=now)
    await books.move(run_id, state="completed", run_number=1, finished_at=now)


async def refusal(task: asyncio.Task[Outcome]) -> CommandRefused:
    with pytest.raises(CommandRefused) as refused:
        await asyncio.wait_for(task, 5)
    return refused.value


async def test_it_follows_the_run_that_the_command_led_to(
    books: Books, looks: list[RunState]
) -> None:
    await books.queue("run-1")
    task = waiting(looks)
    await books.decide("c-1", run_id="run-1")
    await asyncio.sleep(5 * SOON)
    assert not task.done()
    await complete(books, "run-1")

    found = await asyncio.wait_for(task, 5)

    assert (found.status, found.run_id, found.run_number) == ("completed", "run-1", 1)
    assert (found.created, found.set_aside) == (0, 0)
    assert looks[0].state == "queued"


async def test_a_rejection_is_told_by_its_code(books: Books, looks: list[RunState]) -> None:
    await books.decide("c-1", rejection="already_running", detail="run run-1 has no end yet")

    refused = await refusal(waiting(looks))

    assert refused.code == "already_running"
    assert COMPANY in refused.sentence("sv")


@pytest.mark.parametrize("rejection", ["not_connected", "reconnect_required"])
async def test_who_has_to_connect_is_told_the_whole_command(
    books: Books, looks: list[RunState], rejection: str
) -> None:
    await books.decide("c-1", rejection=rejection)

    refused = await refusal(waiting(looks))

    assert refused.code == rejection
    for language in ("sv", "en"):
        command = f"bokflow connect {COMPANY} --source fortnox."
        assert refused.sentence(language).endswith(command)


async def test_a_company_of_files_is_not_led_to_a_connection(
    books: Books, looks: list[RunState]
) -> None:
    await books.connection.execute("UPDATE engine.company SET source = 'sie'")
    await books.decide("c-1", rejection="not_connected")

    assert (await refusal(waiting(looks))).code == "comes_by_files"


async def test_a_run_that_fails_says_why(books: Books, looks: list[RunState]) -> None:
    await books.queue("run-1")
    await books.move(
        state="failed", reason="source_unavailable", detail="503", finished_at=await books.now()
    )
    await books.decide("c-1", run_id="run-1")
    await books.happened(SyncQueued, run_id="run-1", trigger="manual", source="fortnox")
    await books.happened(SyncFailed, run_id="run-1", reason="source_unavailable")

    found = await asyncio.wait_for(waiting(looks), 5)

    assert (found.status, found.reason, found.detail) == ("failed", "source_unavailable", "503")


async def test_a_decision_alone_is_enough_where_nothing_more_is_waited_for(
    books: Books, looks: list[RunState]
) -> None:
    await books.queue("run-1")
    await books.decide("c-1", run_id="run-1")

    found = await asyncio.wait_for(waiting(looks, "decided"), 5)

    assert (found.status, found.run_id) == ("accepted", None)
    assert (found.created, found.set_aside) == (None, None)


async def test_a_new_connection_is_waited_for_until_its_first_run_has_ended(
    books: Books, looks: list[RunState]
) -> None:
    await books.decide("c-1")
    task = waiting(looks, "first_run_ended")
    await asyncio.sleep(5 * SOON)
    await books.queue("run-1")
    await complete(books, "run-1")

    found = await asyncio.wait_for(task, 5)

    assert (found.status, found.run_id) == ("completed", "run-1")


async def test_nobody_is_waited_for_for_ever(
    books: Books, looks: list[RunState], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_command, "ANSWER_SECONDS_MAX", SOON)
    monkeypatch.setattr(engine_command, "FIRST_RUN_SECONDS_MAX", SOON)

    assert (await refusal(waiting(looks))).code == "not_answered"
    await books.decide("c-1")
    assert (await refusal(waiting(looks, "first_run_ended"))).code == "first_run_late"


def test_a_run_that_ended_well_says_what_it_could_not_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lacks = str(UnknownYear([date(2019, 1, 1)]))
    ended = Outcome(**SYNC, status="completed", run_number=7, detail=lacks)

    show_outcome(ended, "en")

    told, lacking = capsys.readouterr().out.splitlines()
    assert told.startswith("bageriet, run 7: completed.")
    assert lacking == "the source lacks that fiscal year: 2019-01-01"


def test_a_run_that_never_began_has_no_number_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    show_outcome(Outcome(**SYNC, status="cancelled", reason="superseded_by_purge"), "en")

    told = capsys.readouterr().out
    assert told == ("bageriet, a run that had not begun: cancelled: the bookkeeping was emptied\n")


def test_who_asks_is_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")

    assert requested_by() == "anna"

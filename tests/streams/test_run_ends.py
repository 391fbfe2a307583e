"""What a run's end means: for the connection, for the next run, and for what that has to read."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from schemas.errors import ReconnectRequired, SourceRefused, SourceUnavailable
from schemas.sources import FORTNOX
from streams import watermarks
from tests.streams.ended_run import INTERVAL, LONG_AGO, Run
from tests.streams.queue import Queue

pytestmark = pytest.mark.engine


@pytest.fixture
def soon() -> datetime:
    """Before an interval has passed; of the test's own time, for a suite takes a while."""
    return datetime.now(UTC) + timedelta(minutes=5)


@pytest.fixture
async def run(database: asyncpg.Connection) -> Run:
    queue = Queue(database)
    await queue.add("bageriet")
    claimed = await queue.claim_next()
    assert claimed is not None
    return Run(database, claimed)


async def _set(database: asyncpg.Connection, change: str) -> None:
    await database.execute(f"UPDATE engine.connection SET {change}")


async def test_what_a_run_could_not_read_is_said_at_its_end(run: Run) -> None:
    await run.completes(remark="the source has no fiscal year from 2099-01-01")

    assert (await run.row)["detail"] == (await run.events)[-1]["detail"]
    assert (await run.row)["detail"].endswith("2099-01-01")


async def test_after_a_completed_run_the_next_is_due_an_interval_later(
    database: asyncpg.Connection, run: Run
) -> None:
    await _set(database, "failures_in_a_row = 2")

    await run.completes()

    assert INTERVAL <= await run.due_in <= INTERVAL * 1.1
    assert (await run.connection_row)["failures_in_a_row"] == 0


@pytest.mark.parametrize("end", ["completes", "is_cancelled"])
async def test_a_run_that_was_asked_for_meanwhile_is_due_at_once(
    database: asyncpg.Connection, run: Run, end: str
) -> None:
    await _set(database, "again = true")

    await getattr(run, end)()

    assert await run.due_in == timedelta(0)
    assert not (await run.connection_row)["again"]


async def test_a_source_that_is_away_is_tried_again_when_it_says(run: Run) -> None:
    await run.fails(SourceUnavailable("fortnox", "too many", retry_after_seconds=7200))

    assert (await run.row)["reason"] == "source_unavailable"
    due = await run.due_in
    assert timedelta(hours=2) <= due <= timedelta(hours=2.1)
    (failed,) = await run.events
    assert datetime.fromisoformat(failed["retry_at"]) == (await run.connection_row)["due_at"]


async def test_a_run_that_was_asked_for_meanwhile_waits_for_a_source_that_fails(
    database: asyncpg.Connection, run: Run
) -> None:
    await _set(database, "again = true, failures_in_a_row = 2")

    await run.fails(SourceRefused("fortnox", "no"))

    connection = await run.connection_row
    assert INTERVAL * 4 <= await run.due_in <= INTERVAL * 4.4
    assert (connection["again"], connection["failures_in_a_row"]) == (False, 3)


async def test_a_source_that_lets_nobody_in_is_not_tried_again(run: Run) -> None:
    await run.fails(ReconnectRequired("fortnox", "licence_missing", "no licence"))

    connection = await run.connection_row
    assert (connection["state"], connection["reason"]) == ("reconnect_required", "licence_missing")
    assert connection["due_at"] is None
    failed, lost = await run.events
    assert (failed["reason"], failed.get("retry_at")) == ("reconnect_required", None)
    assert (lost["type"], lost["reason"]) == ("connection_lost.v1", "licence_missing")
    assert (lost["source"], lost["sequence"]) == (FORTNOX.name, failed["sequence"] + 1)


async def test_a_run_fails_with_what_its_source_said_whatever_that_is(run: Run) -> None:
    await run.fails(SourceRefused("fortnox", "no\x00 way\ud800"))

    (failed,) = await run.events
    told = "fortnox refuses: no\ufffd way\ufffd"
    assert (await run.row)["detail"] == failed["detail"] == told


async def test_a_company_that_was_disconnected_meanwhile_stays_so(
    database: asyncpg.Connection, run: Run
) -> None:
    await _set(database, "state = 'disconnected'")

    await run.fails(ReconnectRequired("fortnox", "invalid_login", "no token"))

    connection = await run.connection_row
    assert (connection["state"], connection["due_at"]) == ("disconnected", None)
    assert [event["type"] for event in await run.events] == ["sync_failed.v1"]


LOST = ReconnectRequired("fortnox", "invalid_login", "no token")


@pytest.mark.parametrize("end", ["completes", "is lost", "is_cancelled"])
async def test_a_company_that_was_connected_anew_meanwhile_has_its_first_run_at_once(
    database: asyncpg.Connection, run: Run, end: str, soon: datetime
) -> None:
    await run.has_read("whole", "now", is_whole=True)
    await _set(database, f"connected_at = engine.clock(), due_at = '{soon}', again = true")
    before = await run.connection_row

    await (run.fails(LOST) if end == "is lost" else getattr(run, end)())

    now = (await run.row)["finished_at"]
    assert dict(await run.connection_row) == {**before, "due_at": now, "again": False}
    assert await run.watermarks() == {}
    assert len(await run.events) == 1


async def test_after_a_cancelled_run_the_next_is_due_an_interval_later(
    database: asyncpg.Connection, run: Run
) -> None:
    await database.execute(
        "UPDATE engine.sync_run SET cancel_requested_by = 'anna', cancel_reason = 'disconnected'"
    )

    await run.is_cancelled()

    assert INTERVAL <= await run.due_in <= INTERVAL * 1.1
    (cancelled,) = await run.events
    assert (cancelled["reason"], cancelled["requested_by"]) == ("disconnected", "anna")
    assert (await run.row)["reason"] == "disconnected"


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("end", ["completes", "fails", "is_cancelled"])
async def test_a_run_of_a_part_does_not_put_off_the_next_whole_one(
    database: asyncpg.Connection, run: Run, end: str, again: bool, soon: datetime
) -> None:
    await database.execute('UPDATE engine.sync_run SET scope = \'{"parts": ["accounts"]}\'')
    await _set(database, f"failures_in_a_row = 2, again = {again}, due_at = '{soon}'")

    await (run.fails(SourceRefused("fortnox", "no")) if end == "fails" else getattr(run, end)())

    connection = await run.connection_row
    assert connection["due_at"] == ((await run.row)["finished_at"] if again else soon)
    assert (connection["failures_in_a_row"], connection["again"]) == (2, False)


@pytest.mark.parametrize("again", [True, False])
async def test_a_run_of_a_part_keeps_to_the_pause_that_its_source_has_asked_for(
    database: asyncpg.Connection, run: Run, again: bool, soon: datetime
) -> None:
    await database.execute('UPDATE engine.sync_run SET scope = \'{"parts": ["accounts"]}\'')
    await _set(database, f"again = {again}, due_at = '{soon}'")

    await run.fails(SourceUnavailable("fortnox", "too many", retry_after_seconds=7200))

    assert await run.due_in == timedelta(hours=2)
    (failed,) = await run.events
    assert datetime.fromisoformat(failed["retry_at"]) == (await run.connection_row)["due_at"]


async def test_no_source_is_left_alone_for_longer_than_a_day(run: Run) -> None:
    await run.fails(SourceUnavailable("fortnox", "never", retry_after_seconds=1e15))

    assert timedelta(hours=24) <= await run.due_in <= timedelta(hours=24.1)


async def test_a_cancelled_run_does_not_put_off_the_next(
    database: asyncpg.Connection, run: Run, soon: datetime
) -> None:
    await _set(database, f"due_at = '{soon}'")

    await run.is_cancelled()

    assert (await run.connection_row)["due_at"] == soon


async def test_watermarks_move_when_the_run_completes(
    database: asyncpg.Connection, run: Run
) -> None:
    for name in ("whole", "changes", "no watermark"):
        await run.knows(name, "before")
    await run.has_read("whole", "now", is_whole=True)
    await run.has_read("new", "now", is_whole=True)
    await run.has_read("changes", "now", is_whole=False)
    await run.has_read("no watermark", None, is_whole=False)
    assert {known[0] for known in (await run.watermarks()).values()} == {"before"}

    await run.completes()

    started_at = (await run.row)["started_at"]
    assert await run.watermarks() == {
        "whole": ("now", started_at),
        "new": ("now", started_at),
        "changes": ("now", LONG_AGO),
        "no watermark": ("before", LONG_AGO),
    }
    known = await watermarks.known_reads(database, "bageriet", whole_read_seconds=60)
    assert {name for name, read in known.items() if read.is_fresh} == {"whole", "new"}


async def test_a_source_that_was_left_meanwhile_leaves_no_watermarks(
    database: asyncpg.Connection, run: Run
) -> None:
    await run.has_read("whole", "now", is_whole=True)
    await _set(database, "source = 'another'")

    await run.completes()

    assert (await run.row)["state"] == "completed"
    assert await run.watermarks() == {}
    assert (await run.connection_row)["due_at"] is None


async def test_a_failed_run_moves_no_watermark_and_forgets_that_of_the_read_it_stood_in(
    run: Run,
) -> None:
    for name in ("published", "unfinished", "untouched"):
        await run.knows(name, "before")
    await run.has_read("published", "now", is_whole=True)

    await run.fails(SourceRefused("fortnox", "no"), unfinished=("unfinished",))

    assert await run.watermarks() == {
        "published": ("before", LONG_AGO),
        "untouched": ("before", LONG_AGO),
    }

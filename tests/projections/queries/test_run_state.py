"""How far a run has come, for whoever waits for it."""

import pytest

from projections.queries.run_state import RunVouchers, run_state, run_vouchers
from schemas.lifecycle_events import CompanyRegistered, SyncCancelled, SyncQueued, SyncStalled
from tests.books import Books
from tests.builders import a_read, a_set_aside_voucher, a_submission, a_total, a_voucher

pytestmark = pytest.mark.engine
PUBLISHED = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset)
    VALUES ('run-1', 'vouchers/2025-01-01', 1, 0, 0, 4)
"""


async def test_a_run_shows_once_the_status_knows_its_end(books: Books) -> None:
    await books.register()
    await books.queue(expected=10)
    await books.happened(CompanyRegistered, source="sie")
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie")
    queued = await run_state(books.connection, "run-1")
    await books.move(state="cancelled", reason="asked", finished_at=await books.now())
    ended = await run_state(books.connection, "run-1")
    await books.happened(SyncCancelled, run_id="run-1", reason="asked")
    shown = await run_state(books.connection, "run-1")

    assert queued is not None
    assert ended is not None
    assert shown is not None
    assert (queued.state, queued.expected, queued.has_ended) == ("queued", 10, False)
    assert (ended.state, ended.reason, ended.has_ended, ended.is_shown) == (
        "cancelled",
        "asked",
        True,
        False,
    )
    assert shown.is_shown


async def test_a_run_is_stalled_while_it_has_no_end(books: Books) -> None:
    await books.register()
    await books.queue()
    await books.happened(CompanyRegistered, source="sie")
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie")
    await books.happened(SyncStalled, run_id="run-1", reason="partition_stopped")
    stalled = await run_state(books.connection, "run-1")
    await books.move(state="failed", finished_at=await books.now())
    ended = await run_state(books.connection, "run-1")

    assert stalled is not None
    assert ended is not None
    assert (stalled.state, ended.state) == ("stalled", "failed")


async def test_a_run_of_a_removed_company_is_no_more(books: Books) -> None:
    assert await run_state(books.connection, "run-1") is None


async def test_its_vouchers_are_counted_as_the_ledger_has_them(books: Books) -> None:
    await books.register()
    await books.queue()
    await books.move(run_number=2)
    await books.project(
        a_read(a_voucher("1")),
        a_read(a_voucher("1"), a_voucher("2"), set_aside=[a_set_aside_voucher()], run=2),
    )
    before = await run_vouchers(books.connection, "run-1")
    await books.connection.execute(PUBLISHED)

    assert before == RunVouchers()
    assert await run_vouchers(books.connection, "run-1") == RunVouchers(
        created=1, unchanged=1, set_aside=1
    )


async def test_what_a_run_proved_is_told_and_only_of_that_run(books: Books) -> None:
    await books.register()
    await books.queue()
    await books.queue("run-2")
    await books.move("run-1", run_number=1)
    await books.move("run-2", run_number=2)
    wrong = (a_total("1930", "1.00"), a_total("3001", "-125.00", "result"))
    await books.project(a_read(a_voucher("1"), totals=wrong))

    proved = await run_vouchers(books.connection, "run-1")
    other = await run_vouchers(books.connection, "run-2")

    assert (proved.proof, proved.differing_accounts) == ("differs", 1)
    assert (other.proof, other.differing_accounts) == (None, 0)


async def test_only_the_postings_that_a_submission_added_are_counted(books: Books) -> None:
    await books.register()
    await books.queue()
    await books.move("run-1", run_number=2)
    await books.project(
        a_submission(a_voucher("1")), a_submission(a_voucher("1"), a_voucher("2"), run=2)
    )
    added = await run_vouchers(books.connection, "run-1")
    await books.queue("run-2")
    await books.move("run-2", run_number=3)
    await books.project(a_read(a_voucher("3"), run=3))
    whole_year = await run_vouchers(books.connection, "run-2")

    assert (added.postings_added, whole_year.postings_added) == (2, 0)

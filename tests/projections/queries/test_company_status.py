"""The status of one company, as dashboards show it."""

from datetime import date, timedelta

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.company_status import company_status
from schemas.bookkeeping import Posting
from schemas.lifecycle_events import (
    CompanyRegistered,
    ReadOutcome,
    SyncCompleted,
    SyncFailed,
    SyncQueued,
    SyncStalled,
    UploadReceived,
    UploadRefused,
)
from schemas.parts import PARTS, Read
from tests.books import Books
from tests.builders import COMPANY, a_read, a_set_aside_voucher, a_voucher, some_openings

pytestmark = pytest.mark.engine
UNPROVED: dict[str, object] = {
    "state": "unverified",
    "as_of": None,
    "lacks_messages": False,
    "differences": [],
}
READS = (
    ReadOutcome(read=Read(part="accounts", fiscal_year=date(2025, 1, 1)), state="complete"),
    ReadOutcome(read=Read(part="vouchers", fiscal_year=date(2025, 1, 1)), state="complete"),
)


async def received(books: Books, file_name: str, *, upload_id: str = "u") -> None:
    await books.happened(
        UploadReceived,
        upload_id=upload_id,
        run_id="run-1",
        file_name=file_name,
        size_bytes=1,
        sie_type="4E",
        fiscal_year=date(2025, 1, 1),
    )


async def fill(books: Books) -> None:
    """A company whose first file has been read."""
    await books.register(name="Bageriet AB")
    await books.happened(CompanyRegistered, source="sie", name="Bageriet AB")
    await received(books, "bokslut.se")
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie", upload_id="u")
    await books.happened(
        SyncCompleted,
        run_id="run-1",
        run_number=1,
        fetched_at=await books.now(),
        reads=READS,
    )


async def test_all_that_is_known_is_told_in_the_agreed_shape(books: Books) -> None:
    await fill(books)
    struck = Posting.model_validate({"account": "1910", "amount": "7.00", "state": "struck"})
    good = [a_voucher(str(number), day=date(2025, 3, number)) for number in range(1, 7)]
    with_struck = a_voucher("7", day=date(2025, 3, 7), postings=(*good[0].postings, struck))
    await books.project(a_read(*good, with_struck, set_aside=[a_set_aside_voucher()]))

    found = (await company_status(books.connection, COMPANY)).model_dump(mode="json")

    at = found["last_sync_at"]
    assert at is not None
    assert at.endswith("Z")
    ok = {"last_success_at": found["last_fetched_at"], "state": "ok", "reason": None}
    never = {"last_success_at": None, "state": "never_synced", "reason": None}
    not_supported = {"available": False, "reason": "not_supported_by_source"}
    assert found == {
        "company_id": COMPANY,
        "indicator": "green",
        "reason": None,
        "message": {
            "sv": "Bokföringen läses in som den ska.",
            "en": "Bookkeeping is being loaded as it should.",
        },
        "last_sync_at": at,
        "last_fetched_at": found["last_fetched_at"],
        "latest_vouchers": [
            {"series": "A", "number": str(number), "date": f"2025-03-0{number}", "text": ""}
            for number in (7, 6, 5, 4, 3)
        ],
        "sie": {
            "last_upload_at": found["sie"]["last_upload_at"],
            "file_name": "bokslut.se",
            "fiscal_year": "2025-01-01",
        },
        "refused_upload": None,
        "syncing": None,
        "parts": {part: ok if part in ("accounts", "vouchers") else never for part in PARTS},
        "actions": {
            "sync_now": not_supported,
            "reconnect": not_supported,
            "purge": {"available": True, "reason": None},
        },
        "verification": UNPROVED,
        "counts": {"vouchers": 7, "postings": 14, "set_aside": 1},
        "connection": None,
        "last_purge": None,
        "purges": [],
        "emptied_years": [],
    }


async def test_a_company_that_was_just_registered_has_a_status(books: Books) -> None:
    await books.register()

    found = await company_status(books.connection, COMPANY)

    assert (found.indicator, found.reason) == ("red", "never_synced")
    assert found.counts.model_dump() == {"vouchers": 0, "postings": 0, "set_aside": 0}
    assert (found.sie, found.syncing, found.latest_vouchers) == (None, None, ())
    assert found.actions.purge.reason == "no_bookkeeping"


async def test_balances_without_vouchers_can_be_purged(books: Books) -> None:
    await books.register()
    await books.project(some_openings({"1930": "1.00"}))

    found = await company_status(books.connection, COMPANY)

    assert found.counts.vouchers == 0
    assert found.actions.purge.available


async def test_what_is_going_on_is_shown_with_its_progress(books: Books) -> None:
    await books.register(source="fortnox")
    await books.queue("run-1", expected=400)
    await books.queue("run-2")
    await books.move("run-1", state="running", vouchers_done=101)

    found = await company_status(books.connection, COMPANY)

    assert found.syncing is not None
    assert found.syncing.model_dump() == {
        "run_id": "run-1",
        "state": "running",
        "done": 101,
        "expected": 400,
        "percent": 25,
    }
    assert found.actions.sync_now.reason == "already_running"


async def test_a_connected_company_tells_its_connection_and_its_next_run(books: Books) -> None:
    await books.register(source="fortnox")
    due_at = await books.connect(due_in=timedelta(hours=1))

    found = await company_status(books.connection, COMPANY)

    assert found.connection is not None
    assert found.connection.model_dump() == {
        "state": "connected",
        "reason": None,
        "due_at": due_at,
    }
    assert found.actions.sync_now.available


async def test_a_run_that_is_stalled_is_told_so(books: Books) -> None:
    await books.register(source="fortnox")
    await books.happened(CompanyRegistered, source="fortnox")
    await books.queue("run-1")
    await books.happened(SyncQueued, run_id="run-1", trigger="manual", source="fortnox")
    await books.happened(SyncStalled, run_id="run-1", reason="partition_stopped")

    found = await company_status(books.connection, COMPANY)

    assert found.syncing is not None
    assert (found.syncing.state, found.reason) == ("stalled", "never_synced")


async def test_progress_without_a_known_end_has_no_percentage(books: Books) -> None:
    await books.register()
    await books.queue()

    found = await company_status(books.connection, COMPANY)

    assert found.syncing is not None
    assert found.syncing.percent is None


async def test_a_refused_file_is_not_the_last_one(books: Books) -> None:
    await fill(books)
    await books.happened(UploadRefused, upload_id="v", file_name="bild.png", reason="not_sie")

    found = await company_status(books.connection, COMPANY)

    assert found.sie is not None
    assert found.sie.file_name == "bokslut.se"
    assert found.refused_upload is not None
    assert (found.refused_upload.file_name, found.refused_upload.reason) == ("bild.png", "not_sie")


async def test_a_refused_file_is_forgotten_once_another_is_taken(books: Books) -> None:
    await fill(books)
    await books.happened(UploadRefused, upload_id="v", file_name="bild.png", reason="not_sie")
    await received(books, "nytt.se", upload_id="w")

    assert (await company_status(books.connection, COMPANY)).refused_upload is None


async def test_a_failed_part_says_why_and_when_it_last_worked(books: Books) -> None:
    await fill(books)
    incomplete = READS[1].model_copy(update={"state": "incomplete"})
    await books.happened(SyncQueued, run_id="run-2", trigger="upload", source="sie")
    await books.happened(
        SyncFailed, run_id="run-2", run_number=2, reason="incomplete", reads=(incomplete,)
    )

    part = (await company_status(books.connection, COMPANY)).parts["vouchers"]

    assert (part.state, part.reason) == ("failed", "incomplete")
    assert part.last_success_at is not None


async def test_of_one_day_the_last_in_the_list_is_the_latest(books: Books) -> None:
    await books.register()
    await books.project(a_read(*(a_voucher(number) for number in ("9", "10", "x"))))

    found = await company_status(books.connection, COMPANY)

    assert [voucher.number for voucher in found.latest_vouchers] == ["x", "10", "9"]


async def test_an_unknown_company_is_refused(books: Books) -> None:
    with pytest.raises(UnknownCompany):
        await company_status(books.connection, COMPANY)

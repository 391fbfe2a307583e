"""The runs of a company: the engine knows them first, the status keeps them."""

from datetime import date, timedelta

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.runs import runs
from schemas.lifecycle_events import (
    CompanyRegistered,
    ReadOutcome,
    SyncCompleted,
    SyncQueued,
    SyncStalled,
    SyncStarted,
    UploadReceived,
)
from schemas.parts import PARTS, Read, Scope
from tests.books import Books
from tests.builders import COMPANY, a_read, a_set_aside_voucher, a_voucher

pytestmark = pytest.mark.engine
READS = (
    ReadOutcome(read=Read(part="accounts"), state="complete", created=500),
    ReadOutcome(
        read=Read(part="vouchers", fiscal_year=date(2025, 1, 1)),
        state="complete",
        snapshot=True,
        created=3,
        changed=2,
        removed=1,
        unchanged=9,
        set_aside=1,
    ),
)


async def start(books: Books) -> None:
    await books.register()
    await books.happened(CompanyRegistered, source="sie")


async def test_a_run_is_told_in_the_agreed_shape(books: Books) -> None:
    await start(books)
    await books.happened(
        UploadReceived,
        upload_id="u",
        run_id="run-1",
        file_name="bokslut.se",
        size_bytes=1,
        sie_type="4E",
    )
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie", upload_id="u")
    await books.happened(SyncStarted, run_id="run-1", generation=0, run_number=1, attempt=2)
    await books.happened(
        SyncCompleted, run_id="run-1", run_number=1, fetched_at=await books.now(), reads=READS
    )

    (found,) = [run.model_dump(mode="json") for run in await runs(books.connection, COMPANY)]

    assert found == {
        "run_id": "run-1",
        "run_number": 1,
        "attempt": 2,
        "trigger": "upload",
        "state": "completed",
        "queued_at": found["queued_at"],
        "started_at": found["started_at"],
        "finished_at": found["finished_at"],
        "reason": None,
        "detail": "",
        "file_name": "bokslut.se",
        "reads": [read.model_dump(mode="json") for read in READS],
        "created": 3,
        "changed": 2,
        "removed": 1,
        "unchanged": 9,
        "set_aside": 1,
        "scope": {"parts": list(PARTS), "fiscal_years": None},
        "requested_by": "",
    }
    assert found["queued_at"] <= found["started_at"] <= found["finished_at"]


async def test_what_its_reads_did_is_known_before_the_status_hears_of_it(books: Books) -> None:
    await start(books)
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie")
    await books.queue("run-1")
    await books.project(
        a_read(a_voucher("0"), attempt=1)[:1],  # A runner that died.
        a_read(a_voucher("1"), a_voucher("2"), set_aside=[a_set_aside_voucher()], attempt=2),
    )
    await books.move("run-1", state="completed", run_number=1, finished_at=await books.now())

    (found,) = await runs(books.connection, COMPANY)

    assert (found.state, found.created, found.set_aside) == ("completed", 2, 1)
    assert [read.read.name for read in found.reads] == ["vouchers/2025-01-01"]


async def test_a_run_that_only_the_engine_knows_is_there(books: Books) -> None:
    await start(books)
    await books.queue("run-1")
    await books.move("run-1", state="confirming")

    (found,) = await runs(books.connection, COMPANY)

    assert (found.state, found.reads, found.file_name) == ("confirming", (), None)


async def test_a_run_tells_what_it_is_limited_to_and_who_asked(books: Books) -> None:
    await books.register(source="fortnox")
    await books.happened(CompanyRegistered, source="fortnox")
    scope = Scope(parts=("vouchers",), fiscal_years=(date(2025, 1, 1),))
    await books.happened(
        SyncQueued,
        run_id="run-1",
        trigger="manual",
        source="fortnox",
        scope=scope,
        requested_by="anna",
    )

    (found,) = await runs(books.connection, COMPANY)

    assert (found.scope, found.requested_by, found.trigger) == (scope, "anna", "manual")


async def test_a_run_is_stalled_until_it_ends(books: Books) -> None:
    await start(books)
    await books.happened(SyncQueued, run_id="run-1", trigger="upload", source="sie")
    await books.happened(SyncStalled, run_id="run-1", reason="partition_stopped")
    await books.queue("run-1")
    await books.move("run-1", state="confirming")
    (stalled,) = await runs(books.connection, COMPANY)
    await books.move("run-1", state="failed", finished_at=await books.now())
    (ended,) = await runs(books.connection, COMPANY)

    assert (stalled.state, ended.state) == ("stalled", "failed")


async def test_the_latest_come_first_and_can_be_limited(books: Books) -> None:
    await start(books)
    now = await books.now()
    for number in (1, 3, 2):
        at = now + timedelta(seconds=number)
        await books.happened(
            SyncQueued, run_id=f"run-{number}", trigger="upload", source="sie", at=at
        )

    found = await runs(books.connection, COMPANY, 2)

    assert [run.run_id for run in found] == ["run-3", "run-2"]


async def test_an_unknown_company_is_refused(books: Books) -> None:
    with pytest.raises(UnknownCompany):
        await runs(books.connection, COMPANY)

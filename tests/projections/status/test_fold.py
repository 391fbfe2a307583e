"""What lifecycle events make of a company's status, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from projections.status.fold import fold
from projections.status.state import State
from schemas.lifecycle_events import (
    AnyLifecycleEvent,
    CompanyRegistered,
    CompanyRemoved,
    ConnectionEstablished,
    ConnectionRestored,
    LifecycleEvent,
    PurgeStarted,
    ReadOutcome,
    SyncCompleted,
    SyncFailed,
    SyncQueued,
    SyncStalled,
    SyncStarted,
    UploadReceived,
    UploadRefused,
)
from schemas.parts import PARTS, Part, Read, Scope
from streams.publication import UnknownYear
from tests.builders import YEAR

BEGIN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def an_event(kind: type[LifecycleEvent], sequence: int, **fields: Any) -> AnyLifecycleEvent:
    stamp = {"company_id": "bageriet", "sequence": sequence, "occurred_at": at(sequence)}
    event = kind.model_validate(stamp | fields)
    assert isinstance(event, AnyLifecycleEvent)
    return event


def an_upload(run: str, start: int) -> list[AnyLifecycleEvent]:
    upload = {"upload_id": f"u-{run}", "run_id": run, "file_name": f"{run}.se"}
    return [
        an_event(UploadReceived, start, size_bytes=1, sie_type="4E", fiscal_year=YEAR, **upload),
        an_event(
            SyncQueued, start + 1, run_id=run, trigger="upload", source="sie", upload_id=f"u-{run}"
        ),
    ]


def started(run: str, sequence: int) -> AnyLifecycleEvent:
    return an_event(SyncStarted, sequence, run_id=run, generation=0, run_number=1, attempt=1)


def completed(run: str, sequence: int, part: Part = "vouchers") -> AnyLifecycleEvent:
    read = ReadOutcome(read=Read(part=part, fiscal_year=YEAR), state="complete")
    return an_event(
        SyncCompleted, sequence, run_id=run, run_number=1, fetched_at=at(sequence), reads=(read,)
    )


def failed(run: str, sequence: int) -> AnyLifecycleEvent:
    read = ReadOutcome(read=Read(part="vouchers", fiscal_year=YEAR), state="incomplete")
    return an_event(
        SyncFailed, sequence, run_id=run, run_number=1, reason="incomplete", reads=(read,)
    )


REGISTERED = an_event(CompanyRegistered, 1, source="sie")


def test_an_applied_upload_makes_the_company_fresh() -> None:
    state = State()

    fold(state, [REGISTERED, *an_upload("r-1", 2), started("r-1", 4), completed("r-1", 5)])

    company = state.companies["bageriet"]
    assert (company.last_fetched_at, company.last_sync_at) == (at(5), at(5))
    assert company.open_run_id is None
    assert state.parts["bageriet", "vouchers"].state == "ok"
    assert state.uploads["u-r-1"].state == "applied"


def test_a_file_that_holds_balances_alone_makes_the_company_fresh_too() -> None:
    state = State()
    emptied = an_event(PurgeStarted, 2, generation=1)
    balances = completed("r-1", 5, "opening_balances")

    fold(state, [REGISTERED, emptied, *an_upload("r-1", 3)])
    assert state.companies["bageriet"].emptied_at == at(2)
    fold(state, [balances, balances])

    company = state.companies["bageriet"]
    assert (company.last_fetched_at, company.emptied_at) == (at(5), None)
    assert state.parts["bageriet", "vouchers"].state == "emptied"


def test_balances_without_vouchers_of_a_direct_source_are_no_bookkeeping_yet() -> None:
    state = State()
    queued = an_event(SyncQueued, 2, run_id="r-1", trigger="manual", source="fortnox")

    fold(state, [REGISTERED, queued, completed("r-1", 3, "opening_balances")])
    fold(state, [*an_upload("r-2", 4), completed("r-2", 6, "accounts")])

    assert state.companies["bageriet"].last_fetched_at is None


def test_events_that_come_twice_are_ignored() -> None:
    history = [REGISTERED, *an_upload("r-1", 2), started("r-1", 4), completed("r-1", 5)]
    once, twice = State(), State()

    assert fold(once, history) == 0
    assert fold(twice, [*history[:3], *history]) == 3

    assert once == twice


def test_failures_are_counted_until_a_run_completes() -> None:
    state = State()
    history = [REGISTERED, *an_upload("r-1", 2), failed("r-1", 4), *an_upload("r-2", 5)]

    fold(state, [*history, failed("r-2", 7)])
    assert state.companies["bageriet"].failures_in_a_row == 2
    assert state.parts["bageriet", "vouchers"].state == "failed"
    assert state.uploads["u-r-1"].state == "failed"

    fold(state, [*an_upload("r-3", 8), completed("r-3", 10)])
    assert state.companies["bageriet"].failures_in_a_row == 0


@pytest.mark.parametrize("kind", [ConnectionEstablished, ConnectionRestored])
def test_a_new_connection_has_not_failed_yet(kind: type[LifecycleEvent]) -> None:
    state = State()

    fold(state, [REGISTERED, *an_upload("r-1", 2), failed("r-1", 4)])
    fold(state, [an_event(kind, 5, source="fortnox")])

    company = state.companies["bageriet"]
    assert (company.failures_in_a_row, company.last_failure_reason) == (0, None)
    assert state.parts["bageriet", "vouchers"].state == "failed"  # None has been read since.


def test_a_run_that_waits_behind_another_is_open_when_that_has_ended() -> None:
    state = State()

    fold(state, [REGISTERED, *an_upload("r-1", 2), *an_upload("r-2", 4), completed("r-1", 6)])

    company = state.companies["bageriet"]
    assert (company.open_run_id, company.open_since) == ("r-2", at(5))


def test_a_refused_file_stands_in_the_log_and_changes_nothing_else() -> None:
    state = State()
    refused = an_event(UploadRefused, 2, upload_id="u-9", file_name="bild.png", reason="not_sie")

    fold(state, [REGISTERED, refused])

    assert state.uploads["u-9"].state == "refused"
    assert state.companies["bageriet"].failures_in_a_row == 0


def test_a_removed_company_is_forgotten_and_can_come_back() -> None:
    state = State()
    history = [REGISTERED, *an_upload("r-1", 2), an_event(CompanyRemoved, 4)]

    fold(state, [*history, completed("r-1", 5)])
    assert (state.companies, state.runs, state.uploads) == ({}, {}, {})

    fold(state, [an_event(CompanyRegistered, 6, source="sie")])
    assert state.companies["bageriet"].registered_at == at(6)


DIRECT = an_event(CompanyRegistered, 1, source="fortnox")


def a_sync(
    run: str, sequence: int, *parts: Part, years: tuple[date, ...] | None = None
) -> AnyLifecycleEvent:
    asked = {"source": "fortnox", "scope": Scope(parts=parts or PARTS, fiscal_years=years)}
    return an_event(SyncQueued, sequence, run_id=run, trigger="manual", **asked)


def test_a_direct_company_is_fresh_for_a_day_and_another_one_for_ever() -> None:
    direct, uploaded = State(), State()

    fold(direct, [DIRECT, a_sync("r-1", 2), completed("r-1", 3)])
    fold(uploaded, [REGISTERED, *an_upload("r-1", 2), completed("r-1", 4)])

    assert direct.companies["bageriet"].fresh_until == at(3) + timedelta(hours=24)
    assert uploaded.companies["bageriet"].fresh_until is None


def test_what_was_uploaded_grows_old_once_the_company_is_connected() -> None:
    state = State()
    connected = an_event(ConnectionEstablished, 5, source="fortnox")

    fold(state, [REGISTERED, *an_upload("r-1", 2), completed("r-1", 4), connected])

    assert state.companies["bageriet"].fresh_until == at(4) + timedelta(hours=24)


def test_a_run_of_some_parts_touches_only_those() -> None:
    state = State()
    history = [DIRECT, a_sync("r-1", 2), completed("r-1", 3), completed("r-1", 4, "accounts")]
    fold(state, history)
    before = dict(state.parts)

    fold(state, [a_sync("r-2", 5, "accounts"), completed("r-2", 6, "accounts")])
    succeeded = state.parts["bageriet", "accounts"]
    fold(state, [a_sync("r-3", 7, "accounts"), a_failure("r-3", 8)])
    failed_then = state.parts["bageriet", "accounts"]

    assert (succeeded.last_success_at, succeeded.state) == (at(6), "ok")
    assert (failed_then.state, failed_then.reason) == ("failed", "source_unavailable")
    assert failed_then.last_success_at == at(6)
    assert state.parts["bageriet", "vouchers"] == before["bageriet", "vouchers"]
    assert len(state.parts) == 2


def test_only_a_run_that_brings_bookkeeping_makes_a_company_fresh() -> None:
    state = State()
    nothing = an_event(SyncCompleted, 3, run_id="r-1", run_number=1, fetched_at=at(3))

    fold(state, [DIRECT, a_sync("r-1", 2), nothing, a_sync("r-2", 4, "company")])
    fold(state, [completed("r-2", 5, "company")])
    never = state.companies["bageriet"]
    fold(state, [a_sync("r-3", 6), completed("r-3", 7), a_sync("r-4", 8), a_failure("r-4", 9)])
    before = state.companies["bageriet"]
    fold(state, [a_sync("r-5", 10, "company"), completed("r-5", 11, "company")])
    fold(state, [a_sync("r-6", 12, "company"), a_failure("r-6", 13)])

    assert (never.last_sync_at, never.fresh_until) == (None, None)
    assert (before.last_sync_at, before.failures_in_a_row) == (at(7), 1)
    assert state.companies["bageriet"] == replace(before, sequence=13)


def a_failure(run: str, sequence: int, *reads: ReadOutcome) -> AnyLifecycleEvent:
    return an_event(SyncFailed, sequence, run_id=run, reason="source_unavailable", reads=reads)


def test_a_run_that_fails_before_its_reads_fails_the_parts_it_was_for() -> None:
    state = State()
    accounts = ReadOutcome(read=Read(part="accounts"), state="complete")

    fold(state, [DIRECT, a_sync("r-1", 2, "accounts", "vouchers"), a_failure("r-1", 3, accounts)])

    assert {part: row.state for (_, part), row in state.parts.items()} == {
        "accounts": "ok",
        "vouchers": "failed",
    }


def test_a_mistyped_year_is_no_failure_of_the_source() -> None:
    state = State()
    mistyped = {"run_id": "r-2", "reason": UnknownYear.reason}

    fold(state, [DIRECT, a_sync("r-1", 2), a_failure("r-1", 3), a_sync("r-2", 4)])
    before = state.companies["bageriet"], dict(state.parts)
    fold(state, [an_event(SyncFailed, 5, **mistyped)])

    company, parts = before
    assert (
        replace(company, sequence=5, open_run_id=None, open_since=None)
        == (state.companies["bageriet"])
    )
    assert (company.failures_in_a_row, company.last_failure_reason) == (1, "source_unavailable")
    assert state.parts == parts
    assert (state.runs["r-2"].state, state.runs["r-2"].reason) == ("failed", "unknown_year")


def test_a_file_that_fails_says_nothing_of_parts_it_need_not_have() -> None:
    state = State()

    fold(state, [REGISTERED, *an_upload("r-1", 2), a_failure("r-1", 4)])

    assert state.parts == {}


def test_a_stalled_run_makes_its_company_stalled_until_it_goes_on_or_ends() -> None:
    stalled = an_event(SyncStalled, 3, run_id="r-1", reason="partition_stopped")
    beginning = [DIRECT, a_sync("r-1", 2), stalled]
    waiting, taken_over, ended = State(), State(), State()

    fold(waiting, beginning)
    fold(taken_over, [*beginning, started("r-1", 4)])
    fold(ended, [*beginning, completed("r-1", 4)])

    assert waiting.runs["r-1"].state == "stalled"
    assert (taken_over.runs["r-1"].state, taken_over.runs["r-1"].reason) == ("running", None)
    assert [state.companies["bageriet"].is_stalled for state in (waiting, taken_over, ended)] == [
        True,
        False,
        False,
    ]

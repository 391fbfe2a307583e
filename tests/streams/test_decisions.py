"""What is done about a command: every row of the decision, without Kafka and PostgreSQL."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from schemas.commands import (
    AnyCommand,
    CompanyRemovalRequested,
    ConnectionRequested,
    DisconnectRequested,
    PurgeRequested,
    ReconnectRequested,
    SyncCancelRequested,
    SyncRequested,
)
from schemas.lifecycle_events import RejectionReason
from schemas.parts import Scope
from streams.decisions import (
    Cancel,
    Connect,
    Decision,
    Disconnect,
    Known,
    OpenRun,
    Purge,
    QueueRun,
    Reject,
    Remove,
    RunAgain,
    decide,
    expires_at,
)

COMPANY = "bageriet"
NUMBER = "5560000001"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONNECTED = Known("fortnox", NUMBER, "connected")
LOST = replace(CONNECTED, connection="reconnect_required")
DISCONNECTED = replace(CONNECTED, connection="disconnected")
UPLOADED = Known("sie", NUMBER)
QUEUED, SECOND = OpenRun("run-1", "queued"), OpenRun("run-2", "queued")
RUNNING, CONFIRMING = OpenRun("run-1", "running"), OpenRun("run-1", "confirming")
STALLED = replace(CONFIRMING, is_stalled=True)
YEARS = (date(2024, 7, 1), date(2025, 7, 1))
HOLDING = replace(CONNECTED, fiscal_years=frozenset(YEARS[:1]))


def with_runs(known: Known, *runs: OpenRun) -> Known:
    return replace(known, open_runs=runs)


def connect(source: str = "fortnox", **fields: Any) -> ConnectionRequested:
    return ConnectionRequested(company_id=COMPANY, source=source, **fields)


def sync(**fields: Any) -> SyncRequested:
    return SyncRequested(company_id=COMPANY, **fields)


def purge(**fields: Any) -> PurgeRequested:
    return PurgeRequested(company_id=COMPANY, **fields)


def cancel(run_id: str | None = None) -> SyncCancelRequested:
    return SyncCancelRequested(company_id=COMPANY, run_id=run_id)


REMOVE = CompanyRemovalRequested(company_id=COMPANY)
DISCONNECT = DisconnectRequested(company_id=COMPANY)
REFUSED: list[tuple[AnyCommand, Known | None, RejectionReason]] = [
    (connect("sie"), None, "not_supported_by_source"),
    (connect("quickbooks"), None, "not_supported_by_source"),
    (connect("quickbooks"), CONNECTED, "not_supported_by_source"),
    (connect(organisation_number="5560000002"), CONNECTED, "invalid"),
    (connect(organisation_number="5560000002"), UPLOADED, "invalid"),
    (connect(organisation_number="seven"), None, "invalid"),
    (connect(organisation_number="556000"), CONNECTED, "invalid"),
    (sync(), None, "unknown_company"),
    (sync(parts=("voucher",)), None, "unknown_company"),
    (sync(parts=("voucher",)), CONNECTED, "unknown_part"),
    (sync(parts=("vouchers", "")), DISCONNECTED, "unknown_part"),
    (sync(parts=()), CONNECTED, "invalid"),
    (sync(fiscal_years=()), CONNECTED, "invalid"),
    (sync(), UPLOADED, "not_supported_by_source"),
    (sync(), Known("visma-administration", None, "connected"), "not_supported_by_source"),
    (sync(trigger="automatic"), UPLOADED, "not_supported_by_source"),
    (sync(), LOST, "reconnect_required"),
    (sync(), DISCONNECTED, "not_connected"),
    (sync(), Known("fortnox"), "not_connected"),
    (sync(trigger="automatic"), with_runs(DISCONNECTED, RUNNING), "not_connected"),
    (sync(), with_runs(CONNECTED, QUEUED), "already_running"),
    (sync(), with_runs(CONNECTED, RUNNING), "already_running"),
    (sync(), with_runs(CONNECTED, CONFIRMING), "already_running"),
    (sync(trigger="reload"), with_runs(CONNECTED, RUNNING), "already_running"),
    (cancel(), None, "unknown_company"),
    (cancel(), CONNECTED, "nothing_to_cancel"),
    (cancel("run-9"), with_runs(CONNECTED, RUNNING), "nothing_to_cancel"),
    (cancel(), with_runs(CONNECTED, CONFIRMING), "too_late"),
    (cancel("run-1"), with_runs(CONNECTED, CONFIRMING), "too_late"),
    (cancel(), with_runs(UPLOADED, CONFIRMING, SECOND), "too_late"),
    (DISCONNECT, None, "unknown_company"),
    (DISCONNECT, UPLOADED, "not_connected"),
    (DISCONNECT, DISCONNECTED, "not_connected"),
    (purge(), None, "unknown_company"),
    (purge(fiscal_years=()), CONNECTED, "invalid"),
    (purge(fiscal_years=YEARS), HOLDING, "invalid"),
    (purge(fiscal_years=YEARS[1:], reload=True), HOLDING, "invalid"),
    (purge(fiscal_years=YEARS[:1]), replace(HOLDING, fiscal_years=frozenset()), "invalid"),
    (purge(reload=True), UPLOADED, "not_supported_by_source"),
    (purge(reload=True), LOST, "reconnect_required"),
    (purge(reload=True), DISCONNECTED, "not_connected"),
    (ReconnectRequested(company_id=COMPANY), LOST, "invalid"),
    (REMOVE, None, "unknown_company"),
]
EVERYTHING = QueueRun(Scope())
RELOAD = QueueRun(Scope(), "reload")
NOTHING_GOES_ON = Cancel("superseded_by_purge")
DONE: list[tuple[AnyCommand, Known | None, Decision]] = [
    (
        connect(name="Bageriet AB", organisation_number="556000-0001"),
        None,
        Connect("fortnox", "Bageriet AB", NUMBER, is_new=True),
    ),
    (connect(organisation_number="000000-0000"), None, Connect("fortnox", "", None, is_new=True)),
    (connect(), CONNECTED, Connect("fortnox", "", None)),
    (connect(organisation_number=NUMBER), CONNECTED, Connect("fortnox", "", NUMBER)),
    (connect(), LOST, Connect("fortnox", "", None, restores=True)),
    (connect(), DISCONNECTED, Connect("fortnox", "", None, restores=True)),
    (connect(), with_runs(CONNECTED, RUNNING), Connect("fortnox", "", None)),
    (
        connect("visma-administration"),
        with_runs(DISCONNECTED, RUNNING),
        Connect(
            "visma-administration",
            "",
            None,
            switches=True,
            cancel=Cancel("source_changed", running=("run-1",)),
        ),
    ),
    (
        connect(),
        with_runs(UPLOADED, CONFIRMING, SECOND),
        Connect(
            "fortnox",
            "",
            None,
            switches=True,
            cancel=Cancel("source_changed", at_once=("run-2",)),
        ),
    ),
    (
        connect("visma-administration"),  # It takes the files that wait.
        with_runs(UPLOADED, QUEUED),
        Connect("visma-administration", "", None, switches=True, cancel=Cancel("source_changed")),
    ),
    (sync(), CONNECTED, EVERYTHING),
    (sync(trigger="automatic"), CONNECTED, QueueRun(Scope(), "automatic")),
    (
        sync(parts=("vouchers", "accounts", "vouchers")),
        CONNECTED,
        QueueRun(Scope(parts=("accounts", "vouchers"))),
    ),
    (
        sync(fiscal_years=(date(2025, 1, 1), date(2024, 7, 1), date(2025, 1, 1))),
        CONNECTED,
        QueueRun(Scope(fiscal_years=(date(2024, 7, 1), date(2025, 1, 1)))),
    ),
    (purge(), CONNECTED, Purge(None, NOTHING_GOES_ON)),
    (purge(), LOST, Purge(None, NOTHING_GOES_ON)),
    (purge(), UPLOADED, Purge(None, NOTHING_GOES_ON)),
    (
        purge(fiscal_years=(YEARS[1], YEARS[0], YEARS[1])),
        DISCONNECTED,
        Purge(YEARS, NOTHING_GOES_ON),
    ),
    (purge(fiscal_years=YEARS[:1]), HOLDING, Purge(YEARS[:1], NOTHING_GOES_ON)),
    (
        purge(fiscal_years=YEARS[1:]),  # The file that waits may bring the year.
        with_runs(HOLDING, QUEUED),
        Purge(YEARS[1:], Cancel("superseded_by_purge", at_once=("run-1",))),
    ),
    (purge(reload=True), CONNECTED, Purge(None, NOTHING_GOES_ON, reload=RELOAD)),
    (
        purge(fiscal_years=YEARS, reload=True),
        with_runs(CONNECTED, RUNNING, SECOND),
        Purge(
            YEARS,
            Cancel("superseded_by_purge", at_once=("run-1", "run-2")),
            was_reading=True,
            reload=QueueRun(Scope(fiscal_years=YEARS), "reload"),
        ),
    ),
    (
        purge(),  # The ledger could still confirm it, of what goes.
        with_runs(UPLOADED, CONFIRMING, SECOND),
        Purge(None, Cancel("superseded_by_purge", at_once=("run-1", "run-2"))),
    ),
    (REMOVE, CONNECTED, Remove(Purge(None, Cancel("company_removed")), is_connected=True)),
    (REMOVE, UPLOADED, Remove(Purge(None, Cancel("company_removed")), is_connected=False)),
    (
        REMOVE,
        with_runs(LOST, RUNNING),
        Remove(
            Purge(None, Cancel("company_removed", at_once=("run-1",)), was_reading=True),
            is_connected=True,
        ),
    ),
    (sync(trigger="automatic"), with_runs(CONNECTED, QUEUED), RunAgain()),
    (sync(trigger="automatic"), with_runs(CONNECTED, RUNNING), RunAgain()),
    (sync(trigger="push"), with_runs(CONNECTED, CONFIRMING), RunAgain()),
    (cancel(), with_runs(CONNECTED, QUEUED), Cancel("requested", at_once=("run-1",))),
    (cancel(), with_runs(CONNECTED, RUNNING), Cancel("requested", running=("run-1",))),
    (cancel("run-2"), with_runs(UPLOADED, RUNNING, SECOND), Cancel("requested", ("run-2",))),
    (cancel(), with_runs(UPLOADED, RUNNING, SECOND), Cancel("requested", running=("run-1",))),
    (cancel(), with_runs(UPLOADED, QUEUED, SECOND), Cancel("requested", ("run-1",))),
    (cancel(), with_runs(CONNECTED, STALLED), Cancel("requested", at_once=("run-1",))),
    (
        cancel(),
        with_runs(CONNECTED, replace(RUNNING, is_stalled=True)),
        Cancel("requested", running=("run-1",)),
    ),
    (cancel(), with_runs(LOST, RUNNING), Cancel("requested", running=("run-1",))),
    (DISCONNECT, CONNECTED, Disconnect(Cancel("disconnected"))),
    (DISCONNECT, LOST, Disconnect(Cancel("disconnected"))),
    (
        DISCONNECT,
        with_runs(CONNECTED, RUNNING, SECOND),
        Disconnect(Cancel("disconnected", ("run-2",), ("run-1",))),
    ),
    (DISCONNECT, with_runs(CONNECTED, CONFIRMING), Disconnect(Cancel("disconnected"))),
    (
        DISCONNECT,
        with_runs(CONNECTED, STALLED, SECOND),
        Disconnect(Cancel("disconnected", at_once=("run-1", "run-2"))),
    ),
    (
        connect("visma-administration"),
        with_runs(CONNECTED, STALLED),
        Connect(
            "visma-administration",
            "",
            None,
            switches=True,
            cancel=Cancel("source_changed", at_once=("run-1",)),
        ),
    ),
]


@pytest.mark.parametrize(("command", "known", "reason"), REFUSED)
def test_is_refused(command: AnyCommand, known: Known | None, reason: RejectionReason) -> None:
    decision = decide(command, known)

    assert isinstance(decision, Reject)
    assert decision.reason == reason
    assert decision.detail


@pytest.mark.parametrize(("command", "known", "decision"), DONE)
def test_is_done(command: AnyCommand, known: Known | None, decision: Decision) -> None:
    assert decide(command, known) == decision


def test_every_reason_but_expiry_has_a_row() -> None:
    assert {reason for _, _, reason in REFUSED} == {*get_args(RejectionReason)} - {"expired"}


def test_every_command_has_a_row() -> None:
    assert {type(row[0]) for row in (*REFUSED, *DONE)} == {*get_args(AnyCommand)}


@pytest.mark.parametrize(
    ("command", "hours"),
    [(sync(), 1), (cancel(), 1), (connect(), 24), (DISCONNECT, 24)],
)
def test_a_command_expires_some_time_after_it_was_written(command: AnyCommand, hours: int) -> None:
    assert expires_at(command, written_at=AT) == AT + timedelta(hours=hours)


def test_a_command_may_say_itself_when_it_expires() -> None:
    assert expires_at(sync(expires_at=AT), written_at=AT + timedelta(days=9)) == AT

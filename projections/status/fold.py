"""What lifecycle events mean for the status of a company, its runs and its uploads. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from projections.status.indicator import fresh_until
from projections.status.rows import CompanyStatus, PartStatus, SieUpload, SyncRun
from schemas.lifecycle_events import (
    AnyLifecycleEvent,
    CompanyRegistered,
    CompanyRemoved,
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRestored,
    PurgeStarted,
    SyncCancelled,
    SyncCompleted,
    SyncFailed,
    SyncQueued,
    SyncStalled,
    SyncStarted,
    UploadReceived,
    UploadRefused,
    parts_of,
)
from schemas.parts import Part, Scope


@dataclass
class State:
    """The rows that the batch's companies have, and after the fold are to have."""

    companies: dict[str, CompanyStatus] = field(default_factory=dict)
    parts: dict[tuple[str, str], PartStatus] = field(default_factory=dict)
    runs: dict[str, SyncRun] = field(default_factory=dict)
    uploads: dict[str, SieUpload] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)


def fold(state: State, events: Iterable[AnyLifecycleEvent]) -> int:
    """Applies the events to the state; the number of those that were known already."""
    ignored = 0
    for event in events:
        company = state.companies.get(event.company_id)
        if company is not None and event.sequence <= company.sequence:
            ignored += 1
            continue
        if isinstance(event, CompanyRegistered):
            _register(state, event)
        elif company is None:
            ignored += 1  # Of a company that has been removed.
        else:
            state.companies[event.company_id] = replace(company, sequence=event.sequence)
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(state, event)
    return ignored


def _register(state: State, event: CompanyRegistered) -> None:
    state.removed.discard(event.company_id)
    state.companies[event.company_id] = CompanyStatus(
        company_id=event.company_id,
        sequence=event.sequence,
        name=event.name,
        organisation_number=event.organisation_number,
        source=event.source,
        registered_at=event.occurred_at,
    )


def _change(state: State, company_id: str, /, **fields: Any) -> None:
    state.companies[company_id] = replace(state.companies[company_id], **fields)


def _change_run(state: State, run_id: str, /, **fields: Any) -> None:
    if run_id in state.runs:
        state.runs[run_id] = replace(state.runs[run_id], **fields)


def _remove(state: State, event: CompanyRemoved) -> None:
    of_company = event.company_id
    state.removed.add(of_company)
    del state.companies[of_company]
    state.parts = {key: row for key, row in state.parts.items() if key[0] != of_company}
    state.runs = {key: row for key, row in state.runs.items() if row.company_id != of_company}
    state.uploads = {k: row for k, row in state.uploads.items() if row.company_id != of_company}


def _connect(state: State, event: ConnectionEstablished | ConnectionRestored) -> None:
    """What failed before says nothing of the new connection."""
    _change(
        state,
        event.company_id,
        source=event.source,
        disconnected_at=None,
        reconnect_reason=None,
        failures_in_a_row=0,
        last_failure_reason=None,
        fresh_until=fresh_until(event.source, state.companies[event.company_id].last_sync_at),
    )


def _lose(state: State, event: ConnectionLost) -> None:
    if event.reason == "disconnected":
        _change(state, event.company_id, disconnected_at=event.occurred_at)
    else:
        _change(state, event.company_id, reconnect_reason=event.reason)


def _receive(state: State, event: UploadReceived) -> None:
    state.uploads[event.upload_id] = SieUpload(
        company_id=event.company_id,
        upload_id=event.upload_id,
        run_id=event.run_id,
        file_name=event.file_name,
        size_bytes=event.size_bytes,
        sie_type=event.sie_type,
        fiscal_year=event.fiscal_year,
        state="received",
        reason=None,
        detail="",
        uploaded_at=event.occurred_at,
    )


def _refuse(state: State, event: UploadRefused) -> None:
    known = state.uploads.get(event.upload_id)
    if known is not None:
        changes = replace(known, state="refused", reason=event.reason, detail=event.detail)
        state.uploads[event.upload_id] = changes
        return
    state.uploads[event.upload_id] = SieUpload(
        company_id=event.company_id,
        upload_id=event.upload_id,
        run_id=None,
        file_name=event.file_name,
        size_bytes=None,
        sie_type=None,
        fiscal_year=None,
        state="refused",
        reason=event.reason,
        detail=event.detail,
        uploaded_at=event.occurred_at,
    )


def _queue(state: State, event: SyncQueued) -> None:
    state.runs[event.run_id] = SyncRun(
        company_id=event.company_id,
        run_id=event.run_id,
        run_number=None,
        attempt=0,
        trigger=event.trigger,
        source=event.source,
        scope=event.scope.model_dump(mode="json"),
        upload_id=event.upload_id,
        requested_by=event.requested_by,
        state="queued",
        queued_at=event.occurred_at,
    )
    _note_open(state, event.company_id)


def _note_open(state: State, company_id: str) -> None:
    """The run that has waited longest for its end, since when, and whether one is stalled."""
    waiting = [
        run
        for run in state.runs.values()
        if run.company_id == company_id and run.finished_at is None
    ]
    oldest = min(waiting, key=lambda run: (run.queued_at, run.run_id), default=None)
    _change(
        state,
        company_id,
        open_run_id=oldest.run_id if oldest else None,
        open_since=oldest.queued_at if oldest else None,
        is_stalled=any(run.state == "stalled" for run in waiting),
    )


def _start(state: State, event: SyncStarted) -> None:
    _change_run(
        state,
        event.run_id,
        state="running",
        run_number=event.run_number,
        attempt=event.attempt,
        started_at=event.occurred_at,
    )
    _note_open(state, event.company_id)


def _finish(state: State, event: SyncCompleted | SyncFailed | SyncCancelled, to: str) -> None:
    """The run is over; an upload that it applied shares its end."""
    reason = None if isinstance(event, SyncCompleted) else event.reason
    detail = event.detail if isinstance(event, SyncFailed) else ""
    reads = [] if isinstance(event, SyncCancelled) else event.reads
    _change_run(
        state,
        event.run_id,
        state=to,
        finished_at=event.occurred_at,
        reason=reason,
        detail=detail,
        reads=[read.model_dump(mode="json") for read in reads],
    )
    _note_open(state, event.company_id)
    run = state.runs.get(event.run_id)
    upload = state.uploads.get(run.upload_id) if run and run.upload_id else None
    if upload is not None and upload.state == "received":
        ended = "applied" if to == "completed" else "failed"
        state.uploads[upload.upload_id] = replace(upload, state=ended, reason=reason, detail=detail)


def _complete(state: State, event: SyncCompleted) -> None:
    _finish(state, event, "completed")
    for part in parts_of(event.reads):
        _succeed(state, event.company_id, part, event.fetched_at)
    if _brings_bookkeeping(state.runs.get(event.run_id), event):
        source = state.companies[event.company_id].source
        _change(
            state,
            event.company_id,
            last_sync_at=event.occurred_at,
            last_fetched_at=event.fetched_at,
            fresh_until=fresh_until(source, event.occurred_at),
            emptied_at=None,
            failures_in_a_row=0,
            last_failure_reason=None,
        )


def _brings_bookkeeping(run: SyncRun | None, event: SyncCompleted) -> bool:
    """Whether the run has read vouchers, or a file that holds balances and no vouchers."""
    parts = parts_of(event.reads)
    is_upload = run is not None and run.trigger == "upload"
    return "vouchers" in parts or (is_upload and "opening_balances" in parts)


def _fail(state: State, event: SyncFailed) -> None:
    _finish(state, event, "failed")
    missing = _missing_parts(state.runs.get(event.run_id))
    # As a completed run ends the count only where it brings bookkeeping, so it is counted.
    if not missing or "vouchers" in missing:
        count = state.companies[event.company_id].failures_in_a_row + 1
        _change(state, event.company_id, failures_in_a_row=count, last_failure_reason=event.reason)
    for part, complete in (missing | parts_of(event.reads)).items():
        if complete:
            _succeed(state, event.company_id, part, event.occurred_at)
            continue
        known = state.parts.get((event.company_id, part))
        last_success_at = known.last_success_at if known else None
        state.parts[event.company_id, part] = PartStatus(
            event.company_id, part, last_success_at, "failed", event.reason
        )


def _missing_parts(run: SyncRun | None) -> dict[Part, bool]:
    """What a run was to read, none of it read yet; what a file was to bring, its reads tell."""
    if run is None or run.trigger == "upload":
        return {}
    return dict.fromkeys(Scope.model_validate(run.scope).parts, False)


def _succeed(state: State, company_id: str, part: Part, at: datetime) -> None:
    state.parts[company_id, part] = PartStatus(company_id, part, at, "ok", None)


def _cancel(state: State, event: SyncCancelled) -> None:
    _finish(state, event, "cancelled")


def _stall(state: State, event: SyncStalled) -> None:
    _change_run(state, event.run_id, state="stalled", reason=event.reason)
    _note_open(state, event.company_id)


def _purge(state: State, event: PurgeStarted) -> None:
    if event.fiscal_years is None:
        _change(state, event.company_id, emptied_at=event.occurred_at, last_fetched_at=None)


_HANDLERS: dict[type, Callable[[State, Any], None]] = {
    CompanyRemoved: _remove,
    ConnectionEstablished: _connect,
    ConnectionRestored: _connect,
    ConnectionLost: _lose,
    UploadReceived: _receive,
    UploadRefused: _refuse,
    SyncQueued: _queue,
    SyncStarted: _start,
    SyncCompleted: _complete,
    SyncFailed: _fail,
    SyncCancelled: _cancel,
    SyncStalled: _stall,
    PurgeStarted: _purge,
}

"""What happens to runs and uploads, and what that means for their company. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from projections.status.indicator import fresh_until
from projections.status.rows import PartStatus, SieUpload, SyncRun
from projections.status.state import State
from schemas.lifecycle_events import (
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
from schemas.parts import PARTS, Part, Scope

# Whoever asked has named a year that the source does not have: that is no failure of the source,
# and says nothing of the company's parts.
UNKNOWN_YEAR = "unknown_year"


def receive(state: State, event: UploadReceived) -> None:
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


def refuse(state: State, event: UploadRefused) -> None:
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


def queue(state: State, event: SyncQueued) -> None:
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
    state.note_open(event.company_id)


def start(state: State, event: SyncStarted) -> None:
    state.change_run(
        event.run_id,
        state="running",
        reason=None,  # Why it was stalled, if it was.
        run_number=event.run_number,
        attempt=event.attempt,
        started_at=event.occurred_at,
    )
    state.note_open(event.company_id)


def _finish(state: State, event: SyncCompleted | SyncFailed | SyncCancelled, to: str) -> None:
    """The run is over; an upload that it applied shares its end."""
    reason = None if isinstance(event, SyncCompleted) else event.reason
    detail = "" if isinstance(event, SyncCancelled) else event.detail
    reads = [] if isinstance(event, SyncCancelled) else event.reads
    state.change_run(
        event.run_id,
        state=to,
        finished_at=event.occurred_at,
        reason=reason,
        detail=detail,
        reads=[read.model_dump(mode="json") for read in reads],
    )
    state.note_open(event.company_id)
    run = state.runs.get(event.run_id)
    upload = state.uploads.get(run.upload_id) if run and run.upload_id else None
    if upload is not None and upload.state == "received":
        ended = "applied" if to == "completed" else "failed"
        state.uploads[upload.upload_id] = replace(upload, state=ended, reason=reason, detail=detail)


def complete(state: State, event: SyncCompleted) -> None:
    """A run that brings bookkeeping makes the company fresh, and reads emptied years again.

    A company from which all has gone stays emptied until no year that was emptied is missing, or
    until a file comes, whatever its year.
    """
    _finish(state, event, "completed")
    for part in parts_of(event.reads):
        _succeed(state, event.company_id, part, event.fetched_at)
    run, company = state.runs.get(event.run_id), state.companies[event.company_id]
    if not _brings_bookkeeping(run, event):
        return
    state.change(
        event.company_id,
        last_sync_at=event.occurred_at,
        last_fetched_at=event.fetched_at,
        fresh_until=fresh_until(company.source, event.occurred_at),
        failures_in_a_row=0,
        last_failure_reason=None,
    )
    missing = _still_missing(state, run, company.emptied_years)
    is_filled = missing == () or (run is not None and run.trigger == "upload")
    emptied_at = None if is_filled else company.emptied_at
    state.change(event.company_id, emptied_years=missing, emptied_at=emptied_at)


def _brings_bookkeeping(run: SyncRun | None, event: SyncCompleted) -> bool:
    """Whether the run has read vouchers, or a file that holds balances and no vouchers."""
    parts = parts_of(event.reads)
    is_upload = run is not None and run.trigger == "upload"
    return "vouchers" in parts or (is_upload and "opening_balances" in parts)


def _still_missing(
    state: State, run: SyncRun | None, emptied: Sequence[date] | None
) -> tuple[date, ...] | None:
    """The emptied years that the run has not read; None: all of them.

    A file has read its own year, a run of all parts the years of its scope; one of some parts has
    read no year whole. Where all years went, nobody knows them: only a file, or all, ends that.
    """
    known = None if emptied is None else tuple(emptied)
    if run is None:
        return known
    scope = Scope.model_validate(run.scope)
    if run.trigger == "upload":
        upload = state.uploads.get(run.upload_id or "")
        read = {upload.fiscal_year} if upload else set()
        return tuple(year for year in known or () if year not in read)
    if not set(PARTS) <= set(scope.parts):
        return known
    if scope.fiscal_years is None:
        return ()
    return known and tuple(year for year in known if year not in scope.fiscal_years)


def fail(state: State, event: SyncFailed) -> None:
    _finish(state, event, "failed")
    if event.reason == UNKNOWN_YEAR:
        return
    missing = _missing_parts(state.runs.get(event.run_id))
    # As a completed run ends the count only where it brings bookkeeping, so it is counted.
    if not missing or "vouchers" in missing:
        count = state.companies[event.company_id].failures_in_a_row + 1
        state.change(event.company_id, failures_in_a_row=count, last_failure_reason=event.reason)
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


def cancel(state: State, event: SyncCancelled) -> None:
    _finish(state, event, "cancelled")


def stall(state: State, event: SyncStalled) -> None:
    state.change_run(event.run_id, state="stalled", reason=event.reason)
    state.note_open(event.company_id)

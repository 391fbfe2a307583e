"""What lifecycle events mean for the status of a company, its runs and its uploads. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from projections.status import runs
from projections.status.indicator import fresh_until
from projections.status.rows import CompanyStatus, PartStatus, Purge
from projections.status.state import State
from schemas.lifecycle_events import (
    AnyLifecycleEvent,
    CompanyRegistered,
    CompanyRemoved,
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRestored,
    PurgeCompleted,
    PurgeStarted,
    SyncCancelled,
    SyncCompleted,
    SyncFailed,
    SyncQueued,
    SyncStalled,
    SyncStarted,
    UploadReceived,
    UploadRefused,
)
from schemas.parts import PARTS, Part

# What a purge takes of the years that it names.
BOOKKEEPING: tuple[Part, ...] = ("opening_balances", "vouchers")


def fold(state: State, events: Iterable[AnyLifecycleEvent]) -> int:
    """Applies the events to the state; the number of those that were known already."""
    ignored = 0
    for event in events:
        company = state.companies.get(event.company_id)
        if event.sequence <= state.sequence_of(event.company_id):
            ignored += 1
        elif isinstance(event, CompanyRegistered):
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
    state.companies[event.company_id] = CompanyStatus(
        company_id=event.company_id,
        sequence=event.sequence,
        name=event.name,
        organisation_number=event.organisation_number,
        source=event.source,
        registered_at=event.occurred_at,
    )


def _remove(state: State, event: CompanyRemoved) -> None:
    of_company = event.company_id
    state.removed[of_company] = event.sequence
    state.forgotten.add(of_company)
    del state.companies[of_company]
    state.parts = {key: row for key, row in state.parts.items() if key[0] != of_company}
    state.runs = {key: row for key, row in state.runs.items() if row.company_id != of_company}
    state.uploads = {k: row for k, row in state.uploads.items() if row.company_id != of_company}
    state.purges = {key: row for key, row in state.purges.items() if key[0] != of_company}


def _connect(state: State, event: ConnectionEstablished | ConnectionRestored) -> None:
    """What failed before says nothing of the new connection."""
    state.change(
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
        state.change(event.company_id, disconnected_at=event.occurred_at)
    else:
        state.change(event.company_id, reconnect_reason=event.reason)


def _start_purge(state: State, event: PurgeStarted) -> None:
    company_id = event.company_id
    state.purges[company_id, event.generation] = Purge(
        company_id=company_id,
        generation=event.generation,
        fiscal_years=event.fiscal_years,
        reload=event.reload,
        requested_by=event.requested_by,
        state="started",
        started_at=event.occurred_at,
    )
    if event.fiscal_years is None:
        state.change(company_id, emptied_years=None)
        _empty(state, event, PARTS)


def _complete_purge(state: State, event: PurgeCompleted) -> None:
    key = (event.company_id, event.generation)
    if key in state.purges:
        state.purges[key] = replace(
            state.purges[key],
            state="superseded" if event.superseded else "completed",
            completed_at=event.occurred_at,
            vouchers=event.vouchers,
            postings=event.postings,
        )
    if event.fiscal_years is not None and not event.superseded:
        _empty_years(state, event, event.fiscal_years)


def _empty_years(state: State, event: PurgeCompleted, years: Sequence[date]) -> None:
    """They are added to those that no run has read since (see runs.py); all stays all."""
    known = state.companies[event.company_id].emptied_years
    if known is not None:
        state.change(event.company_id, emptied_years=sorted({*known, *years}))
    if event.years_left == 0:
        _empty(state, event, BOOKKEEPING)


def _empty(state: State, event: PurgeStarted | PurgeCompleted, parts: Iterable[Part]) -> None:
    """The company has no bookkeeping left: the last years of it have been named, or all."""
    company_id = event.company_id
    state.change(company_id, emptied_at=event.occurred_at, last_fetched_at=None)
    for part in parts:
        state.parts[company_id, part] = PartStatus(company_id, part, None, "emptied", None)


_HANDLERS: dict[type, Callable[[State, Any], None]] = {
    CompanyRemoved: _remove,
    ConnectionEstablished: _connect,
    ConnectionRestored: _connect,
    ConnectionLost: _lose,
    UploadReceived: runs.receive,
    UploadRefused: runs.refuse,
    SyncQueued: runs.queue,
    SyncStarted: runs.start,
    SyncCompleted: runs.complete,
    SyncFailed: runs.fail,
    SyncCancelled: runs.cancel,
    SyncStalled: runs.stall,
    PurgeStarted: _start_purge,
    PurgeCompleted: _complete_purge,
}

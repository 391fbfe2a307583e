"""The rows of the status' tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class CompanyStatus:
    company_id: str
    sequence: int
    name: str
    organisation_number: str | None
    source: str
    registered_at: datetime
    disconnected_at: datetime | None = None
    reconnect_reason: str | None = None
    emptied_at: datetime | None = None
    emptied_years: Sequence[date] | None = ()  # And not read since; None: all of them.
    last_sync_at: datetime | None = None
    last_fetched_at: datetime | None = None
    failures_in_a_row: int = 0
    last_failure_reason: str | None = None
    open_run_id: str | None = None
    open_since: datetime | None = None
    fresh_until: datetime | None = None
    is_stalled: bool = False


@dataclass(frozen=True)
class PartStatus:
    company_id: str
    part: str
    last_success_at: datetime | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class SyncRun:
    company_id: str
    run_id: str
    run_number: int | None
    attempt: int
    trigger: str
    source: str
    scope: Any
    upload_id: str | None
    requested_by: str
    state: str
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str | None = None
    detail: str = ""
    reads: Any = field(default_factory=list)


@dataclass(frozen=True)
class Purge:
    company_id: str
    generation: int
    fiscal_years: tuple[date, ...] | None
    reload: bool
    requested_by: str
    state: str
    started_at: datetime
    completed_at: datetime | None = None
    vouchers: int = 0
    postings: int = 0


@dataclass(frozen=True)
class SieUpload:
    company_id: str
    upload_id: str
    run_id: str | None
    file_name: str
    size_bytes: int | None
    sie_type: str | None
    fiscal_year: date | None
    state: str
    reason: str | None
    detail: str
    uploaded_at: datetime

"""The events of `bokflow.lifecycle`: what happened to companies, connections, runs and uploads."""

from datetime import date
from typing import Literal

from pydantic import Field

from schemas.ledger_events import OrganisationNumber
from schemas.limits import CompanyId, Count, Text, Timestamp
from schemas.model import Model
from schemas.parts import Part, Read, Scope

Trigger = Literal["manual", "automatic", "push", "upload", "reload"]
SieType = Literal["1", "2", "3", "4E", "4I"]
RejectionReason = Literal[
    "unknown_company",
    "already_running",
    "not_supported_by_source",
    "reconnect_required",
    "not_connected",
    "unknown_part",
    "expired",
    "invalid",
    "too_late",
    "nothing_to_cancel",
]


class LifecycleEvent(Model):
    """What every lifecycle event carries; `sequence` counts within the company."""

    company_id: CompanyId
    sequence: Count = Field(ge=1)
    occurred_at: Timestamp

    @property
    def event_id(self) -> str:
        return f"{self.company_id}:lifecycle:{self.sequence}"


class CompanyRegistered(LifecycleEvent):
    """The company exists from here on."""

    type: Literal["company_registered.v1"] = "company_registered.v1"
    name: Text = ""
    organisation_number: OrganisationNumber | None = None
    source: Text  # `sie`, `fortnox`, `visma-administration`, …


class CompanyRemoved(LifecycleEvent):
    type: Literal["company_removed.v1"] = "company_removed.v1"
    requested_by: Text = ""


class ConnectionEstablished(LifecycleEvent):
    type: Literal["connection_established.v1"] = "connection_established.v1"
    source: Text


class ConnectionLost(LifecycleEvent):
    type: Literal["connection_lost.v1"] = "connection_lost.v1"
    source: Text
    reason: Text


class ConnectionRestored(LifecycleEvent):
    type: Literal["connection_restored.v1"] = "connection_restored.v1"
    source: Text


class ReconnectStarted(LifecycleEvent):
    type: Literal["reconnect_started.v1"] = "reconnect_started.v1"
    source: Text
    authorization_url: Text
    requested_by: Text = ""


class UploadReceived(LifecycleEvent):
    """A file was judged whole and stored; a run will publish it."""

    type: Literal["upload_received.v1"] = "upload_received.v1"
    upload_id: str
    run_id: str
    file_name: Text
    size_bytes: int = Field(ge=0, le=2**63 - 1)
    sie_type: SieType
    fiscal_year: date | None = None


class UploadRefused(LifecycleEvent):
    """A file that the company does not take; nothing of it reached the ledger."""

    type: Literal["upload_refused.v1"] = "upload_refused.v1"
    upload_id: str
    file_name: Text
    reason: Text
    detail: Text = ""


class SyncQueued(LifecycleEvent):
    type: Literal["sync_queued.v1"] = "sync_queued.v1"
    run_id: str
    trigger: Trigger
    source: Text
    scope: Scope = Scope()
    upload_id: str | None = None
    requested_by: Text = ""


class SyncRejected(LifecycleEvent):
    """A request that started nothing; it does not touch the indicator."""

    type: Literal["sync_rejected.v1"] = "sync_rejected.v1"
    command_id: Text
    reason: RejectionReason
    detail: Text = ""

    @property
    def event_id(self) -> str:
        """With its time: the sequence of a company that nobody has registered is forgotten, and
        begins anew when somebody names it again, or registers it."""
        return f"{super().event_id}:{self.occurred_at.isoformat()}"


class SyncStarted(LifecycleEvent):
    """A runner took the run; `attempt` rises when another runner takes it over."""

    type: Literal["sync_started.v1"] = "sync_started.v1"
    run_id: str
    generation: Count
    run_number: Count = Field(ge=1)
    attempt: Count = Field(ge=1)


class ReadOutcome(Model):
    """What one read of a run did to the ledger, as the ledger's projection counted it."""

    read: Read
    state: Literal["complete", "incomplete"]
    snapshot: bool = False
    created: Count = 0
    changed: Count = 0
    removed: Count = 0
    unchanged: Count = 0
    set_aside: Count = 0


class SyncCompleted(LifecycleEvent):
    """Every read of the run is in the ledger."""

    type: Literal["sync_completed.v1"] = "sync_completed.v1"
    run_id: str
    run_number: Count = Field(ge=1)
    fetched_at: Timestamp  # When the source had been read.
    detail: Text = ""  # What it could not read of what was asked for.
    reads: tuple[ReadOutcome, ...] = ()


class SyncFailed(LifecycleEvent):
    type: Literal["sync_failed.v1"] = "sync_failed.v1"
    run_id: str
    run_number: Count | None = None  # None: it failed before a runner took it.
    reason: Text
    detail: Text = ""
    retry_at: Timestamp | None = None
    reads: tuple[ReadOutcome, ...] = ()


class SyncStalled(LifecycleEvent):
    """The run has no outcome, because the ledger's partition does not move."""

    type: Literal["sync_stalled.v1"] = "sync_stalled.v1"
    run_id: str
    reason: Text


class SyncCancelled(LifecycleEvent):
    type: Literal["sync_cancelled.v1"] = "sync_cancelled.v1"
    run_id: str
    reason: Text
    requested_by: Text = ""


class PurgeStarted(LifecycleEvent):
    type: Literal["purge_started.v1"] = "purge_started.v1"
    command_id: Text = ""  # Of the command that asked for it.
    generation: Count = Field(ge=1)
    fiscal_years: tuple[date, ...] | None = None
    reload: bool = False
    requested_by: Text = ""


class PurgeCompleted(LifecycleEvent):
    """The ledger is emptied; no run from after it has an end before this is told.

    `superseded`: its message was lost, and a later purge has come. It has taken nothing.
    """

    type: Literal["purge_completed.v1"] = "purge_completed.v1"
    command_id: Text = ""
    generation: Count = Field(ge=1)
    fiscal_years: tuple[date, ...] | None = None
    vouchers: Count = 0
    postings: Count = 0
    years_left: Count | None = None  # With bookkeeping; None: nobody has counted them.
    superseded: bool = False


AnyLifecycleEvent = (
    CompanyRegistered
    | CompanyRemoved
    | ConnectionEstablished
    | ConnectionLost
    | ConnectionRestored
    | ReconnectStarted
    | UploadReceived
    | UploadRefused
    | SyncQueued
    | SyncRejected
    | SyncStarted
    | SyncCompleted
    | SyncFailed
    | SyncStalled
    | SyncCancelled
    | PurgeStarted
    | PurgeCompleted
)


def parts_of(outcomes: tuple[ReadOutcome, ...]) -> dict[Part, bool]:
    """Per part, whether all of its reads are complete."""
    complete: dict[Part, bool] = {}
    for outcome in outcomes:
        part = outcome.read.part
        complete[part] = complete.get(part, True) and outcome.state == "complete"
    return complete

"""What is done about a command: from what it asks, and what is known of its company. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from connectors.sie.header import normalised_organisation_number
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
from schemas.lifecycle_events import RejectionReason, Trigger
from schemas.parts import PARTS, Scope
from schemas.sources import CONNECTABLE, UPLOADED

SHORT_LIVED = (SyncRequested, SyncCancelRequested)
SHORT_LIFE = timedelta(hours=1)
LIFE = timedelta(hours=24)
# Nobody waits for these: while a run is going, another one after it is what they ask for.
UNATTENDED = ("automatic", "push")

ConnectionState = Literal["connected", "reconnect_required", "disconnected"]
CancelReason = Literal[
    "requested", "disconnected", "source_changed", "superseded_by_purge", "company_removed"
]


@dataclass(frozen=True)
class OpenRun:
    run_id: str
    state: Literal["queued", "running", "confirming"]
    is_stalled: bool = False

    @property
    def waits_for_the_ledger(self) -> bool:
        """All of it is read, and its end is near."""
        return self.state == "confirming" and not self.is_stalled


@dataclass(frozen=True)
class Known:
    """A company that exists."""

    source: str
    organisation_number: str | None = None
    connection: ConnectionState | None = None
    open_runs: tuple[OpenRun, ...] = ()  # The one that is going first, then as they wait.
    # Those that the ledger holds; None: it has not caught up with the company's runs and purges.
    fiscal_years: frozenset[date] | None = None


@dataclass(frozen=True)
class Reject:
    reason: RejectionReason
    detail: str = ""


@dataclass(frozen=True)
class Cancel:
    """Ends the runs that nobody reads at once, and asks the running one to stop."""

    reason: CancelReason
    at_once: tuple[str, ...] = ()
    running: tuple[str, ...] = ()

    @classmethod
    def of(cls, runs: tuple[OpenRun, ...], reason: CancelReason) -> "Cancel":
        """The runs' end; those that the ledger is about to confirm are left to it."""
        ending = [run for run in runs if not run.waits_for_the_ledger]
        at_once = tuple(run.run_id for run in ending if run.state != "running")
        running = tuple(run.run_id for run in ending if run.state == "running")
        return cls(reason, at_once, running)

    @classmethod
    def all_at_once(cls, runs: tuple[OpenRun, ...], reason: CancelReason) -> "Cancel":
        """Every run's end: the ledger's fence keeps out what one that is reading still sends."""
        return cls(reason, at_once=tuple(run.run_id for run in runs))


@dataclass(frozen=True)
class Connect:
    """Ties the company to the source; makes it where it is new."""

    source: str
    name: str
    organisation_number: str | None
    is_new: bool = False
    restores: bool = False  # The same source as before, which had been lost.
    switches: bool = False  # Another source: what is known of the old one's reads is void.
    cancel: Cancel | None = None


@dataclass(frozen=True)
class QueueRun:
    scope: Scope
    trigger: Trigger = "manual"


@dataclass(frozen=True)
class RunAgain:
    """Remembers to run once more after the run that is going."""


@dataclass(frozen=True)
class Disconnect:
    cancel: Cancel


@dataclass(frozen=True)
class Purge:
    """Empties the bookkeeping of all fiscal years (None) or of some; may fetch it anew."""

    fiscal_years: tuple[date, ...] | None
    cancel: Cancel
    # A run that was reading may have left a part of any year: all are read whole next time.
    was_reading: bool = False
    reload: QueueRun | None = None


@dataclass(frozen=True)
class Remove:
    """The company is to be as if it had never been, but for what keeps late events out."""

    purge: Purge
    is_connected: bool


Decision = Reject | Connect | QueueRun | RunAgain | Cancel | Disconnect | Purge | Remove


def expires_at(command: AnyCommand, *, written_at: datetime) -> datetime:
    """After this nobody expects the command to be met any more."""
    if command.expires_at is not None:
        return command.expires_at
    return written_at + (SHORT_LIFE if isinstance(command, SHORT_LIVED) else LIFE)


def decide(command: AnyCommand, known: Known | None) -> Decision:
    """The decision; `known` is None where nobody has registered the company."""
    if isinstance(command, ConnectionRequested):
        return _connect(command, known)
    if known is None:
        return Reject("unknown_company", f"there is no company {command.company_id}")
    match command:
        case SyncRequested():
            return _sync(command, known)
        case SyncCancelRequested():
            return _cancel(command, known)
        case DisconnectRequested():
            return _disconnect(known)
        case PurgeRequested():
            return _purge(command, known)
        case CompanyRemovalRequested():
            return _remove(known)
        case ReconnectRequested():
            return Reject("invalid", f"this engine cannot do {command.type} yet")


def _connect(command: ConnectionRequested, known: Known | None) -> Decision:
    number = normalised_organisation_number(command.organisation_number or "")
    if command.source not in CONNECTABLE:
        names = ", ".join(sorted(CONNECTABLE))
        return Reject("not_supported_by_source", f"a company can be connected to {names}")
    if number is None and _says_something(command.organisation_number):
        return Reject("invalid", f"{command.organisation_number} is no organisation number")
    connect = Connect(command.source, command.name, number, is_new=known is None)
    if known is None:
        return connect
    if number and known.organisation_number and number != known.organisation_number:
        told = f"the company has organisation number {known.organisation_number}, not {number}"
        return Reject("invalid", told)
    if command.source != known.source:
        both_uploaded = {command.source, known.source} <= UPLOADED
        runs = () if both_uploaded else known.open_runs
        cancel = Cancel.of(runs, "source_changed")
        return Connect(command.source, command.name, number, switches=True, cancel=cancel)
    restores = known.connection in ("reconnect_required", "disconnected")
    return Connect(command.source, command.name, number, restores=restores)


def _says_something(number: str | None) -> bool:
    """Zeros stand for none."""
    return bool((number or "").replace("-", "").strip(" 0"))


def _sync(command: SyncRequested, known: Known) -> Decision:
    unknown = [part for part in command.parts if part not in PARTS]
    if unknown:
        told = f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}"
        return Reject("unknown_part", told)
    if not command.parts:
        return Reject("invalid", "no part is named")
    if command.fiscal_years == ():
        return Reject("invalid", "no fiscal year is named")
    obstacle = fetch_obstacle(known)
    if obstacle is not None:
        return obstacle
    if known.open_runs:
        if command.trigger in UNATTENDED:
            return RunAgain()
        return Reject("already_running", f"run {known.open_runs[0].run_id} has no end yet")
    return QueueRun(_scope(command), command.trigger)


def fetch_obstacle(known: Known) -> Reject | None:
    """Why nothing can be fetched for the company, whatever runs."""
    if known.source in UPLOADED:
        return Reject("not_supported_by_source", f"{known.source} is not fetched: send a file")
    if known.connection == "reconnect_required":
        return Reject("reconnect_required", f"{known.source} does not let us in any more")
    if known.connection != "connected":
        return Reject("not_connected", f"the company is not connected to {known.source}")
    return None


def _scope(command: SyncRequested) -> Scope:
    parts = tuple(part for part in PARTS if part in command.parts)
    return Scope(parts=parts, fiscal_years=_each_once(command.fiscal_years))


def _each_once(years: tuple[date, ...] | None) -> tuple[date, ...] | None:
    return None if years is None else tuple(sorted(set(years)))


def _cancel(command: SyncCancelRequested, known: Known) -> Decision:
    """Without a run's id it is the one that is going, or else the one that waits first."""
    runs = [run for run in known.open_runs if command.run_id in (None, run.run_id)]
    if not runs:
        return Reject("nothing_to_cancel", "no such run is going or waiting")
    if runs[0].waits_for_the_ledger:
        return Reject("too_late", f"run {runs[0].run_id} has read everything")
    return Cancel.of((runs[0],), "requested")


def _disconnect(known: Known) -> Decision:
    if known.connection in (None, "disconnected"):
        return Reject("not_connected", "the company has no connection")
    return Disconnect(Cancel.of(known.open_runs, "disconnected"))


def _purge(command: PurgeRequested, known: Known) -> Decision:
    """A purge whose reload cannot follow is refused whole: nobody wants half of it."""
    reload = None
    years = _each_once(command.fiscal_years)
    mistaken = _years_obstacle(years, known)
    if mistaken is not None:
        return mistaken
    if command.reload:
        obstacle = fetch_obstacle(known)
        if obstacle is not None:
            return obstacle
        reload = QueueRun(Scope(fiscal_years=years), "reload")
    return _purge_of(known, "superseded_by_purge", years=years, reload=reload)


def _years_obstacle(years: tuple[date, ...] | None, known: Known) -> Reject | None:
    """A year that nobody has: it would end what runs, and empty nothing.

    A run that has no end yet may bring it: then nobody knows.
    """
    if years == ():
        return Reject("invalid", "no fiscal year is named")
    if years is None or known.fiscal_years is None or known.open_runs:
        return None
    unknown = [year for year in years if year not in known.fiscal_years]
    if not unknown:
        return None
    told = f"the company has no fiscal year from {', '.join(map(str, unknown))}"
    there_are = ", ".join(map(str, sorted(known.fiscal_years)))
    return Reject("invalid", f"{told}; there are: {there_are}" if there_are else told)


def _purge_of(
    known: Known,
    reason: CancelReason,
    *,
    years: tuple[date, ...] | None = None,
    reload: QueueRun | None = None,
) -> Purge:
    was_reading = any(run.state == "running" for run in known.open_runs)
    return Purge(years, Cancel.all_at_once(known.open_runs, reason), was_reading, reload)


def _remove(known: Known) -> Decision:
    is_connected = known.connection not in (None, "disconnected")
    return Remove(_purge_of(known, "company_removed"), is_connected)

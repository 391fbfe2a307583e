"""What the topics say about purges, in plain Python: nothing of it is shared code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from schemas.ledger_events import AnyLedgerEvent, LedgerPurged
from schemas.lifecycle_events import (
    AnyLifecycleEvent,
    CompanyRegistered,
    CompanyRemoved,
    PurgeCompleted,
    PurgeStarted,
    SyncCancelled,
    SyncCompleted,
    SyncFailed,
    SyncQueued,
    UploadReceived,
    parts_of,
)
from schemas.parts import PARTS
from tests.projections.ledger.ledger_model import Books, books_after


@dataclass(frozen=True)
class Purged:
    state: str
    fiscal_years: tuple[date, ...] | None
    vouchers: int = 0
    postings: int = 0


@dataclass
class Told:
    """What the status has been told of one company."""

    sequence: int = 0
    is_registered: bool = False
    emptied_at: datetime | None = None
    emptied_years: frozenset[date] | None = frozenset()  # None: all of them.
    last_fetched_at: datetime | None = None
    open_runs: set[str] = field(default_factory=set)
    runs: dict[str, SyncQueued] = field(default_factory=dict)
    file_years: dict[str | None, date | None] = field(default_factory=dict)  # By upload.
    purges: dict[int, Purged] = field(default_factory=dict)


def status_after(events: Iterable[AnyLifecycleEvent]) -> dict[str, Told]:
    """What is known of each company that is registered after those events."""
    companies: dict[str, Told] = {}
    for event in events:
        told = companies.setdefault(event.company_id, Told())
        if event.sequence > told.sequence:
            companies[event.company_id] = _after(told, event)
    return {company: told for company, told in companies.items() if told.is_registered}


def _after(told: Told, event: AnyLifecycleEvent) -> Told:
    if isinstance(event, CompanyRegistered):
        return Told(event.sequence, is_registered=True)
    if not told.is_registered:
        return told
    if isinstance(event, CompanyRemoved):
        return Told(event.sequence)
    told = replace(told, sequence=event.sequence)
    match event:
        case UploadReceived():
            told.file_years[event.upload_id] = event.fiscal_year
        case SyncQueued():
            told.open_runs.add(event.run_id)
            told.runs[event.run_id] = event
        case SyncCompleted() | SyncFailed() | SyncCancelled():
            told.open_runs.discard(event.run_id)
        case PurgeStarted():
            told.purges[event.generation] = Purged("started", event.fiscal_years)
            if event.fiscal_years is None:
                told.emptied_years = None
                _empty(told, event)
        case PurgeCompleted():
            counts = (event.vouchers, event.postings)
            told.purges[event.generation] = Purged("completed", event.fiscal_years, *counts)
            if event.fiscal_years and told.emptied_years is not None:
                told.emptied_years |= set(event.fiscal_years)
            if event.years_left == 0 and event.fiscal_years:
                _empty(told, event)
    if isinstance(event, SyncCompleted) and "vouchers" in parts_of(event.reads):
        told.last_fetched_at = event.fetched_at
        _fill(told, told.runs[event.run_id])
    return told


def _empty(told: Told, event: PurgeStarted | PurgeCompleted) -> None:
    told.emptied_at, told.last_fetched_at = event.occurred_at, None


def _fill(told: Told, run: SyncQueued) -> None:
    if run.upload_id is not None:
        told.emptied_years = (told.emptied_years or frozenset()) - {told.file_years[run.upload_id]}
        told.emptied_at = None
    elif run.scope.parts == PARTS:
        if run.scope.fiscal_years is None:
            told.emptied_years = frozenset()
        elif told.emptied_years is not None:
            told.emptied_years -= set(run.scope.fiscal_years)
    if told.emptied_years == frozenset():
        told.emptied_at = None


Counts = tuple[int, int, int]


def counts_of_purges(events: Sequence[AnyLedgerEvent]) -> dict[tuple[str, int], Counts]:
    """How many vouchers and postings each purge has taken, and how many years are left."""
    counts = {}
    for place, event in enumerate(events):
        if isinstance(event, LedgerPurged):
            books = books_after(events[:place]).get(event.company_id, Books())
            if event.generation > books.fence[0]:
                counts[event.company_id, event.generation] = _count(books, event.fiscal_years)
    return counts


def _count(books: Books, years: tuple[date, ...] | None) -> Counts:
    going = [one for one in books.vouchers.values() if years is None or one.fiscal_year in years]
    rows = [row for voucher in going for row in voucher.postings if row.state != "struck"]
    left = {key[0] for key in books.vouchers if years is not None and key[0] not in years}
    return len(going), len(rows), len(left)

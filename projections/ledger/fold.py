"""What a batch of ledger events means: which count, and in which order they are applied. Pure.

A company's events are cut into segments where the ledger must have caught up before it goes on:
at every ReadCompleted, LedgerPurged and VouchersRemoved, and where the read or its run changes.
The first segments of all companies are applied together, then the second ones, and so on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.ledger_events import AnyLedgerEvent, LedgerPurged, ReadCompleted, VouchersRemoved
from schemas.parts import Read

Fence = tuple[int, int, int]  # Generation, run number, attempt: the highest that was seen.
ReadKey = tuple[str, int, int, str]  # Company, run number, attempt, name of the read.
START: Fence = (0, 0, 0)


@dataclass
class Segment:
    """Consecutive events of one read of one company (or one purge), all behind its fence."""

    company_id: str
    fence: Fence
    read: Read | None  # None for a purge.
    events: list[AnyLedgerEvent] = field(default_factory=list)
    events_applied: int = 0  # 1 … n of the read, without a hole, once this segment is applied.

    @property
    def run_number(self) -> int:
        return self.fence[1]

    @property
    def attempt(self) -> int:
        return self.fence[2]

    @property
    def last(self) -> AnyLedgerEvent:
        return self.events[-1]

    @property
    def completion(self) -> ReadCompleted | None:
        return self.last if isinstance(self.last, ReadCompleted) else None

    @property
    def purge(self) -> LedgerPurged | None:
        return self.last if isinstance(self.last, LedgerPurged) else None

    @property
    def is_complete(self) -> bool:
        """Whether every event that the read announced has been applied."""
        return self.completion is not None and self.events_applied == self.completion.events


Round = list[Segment]  # At most one segment per company.


@dataclass
class Folded:
    """The rounds to apply, and what the fences are afterwards."""

    rounds: list[Round] = field(default_factory=list)
    fences: dict[str, Fence] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)


def read_key(event: AnyLedgerEvent) -> ReadKey | None:
    """The read that an event belongs to, None for a purge."""
    if isinstance(event, LedgerPurged):
        return None
    return (event.company_id, event.run_number, event.attempt, event.read.name)


def fold(
    events: Iterable[AnyLedgerEvent],
    *,
    fences: Mapping[str, Fence],
    progress: Mapping[ReadKey, int],
) -> Folded:
    """The batch's meaning, given the stored fences and how far each open read has come."""
    folded = Folded(fences={}, ignored={})
    segments: dict[str, list[Segment]] = {}
    applied = dict(progress)
    for event in events:
        company_id = event.company_id
        fence = folded.fences.get(company_id, fences.get(company_id, START))
        folded.fences[company_id] = fence
        if not _passes(event, fence) or _is_repeated(event, applied):
            folded.ignored[company_id] = folded.ignored.get(company_id, 0) + 1
            continue
        folded.fences[company_id] = event.fence
        _append(segments.setdefault(company_id, []), event, applied)
    for of_company in segments.values():
        for depth, segment in enumerate(of_company):
            if depth == len(folded.rounds):
                folded.rounds.append([])
            folded.rounds[depth].append(segment)
    return folded


def _passes(event: AnyLedgerEvent, fence: Fence) -> bool:
    """Only a purge raises the generation; behind it, runs and attempts only rise."""
    if isinstance(event, LedgerPurged):
        return event.generation > fence[0]
    return event.generation == fence[0] and event.fence >= fence


def _is_repeated(event: AnyLedgerEvent, applied: Mapping[ReadKey, int]) -> bool:
    key = read_key(event)
    if key is None or isinstance(event, LedgerPurged):
        return False
    return event.sequence <= applied.get(key, 0)


def _append(segments: list[Segment], event: AnyLedgerEvent, applied: dict[ReadKey, int]) -> None:
    read = None if isinstance(event, LedgerPurged) else event.read
    if not segments or _must_cut(segments[-1], event):
        segments.append(Segment(event.company_id, event.fence, read))
    segment = segments[-1]
    segment.events.append(event)
    key = read_key(event)
    if key is None or isinstance(event, LedgerPurged):
        return
    if event.sequence == applied.get(key, 0) + 1 and not isinstance(event, ReadCompleted):
        applied[key] = event.sequence
    segment.events_applied = applied.get(key, 0)


def _must_cut(segment: Segment, event: AnyLedgerEvent) -> bool:
    closing = (ReadCompleted, LedgerPurged, VouchersRemoved)
    if isinstance(segment.last, closing) or isinstance(event, LedgerPurged | VouchersRemoved):
        return True
    return segment.fence != event.fence or segment.read != event.read

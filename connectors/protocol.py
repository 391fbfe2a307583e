"""What every source offers the runner: the reads that a scope takes, and their pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from schemas.ledger_events import BalanceKind, ReadEvent
from schemas.parts import Read, Scope


@dataclass(frozen=True)
class Page:
    """One event of a read, before the runner stamps it with its run."""

    kind: type[ReadEvent]
    content: Mapping[str, object] = field(default_factory=dict)  # The kind's own fields.
    vouchers: tuple[bytes, ...] = ()  # The JSON of its vouchers, where the reader has made it.


@dataclass(frozen=True)
class PlannedRead:
    """A read that is to be done; `snapshot` says that what it does not bring is gone."""

    read: Read
    snapshot: bool
    keeps: tuple[BalanceKind, ...] = ()  # What the snapshot cannot tell, and so does not remove.


class Connector(Protocol):
    """A source that can be read. Raises TransientError, or RejectedError for good."""

    name: str

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        """What the scope takes at this source: one read per part and fiscal year, in order."""

    def pages(self, read: Read) -> Iterator[Page]:
        """The read's content, page by page, each within the limits of a message."""

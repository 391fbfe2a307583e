"""What every source offers the runner: the reads that a scope takes, and their pages."""

from collections.abc import Iterator, Mapping, Sequence
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
    """A read that is to be done; `snapshot` says that what it does not bring is gone.

    A read with `since` brings what has changed since that watermark, and is no snapshot.
    """

    read: Read
    snapshot: bool
    keeps: tuple[BalanceKind, ...] = ()  # What the snapshot cannot tell, and so does not remove.
    since: str | None = None


@dataclass(frozen=True)
class KnownRead:
    """How far a read had come when the ledger last had all of it."""

    watermark: str
    is_fresh: bool  # Whether it may be read on from there: it was read whole not long ago.


class Connector(Protocol):
    """A source that can be read. Raises TransientError, or RejectedError for good.

    It is used by one run, in a thread: its methods may wait for the source.
    """

    name: str

    def reads(self, scope: Scope) -> Sequence[PlannedRead]:
        """What the scope takes at this source: one read per part and fiscal year, in order."""

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        """The read's content, page by page, each within the limits of a message."""

    def watermark(self, plan: PlannedRead) -> str | None:
        """Where the next read may go on, once all pages of this one have been taken.

        From the source's own answer, less an overlap; None where every read is a whole one.
        """


class DirectConnector(Connector, Protocol):
    """A source that is fetched: of an upload, the file has been checked before."""

    def organisation_number(self) -> str | None:
        """Whose bookkeeping it is, as the source writes it; None where it does not say."""

"""The accounting systems that a company can have, and how their bookkeeping comes."""

from dataclasses import dataclass

from schemas.errors import RejectedError


@dataclass(frozen=True)
class RequestWindow:
    """How many requests a source takes within so many seconds, whenever these begin."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Source:
    """A source by its name, as it stands in events."""

    name: str
    is_direct: bool  # Its bookkeeping is fetched; otherwise somebody uploads it.
    runs_at_once: int = 0  # How many companies of it may be read at the same time.
    request_window: RequestWindow | None = None  # Per company.


SIE = Source("sie", is_direct=False)
VISMA_ADMINISTRATION = Source("visma-administration", is_direct=False)
FORTNOX = Source(
    "fortnox",
    is_direct=True,
    runs_at_once=8,
    # Fortnox says 5 seconds, counted as requests arrive: half a second is for the way to it.
    request_window=RequestWindow(requests=25, seconds=5.5),
)
SOURCES = {source.name: source for source in (SIE, VISMA_ADMINISTRATION, FORTNOX)}
# What `connect` takes: a company of source `sie` needs no connection.
CONNECTABLE = frozenset({FORTNOX.name, VISMA_ADMINISTRATION.name})
UPLOADED = frozenset(source.name for source in SOURCES.values() if not source.is_direct)


class SourceUnknown(RejectedError):
    """No connector has that name."""

    reason = "unknown_source"

    def __init__(self, source: str) -> None:
        super().__init__(f"there is no source {source}; there are {', '.join(sorted(SOURCES))}")
        self.source = source

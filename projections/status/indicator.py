"""The indicator of a company: green or red, and why; computed when it is read. Pure.

The rule is a chain of conditions of which the first that holds decides, so that it can be said
in SQL in the same words.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Colour = Literal["green", "red"]
# In the order in which they are looked at.
Reason = Literal[
    "disconnected",
    "reconnect_required",
    "emptied",
    "never_synced",
    "stalled",
    "failing",
    "stale",
]
REASONS: tuple[Reason, ...] = get_args(Reason)

# Their bookkeeping comes when somebody sends it: it does not grow old by itself.
UPLOADED_SOURCES = frozenset({"sie", "visma-administration"})
FRESH_FOR = timedelta(hours=24)
STALLED_AFTER = timedelta(minutes=15)
FAILURES_IN_A_ROW_MAX = 2


@dataclass(frozen=True)
class Facts:
    """What the status keeps of a company, as far as the colour depends on it."""

    source: str
    disconnected_at: datetime | None = None
    reconnect_reason: str | None = None
    emptied_at: datetime | None = None
    last_sync_at: datetime | None = None
    open_since: datetime | None = None  # Of the run or upload that has no outcome yet.
    failures_in_a_row: int = 0


@dataclass(frozen=True)
class Indicator:
    """The colour; when red, the reason, and `reconnect` where that is the remedy."""

    colour: Colour
    reason: Reason | None = None
    action: Literal["reconnect"] | None = None


def freshness_limit(source: str) -> timedelta | None:
    """How old the last sync of a company may be; None: as old as it likes."""
    return None if source in UPLOADED_SOURCES else FRESH_FOR


def indicator(facts: Facts, *, now: datetime, fresh_for: timedelta | None) -> Indicator:
    """The colour at this moment: red for the first reason that holds, else green."""
    conditions: tuple[tuple[Reason, bool], ...] = (
        ("disconnected", facts.disconnected_at is not None),
        ("reconnect_required", facts.reconnect_reason is not None),
        ("emptied", facts.emptied_at is not None),
        ("never_synced", facts.last_sync_at is None),
        ("stalled", _is_past(facts.open_since, STALLED_AFTER, now)),
        ("failing", facts.failures_in_a_row > FAILURES_IN_A_ROW_MAX),
        ("stale", _is_past(facts.last_sync_at, fresh_for, now)),
    )
    reason = next((reason for reason, holds in conditions if holds), None)
    if reason is None:
        return Indicator("green")
    by_reconnecting = reason in ("disconnected", "reconnect_required") and facts.source != "sie"
    return Indicator("red", reason, "reconnect" if by_reconnecting else None)


def _is_past(start: datetime | None, limit: timedelta | None, now: datetime) -> bool:
    return start is not None and limit is not None and now >= start + limit

"""The indicator of a company: green or red, and why; computed when it is read. Pure.

The rule is a chain of conditions of which the first that holds decides. The view
`status.indicator` (views.sql) says the same in SQL; a test keeps the two equal.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from schemas.sources import UPLOADED

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
    fresh_until: datetime | None = None  # None: for as long as it likes.
    open_since: datetime | None = None  # Of the run or upload that has no outcome yet.
    is_stalled: bool = False  # The engine has said so of a run, without waiting any longer.
    failures_in_a_row: int = 0


@dataclass(frozen=True)
class Indicator:
    """The colour; when red, the reason, and `reconnect` where that is the remedy."""

    colour: Colour
    reason: Reason | None = None
    action: Literal["reconnect"] | None = None


def fresh_until(source: str, last_sync_at: datetime | None) -> datetime | None:
    """When a company's last sync is too old; None: never, or it has had none."""
    if last_sync_at is None or source in UPLOADED:
        return None  # What is sent does not grow old by itself.
    return last_sync_at + FRESH_FOR


def indicator(facts: Facts, *, now: datetime) -> Indicator:
    """The colour at this moment: red for the first reason that holds, else green."""
    conditions: tuple[tuple[Reason, bool], ...] = (
        ("disconnected", facts.disconnected_at is not None),
        ("reconnect_required", facts.reconnect_reason is not None),
        ("emptied", facts.emptied_at is not None),
        ("never_synced", facts.last_sync_at is None),
        ("stalled", facts.is_stalled or _has_come(_add(facts.open_since, STALLED_AFTER), now)),
        ("failing", facts.failures_in_a_row > FAILURES_IN_A_ROW_MAX),
        ("stale", _has_come(facts.fresh_until, now)),
    )
    reason = next((reason for reason, holds in conditions if holds), None)
    if reason is None:
        return Indicator("green")
    by_reconnecting = reason in ("disconnected", "reconnect_required") and facts.source != "sie"
    return Indicator("red", reason, "reconnect" if by_reconnecting else None)


def _add(start: datetime | None, length: timedelta) -> datetime | None:
    return None if start is None else start + length


def _has_come(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now >= moment

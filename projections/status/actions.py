"""What a user can do with a company now, and why not where something cannot be done. Pure."""

from typing import Literal

from projections.status.indicator import Facts
from schemas.model import Model
from schemas.sources import UPLOADED

# As the engine would answer the command (see RejectionReason), or before anybody asks it.
Obstacle = Literal[
    "not_supported_by_source",
    "not_connected",
    "reconnect_required",
    "already_running",
    "no_bookkeeping",
    "not_there_yet",
]


class Action(Model):
    available: bool
    reason: Obstacle | None = None


class Actions(Model):
    sync_now: Action
    reconnect: Action
    purge: Action


def actions(facts: Facts, *, is_syncing: bool, has_bookkeeping: bool) -> Actions:
    """The three actions; a purge cancels what is going, so it is possible meanwhile."""
    return Actions(
        sync_now=_action(_sync_obstacle(facts, is_syncing=is_syncing)),
        # The engine rejects it for now: until it can, the way is to connect once more.
        reconnect=_action("not_supported_by_source" if facts.source == "sie" else "not_there_yet"),
        purge=_action(None if has_bookkeeping else "no_bookkeeping"),
    )


def _sync_obstacle(facts: Facts, *, is_syncing: bool) -> Obstacle | None:
    if facts.source in UPLOADED:
        return "not_supported_by_source"
    if facts.disconnected_at is not None:
        return "not_connected"
    if facts.reconnect_reason is not None:
        return "reconnect_required"
    return "already_running" if is_syncing else None


def _action(obstacle: Obstacle | None) -> Action:
    return Action(available=obstacle is None, reason=obstacle)

"""What a user can do with a company now, and why not where something cannot be done. Pure."""

from typing import Literal

from projections.status.indicator import Facts
from schemas.model import Model
from schemas.sources import UPLOADED

# As the engine would answer the command (see RejectionReason).
Obstacle = Literal[
    "not_supported_by_source", "not_connected", "reconnect_required", "already_running"
]


class Action(Model):
    available: bool
    reason: Obstacle | None = None


class Actions(Model):
    sync_now: Action
    reconnect: Action
    purge: Action


def actions(facts: Facts, *, is_syncing: bool) -> Actions:
    """The three actions; a purge is always possible, since it cancels what is going."""
    return Actions(
        sync_now=_action(_sync_obstacle(facts, is_syncing=is_syncing)),
        reconnect=_action("not_supported_by_source" if facts.source == "sie" else None),
        purge=_action(None),
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

"""The catalogue of metrics: every name, its kind, its labels and what it means."""

from prometheus_client import Counter

MESSAGES_APPLIED = Counter(
    "bokflow_messages_applied_total",
    "Messages that a projection has passed, for the first time.",
    ["projection"],
)
EVENTS_IGNORED = Counter(
    "bokflow_events_ignored_total",
    "Events that a projection's fence or sequence kept out.",
    ["projection"],
)
DEAD_LETTERS = Counter(
    "bokflow_dead_letters_total", "Messages set aside, by reason.", ["topic", "reason"]
)

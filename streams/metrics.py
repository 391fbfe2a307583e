"""The catalogue of metrics: every name, its kind, its labels and what it means."""

from prometheus_client import Counter

MESSAGES_APPLIED = Counter(
    "bokflow_messages_applied_total",
    "Messages that a reader has passed, for the first time.",
    ["projection"],
)
EVENTS_IGNORED = Counter(
    "bokflow_events_ignored_total",
    "Events that a fence or a sequence kept out, and commands that had been decided.",
    ["projection"],
)
OFFSETS_WITHOUT_MESSAGE = Counter(
    "bokflow_offsets_without_message_total",
    "Offsets that a reader has passed without a message, where a topic may have such holes.",
    ["topic"],
)
DEAD_LETTERS = Counter(
    "bokflow_dead_letters_total", "Messages set aside, by reason.", ["topic", "reason"]
)

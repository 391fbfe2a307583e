"""The four topics: names, retention and limits. A message's key is its company."""

from dataclasses import dataclass

from schemas.limits import (
    COMMAND_BYTES_MAX,
    DEAD_LETTER_BYTES_MAX,
    MESSAGE_BYTES_MAX,
)

PARTITIONS_DEFAULT = 12
_DAY_MS = 24 * 60 * 60 * 1000
_FOR_EVER = -1
# What a record costs on the wire beside its value: key, headers and framing.
_RECORD_OVERHEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Topic:
    """A topic as it is created; the partition count is one for all and never changed."""

    name: str
    purpose: str
    retention_ms: int
    value_bytes_max: int
    log_append_time: bool = False

    @property
    def config(self) -> dict[str, str]:
        """The topic's configuration in Kafka's own names."""
        append_time = "LogAppendTime" if self.log_append_time else "CreateTime"
        return {
            "cleanup.policy": "delete",
            "compression.type": "zstd",
            "retention.ms": str(self.retention_ms),
            "retention.bytes": "-1",
            "max.message.bytes": str(self.value_bytes_max + _RECORD_OVERHEAD_BYTES),
            "message.timestamp.type": append_time,
        }


COMMANDS = Topic(
    "bokflow.commands", "What services ask the engine to do.", 30 * _DAY_MS, COMMAND_BYTES_MAX, True
)
LIFECYCLE = Topic(
    "bokflow.lifecycle",
    "What happened to companies, connections, runs, uploads and purges.",
    _FOR_EVER,
    MESSAGE_BYTES_MAX,
)
LEDGER = Topic(
    "bokflow.ledger", "The bookkeeping, as its sources have it.", _FOR_EVER, MESSAGE_BYTES_MAX
)
DEAD_LETTERS = Topic(
    "bokflow.dead-letters",
    "Messages that could not be applied, as they were, with the reason.",
    90 * _DAY_MS,
    DEAD_LETTER_BYTES_MAX,
)
TOPICS = (COMMANDS, LIFECYCLE, LEDGER, DEAD_LETTERS)

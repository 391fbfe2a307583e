"""Messages as an agent would have received them, without Kafka."""

from datetime import UTC, datetime

from schemas.codec import Message
from streams.received import Received


def as_received(message: Message, offset: int, *, partition: int = 0) -> Received:
    """The message on a partition of its topic, just now."""
    now = datetime.now(UTC)
    return Received(
        topic=message.topic,
        partition=partition,
        offset=offset,
        key=message.key,
        value=message.value,
        headers=message.headers,
        received_at=now,
        timestamp_seconds=now.timestamp(),
    )

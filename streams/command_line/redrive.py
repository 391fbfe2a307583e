"""A dead letter sent again: a command, with its bytes, key and headers as they were."""

from dataclasses import dataclass
from typing import Literal

import asyncpg
from aiokafka import ConsumerRecord

from schemas.codec import Headers
from schemas.limits import COMMAND_BYTES_MAX
from schemas.model import Model
from schemas.topics import COMMANDS
from streams import outbox
from streams.command_line.refusal import CommandRefused
from streams.dead_letters import (
    CUT_FROM_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    TOPIC_HEADER,
)

OUR_HEADERS = "dead-letter-"
HEADERS_BYTES_MAX = 32 * 1024
# In one transaction with the outbox: it waits as a dead letter, or it will be sent.
CLOSE = """
    DELETE FROM engine.dead_letter WHERE topic = $1 AND partition = $2 AND message_offset = $3
    RETURNING engine.clock()
"""


class Redriven(Model):
    """What has become of a dead letter: a command is on its way again, a message was applied."""

    id: str  # Of the dead letter.
    topic: str
    company_id: str
    size_bytes: int
    status: Literal["sent", "applied", "rejected"]
    reason: str | None = None  # Why it is rejected again.
    error: str = ""


@dataclass(frozen=True)
class Place:
    """Where a dead letter stands, and where its message stood before."""

    letter_id: str
    topic: str
    partition: int
    offset: int


def place_of(record: ConsumerRecord) -> Place:
    """As the headers say that the engine has added."""
    headers = {name: (content or b"").decode(errors="replace") for name, content in record.headers}
    return Place(
        f"{record.partition}:{record.offset}",
        headers.get(TOPIC_HEADER, ""),
        int(headers.get(PARTITION_HEADER, -1)),
        int(headers.get(OFFSET_HEADER, -1)),
    )


async def redrive(connection: asyncpg.Connection, record: ConsumerRecord) -> Redriven:
    """Puts the message into the outbox, bound for the commands. Raises CommandRefused."""
    place = place_of(record)
    assert place.topic == COMMANDS.name  # Others are applied where they stand.
    letter_id, key, value = place.letter_id, record.key or b"", record.value
    headers = _headers_before(record)
    rest_bytes = len(key) + sum(len(name) + len(content) for name, content in headers)
    is_large = len(value or b"") > COMMAND_BYTES_MAX or rest_bytes > HEADERS_BYTES_MAX
    if is_large or any(name == CUT_FROM_HEADER for name, _ in record.headers):
        raise CommandRefused("dead_letter_too_large", id=letter_id)
    async with connection.transaction():
        now = await connection.fetchval(CLOSE, place.topic, place.partition, place.offset)
        if now is None:
            raise CommandRefused("redriven_already", id=letter_id)
        await outbox.add(
            connection,
            topic=place.topic,
            key=record.key,
            headers=headers,
            value=value,
            created_at=now,
        )
    return Redriven(
        id=letter_id,
        topic=place.topic,
        company_id=key.decode(errors="backslashreplace"),
        size_bytes=len(value or b""),
        status="sent",
    )


def _headers_before(record: ConsumerRecord) -> Headers:
    """The headers that the message had before it was set aside."""
    return tuple(
        (name, content or b"")
        for name, content in record.headers
        if not name.startswith(OUR_HEADERS)
    )

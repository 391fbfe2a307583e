"""A dead letter sent again: a command, with its bytes, key and headers as they were."""

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
    """A command that is on its way again."""

    id: str  # Of the dead letter.
    topic: str
    company_id: str
    size_bytes: int


async def redrive(connection: asyncpg.Connection, record: ConsumerRecord) -> Redriven:
    """Puts the message into the outbox, bound for the commands. Raises CommandRefused."""
    letter_id = f"{record.partition}:{record.offset}"
    key, value = record.key or b"", record.value
    place = {name: (content or b"").decode(errors="replace") for name, content in record.headers}
    topic = place.get(TOPIC_HEADER, "")
    if topic != COMMANDS.name:
        raise CommandRefused("redrive_needs_rebuild", topic=topic or "?")
    headers = _headers_before(record)
    rest_bytes = len(key) + sum(len(name) + len(content) for name, content in headers)
    is_large = len(value or b"") > COMMAND_BYTES_MAX or rest_bytes > HEADERS_BYTES_MAX
    if is_large or CUT_FROM_HEADER in place:
        raise CommandRefused("dead_letter_too_large", id=letter_id)
    stood_at = (topic, int(place[PARTITION_HEADER]), int(place[OFFSET_HEADER]))
    async with connection.transaction():
        now = await connection.fetchval(CLOSE, *stood_at)
        if now is None:
            raise CommandRefused("redriven_already", id=letter_id)
        await outbox.add(
            connection, topic=topic, key=record.key, headers=headers, value=value, created_at=now
        )
    return Redriven(
        id=letter_id,
        topic=topic,
        company_id=key.decode(errors="backslashreplace"),
        size_bytes=len(value or b""),
    )


def _headers_before(record: ConsumerRecord) -> Headers:
    """The headers that the message had before it was set aside."""
    return tuple(
        (name, content or b"")
        for name, content in record.headers
        if not name.startswith(OUR_HEADERS)
    )

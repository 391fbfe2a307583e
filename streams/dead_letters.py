"""Messages that cannot be applied: on to the dead letters, by the outbox, as they were."""

import re
from datetime import datetime

import asyncpg

from schemas.errors import RejectedError
from schemas.limits import COMPANY_ID_PATTERN, DEAD_LETTER_BYTES_MAX
from schemas.topics import DEAD_LETTERS
from streams import outbox
from streams.received import Received

# Headers that are added to those the message had.
TOPIC_HEADER = "dead-letter-topic"
PARTITION_HEADER = "dead-letter-partition"
OFFSET_HEADER = "dead-letter-offset"
AGENT_HEADER = "dead-letter-agent"
REASON_HEADER = "dead-letter-reason"
ERROR_HEADER = "dead-letter-error"
FIRST_AT_HEADER = "dead-letter-first-at"
LAST_AT_HEADER = "dead-letter-last-at"
CUT_FROM_HEADER = "dead-letter-cut-from-bytes"
ERROR_BYTES_MAX = 8_000
# A topic that was made anew may have another message in the same place.
REMEMBER = """
    INSERT INTO engine.dead_letter (topic, partition, message_offset, company_id, reason,
        set_aside_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (topic, partition, message_offset) DO UPDATE
    SET company_id = excluded.company_id, reason = excluded.reason,
        set_aside_at = excluded.set_aside_at
"""


async def set_aside(
    connection: asyncpg.Connection,
    received: Received,
    error: RejectedError,
    *,
    agent: str,
    at: datetime,
) -> None:
    """Puts the message into the outbox, bound for the dead letters, and remembers it as open."""
    headers = (
        *received.headers,
        (TOPIC_HEADER, received.topic.encode()),
        (PARTITION_HEADER, str(received.partition).encode()),
        (OFFSET_HEADER, str(received.offset).encode()),
        (AGENT_HEADER, agent.encode()),
        (REASON_HEADER, error.reason.encode()),
        (ERROR_HEADER, str(error).encode()[:ERROR_BYTES_MAX]),
        (FIRST_AT_HEADER, received.received_at.isoformat().encode()),
        (LAST_AT_HEADER, at.isoformat().encode()),
    )
    value = received.value
    if value is not None and len(value) > DEAD_LETTER_BYTES_MAX:
        # The broker limits compressed bytes: what is blown up for spite cannot be kept whole.
        headers += ((CUT_FROM_HEADER, str(len(value)).encode()),)
        value = value[:DEAD_LETTER_BYTES_MAX]
    await outbox.add(
        connection,
        topic=DEAD_LETTERS.name,
        key=received.key,
        headers=headers,
        value=value,
        created_at=at,
    )
    await connection.execute(
        REMEMBER,
        received.topic,
        received.partition,
        received.offset,
        _company_of(received.key),
        error.reason,
        at,
    )


def _company_of(key: bytes | None) -> str | None:
    """The company that a message's key names, if it can be one."""
    text = (key or b"").decode(errors="replace")
    return text if re.fullmatch(COMPANY_ID_PATTERN, text) else None

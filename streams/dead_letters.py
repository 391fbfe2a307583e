"""Messages that cannot be applied: on to the dead letters, by the outbox, as they were.

Topics limit compressed bytes: what is blown up for spite is cut to what the dead letters take.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg

from schemas.codec import Headers
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
# A topic has 64 KiB for a message's key and headers, ours among them.
KEY_BYTES_MAX = 8 * 1024
HEADERS_BYTES_MAX = 32 * 1024
HEADER_FRAME_BYTES = 8  # What a header takes beside its name and value.
# A topic that was made anew may have another message in the same place.
REMEMBER = """
    INSERT INTO engine.dead_letter (topic, partition, message_offset, company_id, reason,
        set_aside_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (topic, partition, message_offset) DO UPDATE
    SET company_id = excluded.company_id, reason = excluded.reason,
        set_aside_at = excluded.set_aside_at
"""

CLOSE_ALL_APPLIED = """
    DELETE FROM engine.dead_letter WHERE topic = $1 AND (partition, message_offset) NOT IN (
        SELECT * FROM unnest($2::integer[], $3::bigint[]))
"""
CLOSE_APPLIED = """
    DELETE FROM engine.dead_letter
    WHERE topic = $1 AND partition = $2 AND company_id = $3 AND message_offset < $4
        AND message_offset <> ALL($5::bigint[])
    RETURNING message_offset
"""

OPEN = "SELECT partition, message_offset FROM engine.dead_letter WHERE topic = $1"
REMEMBER_ALL = """
    INSERT INTO engine.dead_letter (topic, partition, message_offset, company_id, reason,
        set_aside_at)
    SELECT $1, partition, message_offset, company_id, reason, engine.clock()
    FROM unnest($2::integer[], $3::bigint[], $4::text[], $5::text[])
        AS found (partition, message_offset, company_id, reason)
    ON CONFLICT DO NOTHING
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
    key, kept_headers, value = _cut(received)
    headers = (
        *kept_headers,
        (TOPIC_HEADER, received.topic.encode()),
        (PARTITION_HEADER, str(received.partition).encode()),
        (OFFSET_HEADER, str(received.offset).encode()),
        (AGENT_HEADER, agent.encode()),
        (REASON_HEADER, error.reason.encode()),
        (ERROR_HEADER, str(error).encode()[:ERROR_BYTES_MAX]),
        (FIRST_AT_HEADER, received.received_at.isoformat().encode()),
        (LAST_AT_HEADER, at.isoformat().encode()),
    )
    if (key, kept_headers, value) != (received.key, received.headers, received.value):
        headers += ((CUT_FROM_HEADER, str(received.size_bytes).encode()),)
    await outbox.add(
        connection,
        topic=DEAD_LETTERS.name,
        key=key,
        headers=headers,
        value=value,
        created_at=at,
    )
    await connection.execute(
        REMEMBER,
        received.topic,
        received.partition,
        received.offset,
        company_of(received.key),
        error.reason,
        at,
    )


def _cut(received: Received) -> tuple[bytes | None, Headers, bytes | None]:
    """Key, headers and value, of each as much as a dead letter can carry."""
    key, value = received.key, received.value
    return (
        None if key is None else key[:KEY_BYTES_MAX],
        _cut_headers(received.headers),
        None if value is None else value[:DEAD_LETTER_BYTES_MAX],
    )


def _cut_headers(headers: Headers) -> Headers:
    """The first headers whole, the one at the limit without its end, and those behind it not."""
    kept: list[tuple[str, bytes]] = []
    room_bytes = HEADERS_BYTES_MAX
    for name, content in headers:
        room_bytes -= len(name.encode()) + HEADER_FRAME_BYTES
        if room_bytes < 0:
            break
        kept.append((name, content[:room_bytes]))
        room_bytes -= len(content)
    return tuple(kept)


async def close_applied(
    connection: asyncpg.Connection,
    *,
    topic: str,
    partition: int,
    company_id: str,
    before: int,
    but_not: list[int],
) -> list[int]:
    """Closes those of a company that were applied after all: all before an offset but those that
    were rejected again. Their offsets.
    """
    arguments = (topic, partition, company_id, before, but_not)
    rows = await connection.fetch(CLOSE_APPLIED, *arguments)
    return sorted(row["message_offset"] for row in rows)


async def close_all_applied(
    connection: asyncpg.Connection, *, topic: str, but_not: Collection[tuple[int, int]]
) -> None:
    """Closes those of a topic that a rebuild has applied: all but some, by partition and offset."""
    partitions, message_offsets = [one[0] for one in but_not], [one[1] for one in but_not]
    await connection.execute(CLOSE_ALL_APPLIED, topic, partitions, message_offsets)


async def open_places(connection: asyncpg.Connection, *, topic: str) -> set[tuple[int, int]]:
    """Where the messages of a topic stand that wait as dead letters: partition and offset."""
    return {(row[0], row[1]) for row in await connection.fetch(OPEN, topic)}


async def remember(
    connection: asyncpg.Connection,
    *,
    topic: str,
    found: Sequence[tuple[int, int, str | None, str]],
) -> None:
    """Opens messages, by partition, offset, company and reason, of which none is sent: their
    companies lack what they say.
    """
    columns = [[one[place] for one in found] for place in range(4)]
    await connection.execute(REMEMBER_ALL, topic, *columns)


def company_of(key: bytes | None) -> str | None:
    """The company that a message's key names, if it can be one."""
    text = (key or b"").decode(errors="replace")
    return text if re.fullmatch(COMPANY_ID_PATTERN, text) else None

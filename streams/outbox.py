"""Messages that are to be published because a transaction was committed."""

import base64
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import orjson

from schemas.codec import Headers, Message, encode
from schemas.lifecycle_events import AnyLifecycleEvent, LifecycleEvent

ADD = """
    INSERT INTO engine.outbox (topic, message_key, headers, message_value, created_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING outbox_id
"""
# The sequence is counted under the company's lock, from the greatest of engine and status, which
# keeps that of a company that was removed too.
NEXT_SEQUENCE = """
    UPDATE engine.company SET lifecycle_sequence = greatest(lifecycle_sequence,
        (SELECT sequence FROM status.company_status WHERE company_id = $1),
        (SELECT sequence FROM status.removed_company WHERE company_id = $1)) + 1
    WHERE company_id = $1 RETURNING lifecycle_sequence
"""
# Of a company that nobody has registered; its row is locked (companies.lock).
NEXT_SEQUENCE_UNREGISTERED = """
    UPDATE engine.unknown_company SET lifecycle_sequence = lifecycle_sequence + 1
    WHERE company_id = $1 RETURNING lifecycle_sequence
"""
ADD_ALL = """
    INSERT INTO engine.outbox (topic, message_key, headers, message_value, created_at)
    SELECT topic, key, headers::jsonb, value, $5
    FROM unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[])
        WITH ORDINALITY AS message (topic, key, headers, value, place)
    ORDER BY place
    RETURNING outbox_id
"""
WAKE = "SELECT pg_notify('bokflow_outbox', '')"


async def add(
    connection: asyncpg.Connection,
    *,
    topic: str,
    key: bytes | None,
    headers: Headers,
    value: bytes | None,
    created_at: datetime,
) -> int:
    """Puts a message into the outbox; its id there."""
    outbox_id: int = await connection.fetchval(
        ADD, topic, key, pack_headers(headers), value, created_at
    )
    await connection.execute(WAKE)
    return outbox_id


async def add_all(
    connection: asyncpg.Connection, messages: Sequence[Message], *, created_at: datetime
) -> list[int]:
    """Puts the messages into the outbox, in their order; their ids there."""
    rows = await connection.fetch(
        ADD_ALL,
        [message.topic for message in messages],
        [message.key for message in messages],
        [pack_headers(message.headers) for message in messages],
        [message.value for message in messages],
        created_at,
    )
    await connection.execute(WAKE)
    return [row["outbox_id"] for row in rows]


async def emit(
    connection: asyncpg.Connection,
    kind: type[LifecycleEvent],
    *,
    company_id: str,
    occurred_at: datetime,
    caused_by: str | None = None,
    **fields: object,
) -> int:
    """Puts a lifecycle event of a company, whose row the caller has locked, into the outbox.

    `caused_by` is the id of the command that it answers.
    """
    sequence = await connection.fetchval(NEXT_SEQUENCE, company_id)
    if sequence is None:
        sequence = await connection.fetchval(NEXT_SEQUENCE_UNREGISTERED, company_id)
    assert sequence is not None  # The caller holds the company's row, in one table or the other.
    stamp = {"company_id": company_id, "sequence": sequence, "occurred_at": occurred_at}
    event = kind.model_validate(fields | stamp)
    assert isinstance(event, AnyLifecycleEvent)  # Every kind of lifecycle event is listed there.
    message = encode(event, caused_by=caused_by)
    return await add(
        connection,
        topic=message.topic,
        key=message.key,
        headers=message.headers,
        value=message.value,
        created_at=occurred_at,
    )


def pack_headers(headers: Sequence[tuple[str, bytes]]) -> str:
    """Headers as JSON: names and values may be anything, also what PostgreSQL cannot hold."""
    packed = [(_packed(name.encode()), _packed(value)) for name, value in headers]
    return orjson.dumps(packed).decode()


def unpack_headers(packed: str) -> Headers:
    """The headers that `pack_headers` packed."""
    return tuple(
        (base64.b64decode(name).decode(), base64.b64decode(value))
        for name, value in orjson.loads(packed)
    )


def _packed(value: bytes) -> str:
    return base64.b64encode(value).decode()


def message_of(row: asyncpg.Record) -> Message:
    """The message in an outbox row."""
    headers = unpack_headers(row["headers"])
    key, value = row["message_key"], row["message_value"]
    if key is None and value is None:
        key = b""  # The producer takes no message that has neither.
    return Message(row["topic"], key, headers, value)

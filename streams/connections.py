"""A company's tie to the accounting system that it is fetched from, and its end for good."""

from datetime import datetime

import asyncpg

from schemas.lifecycle_events import ConnectionEstablished
from schemas.sources import SIE
from streams import outbox
from streams.decisions import ConnectionState

STATE = "SELECT state FROM engine.connection WHERE company_id = $1 FOR UPDATE"
FORGET = "DELETE FROM engine.connection WHERE company_id = $1"
FORGET_WATERMARKS = "DELETE FROM engine.watermark WHERE company_id = ANY($1::text[])"
TAKE_FILES = "UPDATE engine.company SET source = $2 WHERE company_id = $1"


async def state_of(connection: asyncpg.Connection, company_id: str) -> ConnectionState | None:
    """The state of the connection, which is locked; None where there has never been one."""
    state: ConnectionState | None = await connection.fetchval(STATE, company_id)
    return state


async def forget_watermarks(connection: asyncpg.Connection, *company_ids: str) -> None:
    """What is known of a source's reads means nothing to the next one: that is read whole."""
    await connection.execute(FORGET_WATERMARKS, company_ids)


async def give_way_to_files(
    connection: asyncpg.Connection, company_id: str, *, now: datetime
) -> None:
    """A company that was disconnected gets its bookkeeping by files from here on."""
    await connection.execute(FORGET, company_id)
    await forget_watermarks(connection, company_id)
    await connection.execute(TAKE_FILES, company_id, SIE.name)
    await outbox.emit(
        connection,
        ConnectionEstablished,
        company_id=company_id,
        occurred_at=now,
        source=SIE.name,
    )

"""When requests were made to a source for a tenant: a sliding window that all workers share.

The source counts the requests as they arrive, we count them as they are let go; a request may be
longer on its way than the one a window later. So a source's window (schemas/sources.py) is taken
somewhat longer than the source's own.
"""

import asyncio

import asyncpg

from schemas.sources import Source
from streams import retry
from streams.database import Database

DELAY_SECONDS_MAX = 5.0
ADD_WINDOW = """
    INSERT INTO engine.request_window (source, tenant, made_at) VALUES ($1, $2, '{}')
    ON CONFLICT (source, tenant) DO NOTHING
"""
LOCK_WINDOW = """
    SELECT FROM engine.request_window WHERE source = $1 AND tenant = $2 FOR UPDATE
"""
# The clock is read after the lock was waited for. Of the last requests as many are kept as the
# window holds: with all of them there, the oldest has to leave it before another one is made.
TAKE = """
    UPDATE engine.request_window
    SET made_at = made_at[cardinality(made_at) - $3::integer + 2 :] || clock_timestamp()
    WHERE source = $1 AND tenant = $2 AND (cardinality(made_at) < $3
        OR made_at[cardinality(made_at) - $3 + 1] + make_interval(secs => $4) <= clock_timestamp())
    RETURNING true
"""
WAIT = """
    SELECT greatest(0.001, extract(epoch FROM made_at[cardinality(made_at) - $3::integer + 1]
        + make_interval(secs => $4) - clock_timestamp()))::double precision
    FROM engine.request_window WHERE source = $1 AND tenant = $2
"""


async def take(
    connection: asyncpg.Connection,
    *,
    source: str,
    tenant: str,
    limit: int,
    window_seconds: float,
) -> float:
    """Seconds to wait before asking again; 0: the request is counted, and may be made now.

    Exact: two that ask at the same time are answered one after the other.
    """
    window = (source, tenant, limit, window_seconds)
    async with connection.transaction():
        if await connection.fetchrow(LOCK_WINDOW, source, tenant) is None:
            await connection.execute(ADD_WINDOW, source, tenant)
            await connection.fetchrow(LOCK_WINDOW, source, tenant)
        if await connection.fetchval(TAKE, *window):
            return 0.0
        seconds: float = await connection.fetchval(WAIT, *window)
        return seconds


async def wait_turn(database: Database, source: Source, *, tenant: str) -> None:
    """Returns when a request may be made; at once where the source has no window."""
    window = source.request_window
    if window is None:
        return

    async def asked() -> float:
        async with database.connection() as connection:
            return await take(
                connection,
                source=source.name,
                tenant=tenant,
                limit=window.requests,
                window_seconds=window.seconds,
            )

    async def ask() -> float:
        return await retry.until_done(
            asked, what="request_window", delay_seconds_max=DELAY_SECONDS_MAX
        )

    while seconds := await ask():
        await asyncio.sleep(seconds)

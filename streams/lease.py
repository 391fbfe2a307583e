"""Leases: who relays, who confirms, who runs which run, and which workers there are."""

import asyncpg
import structlog

from schemas.errors import TransientError
from streams.database import Database

log = structlog.get_logger()

ACQUIRE = """
    INSERT INTO engine.lease AS lease (name, holder, until)
    VALUES ($1, $2, engine.clock() + make_interval(secs => $3))
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE lease.holder = excluded.holder OR lease.until < engine.clock()
    RETURNING true
"""
EXTEND = """
    UPDATE engine.lease SET until = engine.clock() + make_interval(secs => $3)
    WHERE name = $1 AND holder = $2 AND until >= engine.clock() RETURNING true
"""
RELEASE = "DELETE FROM engine.lease WHERE name = ANY($1::text[]) AND holder = $2"


async def acquire(
    connection: asyncpg.Connection, *, name: str, holder: str, seconds: float
) -> bool:
    """Takes the lease if nobody else holds it, or prolongs it; whether it is the holder's now."""
    return bool(await connection.fetchval(ACQUIRE, name, holder, seconds))


async def extend(connection: asyncpg.Connection, *, name: str, holder: str, seconds: float) -> bool:
    """Prolongs a lease that has not run out; False means that it is lost."""
    return bool(await connection.fetchval(EXTEND, name, holder, seconds))


async def give_back(database: Database, *names: str, holder: str) -> None:
    """Gives leases back, so that the next holder need not wait; they run out by themselves too."""
    try:
        async with database.connection() as connection:
            await connection.execute(RELEASE, list(names), holder)
    except TransientError:
        log.info("leases_left_behind", names=names)

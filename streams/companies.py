"""Companies as the engine knows them: locked by whoever decides about them, registered once."""

from datetime import datetime

import asyncpg

from schemas.lifecycle_events import CompanyRegistered
from streams import outbox

LOCK = """
    SELECT source, organisation_number, currency FROM engine.company
    WHERE company_id = $1 FOR UPDATE
"""
# A company that nobody has registered has a row too, once it has been named: it is what is locked.
LOCK_UNREGISTERED = """
    INSERT INTO engine.unknown_company (company_id, lifecycle_sequence) VALUES ($1, 0)
    ON CONFLICT (company_id) DO UPDATE SET named_at = engine.clock()
"""
REGISTER = """
    WITH before AS (DELETE FROM engine.unknown_company WHERE company_id = $1 RETURNING *)
    INSERT INTO engine.company (company_id, source, name, organisation_number, registered_at,
        lifecycle_sequence, generation, run_number)
    SELECT company_id, $2, $3, $4, $5, lifecycle_sequence, generation, run_number FROM before
"""
# What keeps late events of a company out is kept, should it be registered once more.
KEEP_FENCE = """
    INSERT INTO engine.unknown_company (company_id, lifecycle_sequence, generation, run_number)
    SELECT company_id, lifecycle_sequence, generation, run_number FROM engine.company
    WHERE company_id = $1
    ON CONFLICT (company_id) DO UPDATE SET lifecycle_sequence = excluded.lifecycle_sequence,
        generation = excluded.generation, run_number = excluded.run_number
"""
# In the order in which they refer to each other.
FORGET = (
    "DELETE FROM engine.purge WHERE company_id = $1",
    "DELETE FROM engine.watermark WHERE company_id = $1",
    "DELETE FROM engine.connection WHERE company_id = $1",
    "DELETE FROM engine.sync_run WHERE company_id = $1",
    "DELETE FROM engine.upload WHERE company_id = $1",
    "DELETE FROM engine.company WHERE company_id = $1",
)


async def lock(connection: asyncpg.Connection, company_id: str) -> asyncpg.Record | None:
    """The company's row; None where nobody has registered it, nor can until the caller is done."""
    row = await connection.fetchrow(LOCK, company_id)
    if row is None:
        await connection.execute(LOCK_UNREGISTERED, company_id)
        row = await connection.fetchrow(LOCK, company_id)  # Somebody may just have registered it.
    return row


async def register(
    connection: asyncpg.Connection,
    company_id: str,
    *,
    source: str,
    name: str,
    organisation_number: str | None,
    now: datetime,
    caused_by: str | None = None,
) -> None:
    """Makes a company that `lock` has not found; its events go on where its rejections ended."""
    await connection.execute(REGISTER, company_id, source, name, organisation_number, now)
    await outbox.emit(
        connection,
        CompanyRegistered,
        company_id=company_id,
        occurred_at=now,
        caused_by=caused_by,
        name=name,
        organisation_number=organisation_number,
        source=source,
    )


async def forget(connection: asyncpg.Connection, company_id: str) -> None:
    """Drops all that the engine keeps of a company, which the caller has locked, but its fence."""
    await connection.execute(KEEP_FENCE, company_id)
    for statement in FORGET:
        await connection.execute(statement, company_id)

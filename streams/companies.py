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
FORGET_UNREGISTERED = """
    DELETE FROM engine.unknown_company WHERE company_id = $1 RETURNING lifecycle_sequence
"""
ADD = """
    INSERT INTO engine.company (company_id, source, name, organisation_number, registered_at,
        lifecycle_sequence)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


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
    sequence = await connection.fetchval(FORGET_UNREGISTERED, company_id)
    await connection.execute(ADD, company_id, source, name, organisation_number, now, sequence)
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

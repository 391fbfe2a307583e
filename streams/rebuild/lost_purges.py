"""Purges that a gap may have swallowed: said again, lest they stay open, and the books with them.

One that still comes as well counts once: the fence ignores what is said a second time.
"""

from collections.abc import Collection

import asyncpg

from schemas.codec import encode
from schemas.ledger_events import LedgerPurged
from streams import outbox

# The version in use has met neither the purge nor a later one. Of a company that was removed only
# its fence is left. The run number is that of now: what runs from before it have published of the
# new generation is ignored anyway, and who asked is kept by the status.
UNMET = """
    SELECT company_id, asked.generation, asked.run_number, fiscal_years, asked_at, command_id,
        engine.clock() AS now
    FROM (
        SELECT company_id, purge.generation, run_number, fiscal_years, started_at AS asked_at,
            command_id
        FROM engine.purge JOIN engine.company USING (company_id)
        WHERE completed_at IS NULL
        UNION ALL
        SELECT company_id, generation, run_number, NULL, named_at, NULL
        FROM engine.unknown_company WHERE generation > 0
    ) AS asked LEFT JOIN ledger.company AS applied USING (company_id)
    WHERE company_id = ANY($1::text[]) AND asked.generation > coalesce(applied.generation, 0)
    ORDER BY company_id, asked.generation
"""


async def say_again(connection: asyncpg.Connection, company_ids: Collection[str]) -> None:
    """Puts the purges that the version in use has not met into the outbox once more.

    They are older than all that the caller's transaction lets others decide afterwards.
    """
    for row in await connection.fetch(UNMET, list(company_ids)):
        event = LedgerPurged(
            company_id=row["company_id"],
            occurred_at=row["asked_at"],
            generation=row["generation"],
            run_number=row["run_number"],
            attempt=0,
            fiscal_years=row["fiscal_years"],
        )
        message = encode(event, caused_by=row["command_id"])
        await outbox.add_all(connection, [message], created_at=row["now"])

"""Purges: a company's bookkeeping is to be emptied, and has been once the ledger says so.

The event that empties it stands on the ledger's topic like any page. It raises the generation, so
that nothing which a run from before still sends, and no replay, brings back what was emptied.
"""

from datetime import date
from operator import itemgetter

import asyncpg

from schemas.codec import encode
from schemas.ledger_events import LedgerPurged
from schemas.lifecycle_events import PurgeCompleted, PurgeStarted
from streams import companies, connections, outbox, watermarks
from streams.database import Database
from streams.decided_commands import Occasion
from streams.decisions import Purge

COMPANIES_MAX = 200
TOLD = (
    "command_id",
    "generation",
    "fiscal_years",
    "vouchers",
    "postings",
    "years_left",
    "superseded",
)

# The ledger knows more than the engine where the engine's tables are older than the topic.
RAISE_GENERATION = """
    UPDATE engine.company AS company
    SET generation = greatest(company.generation, known.generation) + 1,
        run_number = greatest(company.run_number, known.run_number)
    FROM (SELECT coalesce(max(generation), 0) AS generation,
            coalesce(max(run_number), 0) AS run_number
        FROM ledger.company WHERE company_id = $1) AS known
    WHERE company_id = $1 RETURNING company.generation, company.run_number
"""
# Amounts of two currencies must not be added up, and now there are none. A company that has only
# the name that its source gives it is still called so.
FORGET_BOOKS = """
    UPDATE engine.company SET currency = NULL, last_known_name = coalesce(
        (SELECT nullif(name, '') FROM ledger.company WHERE company_id = $1), last_known_name)
    WHERE company_id = $1
"""
ADD = """
    INSERT INTO engine.purge (company_id, generation, command_id, fiscal_years, started_at)
    VALUES ($1, $2, $3, $4, $5)
"""
EMPTIES = """
    SELECT EXISTS (SELECT FROM engine.purge
        WHERE company_id = $1 AND completed_at IS NULL AND fiscal_years IS NULL
            AND generation > coalesce(
                (SELECT generation FROM ledger.company WHERE company_id = $1), 0))
"""
PASSED = """
    SELECT DISTINCT company_id FROM engine.purge AS asked
    JOIN ledger.company AS stands USING (company_id)
    WHERE completed_at IS NULL AND stands.generation >= asked.generation LIMIT $1
"""
# One that the ledger has passed without a result was lost with a gap, and a later one has come: it
# would be ignored now, however often it is said.
COMPLETE = """
    UPDATE engine.purge SET completed_at = engine.clock()
    FROM (
        SELECT company_id, generation, coalesce(vouchers, 0) AS vouchers,
            coalesce(postings, 0) AS postings, years_left, purged_at IS NULL AS superseded
        FROM engine.purge AS asked
        LEFT JOIN ledger.purge_result USING (company_id, generation)
        WHERE company_id = $1 AND completed_at IS NULL
            AND generation <= (SELECT generation FROM ledger.company WHERE company_id = $1)
    ) AS passed
    WHERE purge.company_id = passed.company_id AND purge.generation = passed.generation
    RETURNING purge.generation, command_id, completed_at, fiscal_years, vouchers, postings,
        years_left, superseded
"""


async def empties(connection: asyncpg.Connection, company_id: str) -> bool:
    """Whether a purge of all that the company has is on its way to the ledger.

    One of some years leaves the years themselves. The caller has locked the company.
    """
    return bool(await connection.fetchval(EMPTIES, company_id))


async def start(connection: asyncpg.Connection, purge: Purge, occasion: Occasion) -> None:
    """Says that the bookkeeping goes, to the ledger and to who watches; forgets how far it came.

    The caller has locked the company and ended its runs.
    """
    company_id, years = occasion.company_id, purge.fiscal_years
    raised = await connection.fetchrow(RAISE_GENERATION, company_id)
    assert raised is not None  # The caller has locked its row.
    generation, requested_by = raised["generation"], occasion.command.requested_by
    about = (occasion.command_id, years, occasion.now)
    await connection.execute(ADD, company_id, generation, *about)
    await _forget_watermarks(connection, company_id, None if purge.was_reading else years)
    if years is None:
        await connection.execute(FORGET_BOOKS, company_id)
    await outbox.emit(
        connection,
        PurgeStarted,
        company_id=company_id,
        occurred_at=occasion.now,
        caused_by=occasion.command_id,
        command_id=occasion.command_id,
        generation=generation,
        fiscal_years=years,
        reload=purge.reload is not None,
        requested_by=requested_by,
    )
    event = LedgerPurged(
        company_id=company_id,
        occurred_at=occasion.now,
        generation=generation,
        run_number=raised["run_number"],
        attempt=0,
        fiscal_years=years,
        requested_by=requested_by,
    )
    message = encode(event, caused_by=occasion.command_id)
    await outbox.add_all(connection, [message], created_at=occasion.now)


async def _forget_watermarks(
    connection: asyncpg.Connection, company_id: str, years: tuple[date, ...] | None
) -> None:
    if years is None:
        await connections.forget_watermarks(connection, company_id)
    else:
        await watermarks.forget_years(connection, company_id, years)


async def complete(database: Database) -> int:
    """Tells of the purges that the ledger has passed since; of how many companies."""
    async with database.connection() as connection:
        passed = await connection.fetch(PASSED, COMPANIES_MAX)
    for (company_id,) in passed:
        async with database.transaction() as connection:
            await companies.lock(connection, company_id)
            await complete_of(connection, company_id)
    return len(passed)


async def complete_of(connection: asyncpg.Connection, company_id: str) -> None:
    """Tells of those of one company, which the caller has locked, unless another worker has."""
    passed = await connection.fetch(COMPLETE, company_id)
    for purge in sorted(passed, key=itemgetter("generation")):
        await outbox.emit(
            connection,
            PurgeCompleted,
            company_id=company_id,
            occurred_at=purge["completed_at"],
            caused_by=purge["command_id"],
            **{name: purge[name] for name in TOLD},
        )

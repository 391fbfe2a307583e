"""What do a company's books hold already, for a file that adds to them?"""

import asyncpg

from projections.queries.snapshot import snapshot
from schemas.bookkeeping import FiscalYear
from schemas.known_books import KnownBooks

IS_DESCRIBED = "SELECT observed_at IS NOT NULL FROM ledger.company WHERE company_id = $1"
FISCAL_YEARS = """
    SELECT fiscal_year AS first_day, last_day, source_id FROM ledger.fiscal_year
    WHERE company_id = $1 ORDER BY fiscal_year
"""
ACCOUNTS = "SELECT fiscal_year, account FROM ledger.account WHERE company_id = $1"
DIMENSIONS = "SELECT dimension FROM ledger.dimension WHERE company_id = $1"
OBJECTS = "SELECT dimension, object FROM ledger.object WHERE company_id = $1"


async def stored_years(connection: asyncpg.Connection, company_id: str) -> tuple[FiscalYear, ...]:
    """The company's fiscal years, the oldest first."""
    rows = await connection.fetch(FISCAL_YEARS, company_id)
    return tuple(FiscalYear(**row) for row in rows)


async def known_books(connection: asyncpg.Connection, company_id: str) -> KnownBooks:
    """The company's books, as one snapshot has them; empty ones where it has none."""
    async with snapshot(connection):
        described = await connection.fetchval(IS_DESCRIBED, company_id)
        years = await stored_years(connection, company_id)
        accounts = await connection.fetch(ACCOUNTS, company_id)
        dimensions = await connection.fetch(DIMENSIONS, company_id)
        objects = await connection.fetch(OBJECTS, company_id)
    return KnownBooks(
        fiscal_years=years,
        is_described=bool(described),
        accounts=frozenset((row[0], row[1]) for row in accounts),
        dimensions=frozenset(row[0] for row in dimensions),
        objects=frozenset((row[0], row[1]) for row in objects),
    )

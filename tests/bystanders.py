"""Report templates and budget versions, as another system keeps them beside the engine's tables."""

import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from projections.migrate import LEDGER

OWNER = "reporting"
MAKE_OWNER = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reporting') THEN
            CREATE ROLE reporting NOLOGIN;
        END IF;
    END $$
"""
# What a report reads; a view of the ledger asks for the tables behind it, too.
GRANT = f"""
    GRANT USAGE ON SCHEMA ledger, {LEDGER.schema(1)} TO reporting;
    GRANT SELECT ON ledger.voucher, {LEDGER.schema(1)}.voucher TO reporting
"""
# Their rows name companies, years and accounts by themselves: nothing ties them to the ledger.
MAKE = """
    CREATE SCHEMA reporting AUTHORIZATION reporting;
    SET LOCAL ROLE reporting;
    CREATE TABLE reporting.report_template (
        template_id integer PRIMARY KEY, company_id text, name text NOT NULL,
        accounts text[] NOT NULL, layout jsonb NOT NULL);
    INSERT INTO reporting.report_template VALUES
        (1, NULL, 'Resultaträkning', '{3001,4010}', '{"rows": ["3001", "4010"]}'),
        (2, 'bageriet', 'Likviditet', '{1930}', '{"rows": ["1930"], "years": ["2024-01-01"]}'),
        (3, 'snickeriet', 'Kassa', '{1910,1930}', '{}');
    CREATE TABLE reporting.budget_version (
        company_id text, fiscal_year date, version integer, account text, month date,
        amount numeric(18, 2) NOT NULL,
        PRIMARY KEY (company_id, fiscal_year, version, account, month));
    INSERT INTO reporting.budget_version
    SELECT company_id, year, version, account, month::date, -1000.50 * version
    FROM unnest('{bageriet,snickeriet}'::text[]) AS company_id,
        unnest('{2024-01-01,2025-01-01}'::date[]) AS year, generate_series(1, 2) AS version,
        unnest('{1930,3001}'::text[]) AS account,
        generate_series(year, year + interval '11 months', interval '1 month') AS month;
    CREATE VIEW reporting.booked AS
    SELECT company_id, fiscal_year, count(*) AS vouchers FROM ledger.voucher GROUP BY 1, 2;
"""
TABLES = ("report_template", "budget_version")
# With what tells that a row has been written once more, if only as it was.
CONTENTS = {
    table: f"SELECT xmin, ctid, kept.* FROM reporting.{table} AS kept ORDER BY ctid"
    for table in TABLES
}
DESCRIBED = """
    SELECT relname, relkind, relowner::regrole, relfilenode, relacl,
        CASE WHEN relkind = 'v' THEN pg_get_viewdef(oid) END
    FROM pg_class WHERE relnamespace = 'reporting'::regnamespace ORDER BY relname
"""
BOOKED = "SELECT company_id, fiscal_year::text, vouchers FROM reporting.booked ORDER BY 1, 2"


@dataclass
class Bystanders:
    connection: asyncpg.Connection  # A superuser's.

    @classmethod
    @asynccontextmanager
    async def beside(cls, admin_dsn: str) -> AsyncIterator["Bystanders"]:
        """Made in the engine's database by its superuser, and given to a role of their own."""
        connection = await asyncpg.connect(admin_dsn)
        try:
            async with connection.transaction():
                await connection.execute(MAKE_OWNER)
                await connection.execute(GRANT)
                await connection.execute(MAKE)
            yield cls(connection)
        finally:
            await connection.close()

    async def digests(self) -> dict[str, str]:
        """What they are to the byte, rows and definitions."""
        return {
            name: await self._digest(query)
            for name, query in (*CONTENTS.items(), ("definitions", DESCRIBED))
        }

    async def booked(self) -> list[tuple[str, str, int]]:
        """What a report shows: vouchers by company and year."""
        async with self.connection.transaction(readonly=True):
            await self.connection.execute("SET LOCAL ROLE reporting")
            return [tuple(row) for row in await self.connection.fetch(BOOKED)]

    async def _digest(self, query: str) -> str:
        text = io.BytesIO()
        await self.connection.copy_from_query(query, output=text)
        assert text.tell(), f"nothing came of {query}"
        return hashlib.sha256(text.getvalue()).hexdigest()

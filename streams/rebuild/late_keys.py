"""Keys that a build makes at its end: rows go in faster without them.

Nothing is looked up by them, unless postings have to go before: then they are made at once. A
trigger says so, inside the transaction that cannot go on without them.
"""

from string import Template

import asyncpg

from projections.migrate import LEDGER, TABLES_OF, Projection

KEYS_WANTED = "BK001"  # An SQLSTATE of our own.
DROP = Template("""
    ALTER TABLE ${schema}.posting DROP CONSTRAINT posting_pkey;
    DROP INDEX ${schema}.voucher_by_date;
    CREATE FUNCTION ${schema}.want_keys() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''postings go'' USING ERRCODE = ''BK001''; END';
    CREATE TRIGGER want_keys BEFORE DELETE ON ${schema}.posting
        FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.want_keys();
""")
ARE_MISSING = """
    SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = 'want_keys')
"""
MAKE = Template("""
    ALTER TABLE ${schema}.posting ADD CONSTRAINT posting_pkey
        PRIMARY KEY (company_id, fiscal_year, series, number, occurrence, line);
    CREATE INDEX voucher_by_date ON ${schema}.voucher (company_id, voucher_date);
    DROP TRIGGER want_keys ON ${schema}.posting;
    DROP FUNCTION ${schema}.want_keys();
""")
# Sorting is what takes the time.
ROOM = "SET LOCAL maintenance_work_mem = '128MB'"
WAIT = "SET LOCAL lock_timeout = 0"  # Others that build are in the middle of a batch.


async def drop(connection: asyncpg.Connection, projection: Projection, version: int) -> None:
    """Takes the keys off an empty version, in the transaction that has made it."""
    if projection is LEDGER:
        await connection.execute(DROP.substitute(schema=projection.schema(version)))


async def make(connection: asyncpg.Connection, projection: Projection, version: int) -> None:
    """Makes the keys, unless they are there; waits for those that write."""
    schema = projection.schema(version)
    async with connection.transaction():
        await connection.execute(ROOM)
        await connection.execute(WAIT)
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", schema)
        if await connection.fetchval(ARE_MISSING, f"{schema}.posting"):
            await connection.execute(MAKE.substitute(schema=schema))


async def analyze(connection: asyncpg.Connection, projection: Projection, version: int) -> None:
    """Tells the planner what the tables hold: a dashboard's first query must not guess."""
    schema = projection.schema(version)
    for (table,) in await connection.fetch(TABLES_OF, schema):
        await connection.execute(f"ANALYZE {schema}.{table}")

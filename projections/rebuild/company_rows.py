"""The rows of one company, taken from one version of a projection into another."""

from string import Template

import asyncpg

from projections.migrate import Projection

# Generated columns are generated anew.
TABLES = """
    SELECT relname, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
        AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    GROUP BY relname ORDER BY relname
"""
DELETE = Template("DELETE FROM ${target}.${table} WHERE company_id = $$1")
INSERT = Template("""
    INSERT INTO ${target}.${table} (${columns})
    SELECT ${columns} FROM ${source}.${table} WHERE company_id = $$1
""")


async def replace_rows(
    connection: asyncpg.Connection,
    projection: Projection,
    company_id: str,
    *,
    source: int,
    target: int,
) -> None:
    """Gives the company in version `target` the rows that it has in version `source`.

    The caller has opened the transaction, and locked the offset row of the company's partition in
    the target: nobody else writes these rows meanwhile.
    """
    schemas = {"source": projection.schema(source), "target": projection.schema(target)}
    for table, columns in await connection.fetch(TABLES, schemas["target"]):
        names = {**schemas, "table": table, "columns": columns}
        await connection.execute(DELETE.substitute(names), company_id)
        await connection.execute(INSERT.substitute(names), company_id)

"""How many rows of a table only one of two versions has, with an example."""

from collections.abc import Mapping
from datetime import date
from string import Template

import asyncpg

from projections.rebuild.digests import columns_that_place, placing
from projections.rebuild.versions import FIELDS, Fields, Versions
from schemas.model import Model

# One company's rows of a table in those of the years that it has; NULL: where there is no year.
ROWS = Template("""
    SELECT to_json(stored)::text COLLATE "C" AS row FROM ${schema}.${table} AS stored
    WHERE ${company_id} = $$1 AND (${fiscal_year} = ANY($$2::date[])
        OR ${fiscal_year} IS NULL AND array_position($$2::date[], NULL) IS NOT NULL)
""")
# Of a table that this side does not have.
NO_ROWS = "SELECT NULL::text AS row WHERE $1::text IS NULL AND $2::date[] IS NULL"
ONLY_ON_ONE_SIDE = Template("""
    WITH in_use AS (${in_use}), rebuilt AS (${rebuilt})
    SELECT side, count(*) AS rows,
        (SELECT json_object_agg(key, value) FROM json_each_text(min(row)::json)) AS example
    FROM (
        SELECT 'in_use' AS side, row FROM (TABLE in_use EXCEPT ALL TABLE rebuilt) AS lost
        UNION ALL
        SELECT 'rebuilt', row FROM (TABLE rebuilt EXCEPT ALL TABLE in_use) AS added
    ) AS unshared
    GROUP BY side
""")


class TableDifference(Model):
    """Rows of a table that only one side has; a changed row is one on each."""

    table: str
    only_in_use: int = 0
    only_rebuilt: int = 0
    example_in_use: Fields | None = None
    example_rebuilt: Fields | None = None


async def differing_tables(
    connection: asyncpg.Connection,
    versions: Versions,
    company_id: str,
    years: Mapping[str, set[date | None]],
) -> tuple[TableDifference, ...]:
    told = []
    sides = [(versions.in_use, await columns_that_place(connection, versions.in_use))]
    sides.append((versions.rebuilt, await columns_that_place(connection, versions.rebuilt)))
    for table in sorted(years):
        in_use, rebuilt = (_rows_of(schema, table, placed_by) for schema, placed_by in sides)
        statement = ONLY_ON_ONE_SIDE.substitute(in_use=in_use, rebuilt=rebuilt)
        rows = await connection.fetch(statement, company_id, list(years[table]))
        found = {row["side"]: row for row in rows}
        told.append(_table(table, found.get("in_use"), found.get("rebuilt")))
    return tuple(told)


def _rows_of(schema: str, table: str, placed_by: Mapping[str, set[str]]) -> str:
    """The side's rows of the table, which it may not have."""
    if table not in placed_by:
        return NO_ROWS
    return ROWS.substitute(placing(placed_by[table]), schema=schema, table=table)


def _table(
    table: str, in_use: asyncpg.Record | None, rebuilt: asyncpg.Record | None
) -> TableDifference:
    return TableDifference(
        table=table,
        only_in_use=in_use["rows"] if in_use else 0,
        only_rebuilt=rebuilt["rows"] if rebuilt else 0,
        example_in_use=FIELDS.validate_json(in_use["example"]) if in_use else None,
        example_rebuilt=FIELDS.validate_json(rebuilt["example"]) if rebuilt else None,
    )

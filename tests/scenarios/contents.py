"""All that a projection's tables hold, row by row, and how it is thrown away to be read again."""

from datetime import date
from typing import Any

import orjson

from projections.migrate import LEDGER, TABLES_OF, Projection
from tests.engine import Engine

Rows = list[dict[str, Any]]
Contents = dict[str, Rows]  # By table.

ROWS = "SELECT to_jsonb(kept) FROM {schema}.{table} AS kept"
GO_BACK = """
    UPDATE engine.projection_offset SET next_offset = 0, last_digest = NULL WHERE agent = $1
"""


async def contents(engine: Engine, projection: Projection) -> Contents:
    found: Contents = {}
    for table in await _tables(engine, projection):
        query = ROWS.format(schema=projection.schema(1), table=table)
        documents = sorted(row[0] for row in await engine.connection.fetch(query))
        found[table] = [orjson.loads(document) for document in documents]
    return found


async def ledger_of(engine: Engine, company: str) -> Contents:
    """What the ledger holds of one company."""
    found = await contents(engine, LEDGER)
    return {
        table: [row for row in rows if row["company_id"] == company]
        for table, rows in found.items()
    }


def of_year(year: date, rows: Rows) -> Rows:
    return [row for row in rows if row.get("fiscal_year") == str(year)]


async def throw_away(engine: Engine, projection: Projection) -> None:
    """Empties the tables, and lets the next worker begin at the topic's beginning."""
    names = await _tables(engine, projection)
    tables = ", ".join(f"{projection.schema(1)}.{name}" for name in names)
    await engine.connection.execute(f"TRUNCATE {tables}")
    await engine.connection.execute(GO_BACK, projection.agent)


async def _tables(engine: Engine, projection: Projection) -> list[str]:
    return [row[0] for row in await engine.connection.fetch(TABLES_OF, projection.schema(1))]

"""What the tables of a version hold, in a number: two builds are equal where these are equal."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Template

import asyncpg

from projections.migrate import TABLES_OF

# Which of the columns that say to whom a row belongs each table has.
PLACED_BY = """
    SELECT relname, array_agg(attname::text) FROM pg_class
    JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p')
        AND attname IN ('company_id', 'fiscal_year') AND NOT attisdropped
    GROUP BY relname
"""
# A table's columns as they are hashed. The hash of a number passes over its sign and its decimals,
# and that of eight bytes folds them into four.
HASHED = """
    SELECT relname, string_agg(format(CASE atttypid
            WHEN 'numeric'::regtype THEN '%I::text' WHEN 'jsonb'::regtype THEN '%I::text'
            WHEN 'bigint'::regtype THEN 'int8send(%I)'
            WHEN 'timestamptz'::regtype THEN 'timestamptz_send(%I)' ELSE '%I'
        END, attname), ', ' ORDER BY attname)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p')
        AND attnum > 0 AND NOT attisdropped
    GROUP BY relname
"""
# Sums: the order of rows is nothing. Every column is in them, `ignored_events` of the company too:
# the fence ignores an event by what came before it in its topic, however the batches fall, and
# what was rejected or redelivered is counted in no build.
# A row's hash is hashed once more: it adds up those of its columns, and two rows could exchange
# theirs unseen. (The bytes of record_send would do, at twice the price.)
DIGESTS = Template("""
    SELECT company_id, fiscal_year, count(*) AS rows,
        sum(hashbyteaextended(int8send(hash_record_extended(image, 1)), 2)) AS hashes
    FROM (
        SELECT ${company_id} AS company_id, ${fiscal_year} AS fiscal_year, ROW(${hashed}) AS image
        FROM ${schema}.${table}
        WHERE $$1::text[] IS NULL OR ${company_id} = ANY($$1)
    ) AS stored
    GROUP BY company_id, fiscal_year
""")


@dataclass(frozen=True)
class Place:
    """Part of a table: what one company has in it, in one fiscal year where it has years."""

    company_id: str  # Empty where the table knows no companies.
    fiscal_year: date | None
    table: str


@dataclass(frozen=True)
class Digest:
    rows: int
    hashes: int  # The sum of a 64-bit hash of each row.


Digests = dict[Place, Digest]


async def digests(
    connection: asyncpg.Connection,
    schema: str,
    tables: Sequence[str] | None = None,
    companies: Sequence[str] | None = None,
) -> Digests:
    """The digest of each place that has rows: of all tables, or of some; of all companies, or some.

    The caller opens the transaction whose snapshot it is of.
    """
    placed_by = await columns_that_place(connection, schema)
    hashed = {row[0]: row[1] for row in await connection.fetch(HASHED, schema)}
    if tables is None:
        tables = await tables_of(connection, schema)
    found: Digests = {}
    for table in tables:
        columns = placing(placed_by.get(table, set()))
        statement = DIGESTS.substitute(columns, schema=schema, table=table, hashed=hashed[table])
        for row in await connection.fetch(statement, companies):
            place = Place(row["company_id"], row["fiscal_year"], table)
            found[place] = Digest(row["rows"], int(row["hashes"]))
    return found


async def tables_of(connection: asyncpg.Connection, schema: str) -> list[str]:
    """From the catalogue: a new table cannot be forgotten."""
    tables = [row[0] for row in await connection.fetch(TABLES_OF, schema)]
    # The snapshot is older than the schema, or there is none: nothing would equal nothing.
    assert tables, f"{schema} has no tables"
    return tables


async def columns_that_place(connection: asyncpg.Connection, schema: str) -> dict[str, set[str]]:
    """Of each table that knows companies or fiscal years: which of the two."""
    return {row[0]: set(row[1]) for row in await connection.fetch(PLACED_BY, schema)}


def differing(left: Mapping[Place, Digest], right: Mapping[Place, Digest]) -> list[Place]:
    """The places that are not equal, also those that are only on one side, in their order."""
    places = {place for place in left.keys() | right.keys() if left.get(place) != right.get(place)}
    return sorted(places, key=_order)


def placing(placed_by: Collection[str]) -> dict[str, str]:
    """What says in a statement to whom a row belongs, given which columns there are for it."""
    return {
        "company_id": "company_id" if "company_id" in placed_by else "''",
        "fiscal_year": "fiscal_year" if "fiscal_year" in placed_by else "NULL::date",
    }


def _order(place: Place) -> tuple[str, date, str]:
    return (place.company_id, place.fiscal_year or date.min, place.table)

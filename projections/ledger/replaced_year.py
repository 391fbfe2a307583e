"""Fiscal years that another first day replaces: they go when the new year has been read whole."""

from collections import Counter
from typing import Any

import asyncpg

from projections.ledger import verification, voucher
from projections.ledger.fold import Round
from projections.ledger.observed_table import ObservedTable, snapshot_arguments, snapshots_of

# The overlapped years of the snapshots' companies, with the run and attempt of the snapshot.
REPLACED = """
    SELECT old.company_id, old.fiscal_year, read.run_number, read.attempt
    FROM unnest($1::text[], $2::date[], $3::integer[], $4::integer[])
        AS read (company_id, fiscal_year, run_number, attempt)
    JOIN fiscal_year AS year USING (company_id, fiscal_year)
    JOIN fiscal_year AS old ON old.company_id = year.company_id
        AND old.fiscal_year <> year.fiscal_year
        AND old.fiscal_year <= year.last_day AND old.last_day >= year.fiscal_year
"""
DELETE_YEARS = """
    DELETE FROM fiscal_year USING unnest($1::text[], $2::date[]) AS old (company_id, fiscal_year)
    WHERE fiscal_year.company_id = old.company_id AND fiscal_year.fiscal_year = old.fiscal_year
"""


async def apply(
    connection: asyncpg.Connection, batch: Round, yearly_tables: list[ObservedTable]
) -> Counter[str]:
    """Removes the years that the round's whole reads of vouchers have replaced.

    Returns how many vouchers went with them, by company.
    """
    snapshots = snapshots_of(batch, "vouchers")
    rows = await connection.fetch(REPLACED, *snapshot_arguments(snapshots)) if snapshots else []
    if not rows:
        return Counter()
    # No row of an old year was seen by the new year's read: it is unseen as a whole.
    arguments: tuple[list[Any], ...] = tuple([row[place] for row in rows] for place in range(4))
    removed = await voucher.remove_unseen(connection, snapshots, arguments)
    keeps_objects = [False] * len(rows)
    for table in yearly_tables:
        await connection.execute(table.remove_unseen, *arguments, keeps_objects)
    await verification.forget(connection, arguments[0], arguments[1])
    await connection.execute(DELETE_YEARS, arguments[0], arguments[1])
    return removed

"""What became of each voucher in each run: created, changed or removed, with both digests."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import asyncpg

from projections.ledger import csv_rows
from projections.ledger.voucher_diff import Key, columns

COLUMNS: list[str] = (
    "company_id fiscal_year series number occurrence run_number old_digest new_digest changed_at"
).split()
# The first old digest of the run stays, the last new one counts.
ADD = """
    INSERT INTO voucher_change (company_id, fiscal_year, series, number, occurrence,
        run_number, old_digest, new_digest, changed_at)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[],
        $6::integer[], $7::bytea[], $8::bytea[], $9::timestamptz[])
    ON CONFLICT (company_id, run_number, fiscal_year, series, number, occurrence) DO UPDATE
    SET new_digest = excluded.new_digest, changed_at = excluded.changed_at
"""
# The runs that have removed vouchers.
REMOVING = """
    SELECT DISTINCT company_id, run_number FROM voucher_change
    JOIN unnest($1::text[], $2::integer[]) AS run (company_id, run_number)
        USING (company_id, run_number)
    WHERE new_digest IS NULL
"""
# A voucher that is back where the run found it has not changed.
DROP_EQUAL = """
    DELETE FROM voucher_change
    USING unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[], $6::integer[])
        AS key (company_id, fiscal_year, series, number, occurrence, run_number)
    WHERE voucher_change.company_id = key.company_id
        AND voucher_change.run_number = key.run_number
        AND voucher_change.fiscal_year = key.fiscal_year AND voucher_change.series = key.series
        AND voucher_change.number = key.number AND voucher_change.occurrence = key.occurrence
        AND old_digest IS NOT DISTINCT FROM new_digest
"""


class Change(NamedTuple):
    key: Key
    run_number: int
    old_digest: bytes | None
    new_digest: bytes | None
    changed_at: datetime


async def add(
    connection: asyncpg.Connection, changes: list[Change], keys: Mapping[Key, str]
) -> None:
    """Remembers the changes, one row per voucher and run; `keys`: as CSV, of what is created."""
    created, others = await _split(connection, changes)
    if created:
        await csv_rows.copy(connection, "voucher_change", COLUMNS, _rows(created, keys))
    if others:
        arrays = columns(change.key for change in others)
        runs = [change.run_number for change in others]
        await connection.execute(
            ADD,
            *arrays,
            runs,
            [change.old_digest for change in others],
            [change.new_digest for change in others],
            [change.changed_at for change in others],
        )
        await connection.execute(DROP_EQUAL, *arrays, runs)


async def _split(
    connection: asyncpg.Connection, changes: list[Change]
) -> tuple[list[Change], list[Change]]:
    """Changes whose row must be new, and the others.

    A voucher that is created has a row of its run only where the same run has removed it before.
    """
    runs = sorted({(change.key[0], change.run_number) for change in changes})
    arguments = [company for company, _ in runs], [run for _, run in runs]
    removing = {(row[0], row[1]) for row in await connection.fetch(REMOVING, *arguments)}
    created: list[Change] = []
    others: list[Change] = []
    for change in changes:
        is_new = change.old_digest is None and (change.key[0], change.run_number) not in removing
        (created if is_new else others).append(change)
    return created, others


def _rows(changes: list[Change], keys: Mapping[Key, str]) -> Iterator[str]:
    # A page's vouchers share their time.
    times = {at: at.isoformat() for at in {change.changed_at for change in changes}}
    for key, run_number, old, new, changed_at in changes:
        yield (f"{keys[key]},{run_number},{_bytes(old)},{_bytes(new)},{times[changed_at]}")


def _bytes(digest: bytes | None) -> str:
    return "" if digest is None else f"\\x{digest.hex()}"

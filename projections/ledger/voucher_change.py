"""What became of each voucher in each run: created, changed or removed, with both digests."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from projections.ledger.voucher_diff import Key, columns

# The first old digest of the run stays, the last new one counts.
ADD = """
    INSERT INTO voucher_change (company_id, fiscal_year, series, number, occurrence,
        run_number, old_digest, new_digest, changed_at)
    SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[],
        $6::integer[], $7::bytea[], $8::bytea[], $9::timestamptz[])
    ON CONFLICT (company_id, run_number, fiscal_year, series, number, occurrence) DO UPDATE
    SET new_digest = excluded.new_digest, changed_at = excluded.changed_at
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


@dataclass(frozen=True)
class Change:
    key: Key
    run_number: int
    old_digest: bytes | None
    new_digest: bytes | None
    changed_at: datetime


async def add(connection: asyncpg.Connection, changes: list[Change]) -> None:
    """Remembers the changes, one row per voucher and run."""
    if not changes:
        return
    arrays = columns(change.key for change in changes)
    runs = [change.run_number for change in changes]
    await connection.execute(
        ADD,
        *arrays,
        runs,
        [change.old_digest for change in changes],
        [change.new_digest for change in changes],
        [change.changed_at for change in changes],
    )
    again = [change for change in changes if change.old_digest or not change.new_digest]
    if again:
        keys = columns(change.key for change in again)
        await connection.execute(DROP_EQUAL, *keys, [change.run_number for change in again])

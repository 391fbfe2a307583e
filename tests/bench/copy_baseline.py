"""The baseline: COPY of the ledger's rows, read back from it, into empty tables like its own."""

import time
from dataclasses import dataclass
from typing import Any

import asyncpg

from projections.ledger.voucher import POSTING_COLUMNS, VOUCHER_COLUMNS
from projections.migrate import LEDGER

MAKE_TABLES = f"""
    DROP SCHEMA IF EXISTS copied CASCADE;
    CREATE SCHEMA copied;
    CREATE TABLE copied.voucher (LIKE {LEDGER.schema(1)}.voucher INCLUDING ALL);
    CREATE TABLE copied.posting (LIKE {LEDGER.schema(1)}.posting INCLUDING ALL);
"""
VOUCHERS = f"""
    SELECT company_id, fiscal_year, series, number, occurrence, voucher_date, text, registered_on,
        signature, source_id, digest, seen_run, seen_attempt
    FROM {LEDGER.schema(1)}.voucher
"""
POSTINGS = f"""
    SELECT company_id, fiscal_year, series, number, occurrence, line, account, voucher_date,
        amount, state, text, quantity, objects, posting_date, signature
    FROM {LEDGER.schema(1)}.posting
"""
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Copied:
    vouchers: int
    postings: int
    seconds: list[float]

    @property
    def rows(self) -> int:
        return self.vouchers + self.postings


async def checkpoint(admin_dsn: str) -> None:
    """Every measurement begins without the dirty pages of the one before."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def copy(dsn: str, admin_dsn: str, *, times: int) -> Copied:
    """Copies all rows, alone, that many times; each table in one transaction, durably."""
    connection = await asyncpg.connect(dsn)
    try:
        vouchers = await _rows(connection, VOUCHERS)
        postings = await _rows(connection, POSTINGS)
        taken = []
        for _ in range(times):
            await connection.execute(MAKE_TABLES)
            await checkpoint(admin_dsn)
            taken.append(await _copy(connection, vouchers, postings))
        await connection.execute("DROP SCHEMA copied CASCADE")
    finally:
        await connection.close()
    return Copied(len(vouchers), len(postings), taken)


async def _rows(connection: asyncpg.Connection, query: str) -> Rows:
    return [tuple(row) for row in await connection.fetch(query)]


async def _copy(connection: asyncpg.Connection, vouchers: Rows, postings: Rows) -> float:
    started_at = time.perf_counter()
    for table, records, columns in (
        ("voucher", vouchers, VOUCHER_COLUMNS),
        ("posting", postings, POSTING_COLUMNS),
    ):
        await connection.copy_records_to_table(
            table, schema_name="copied", records=records, columns=columns
        )
    return time.perf_counter() - started_at

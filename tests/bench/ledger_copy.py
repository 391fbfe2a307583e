"""The yardstick: asyncpg's COPY of the ledger's own rows into the same keyed tables, alone."""

import time
from dataclasses import dataclass

import asyncpg

from projections.ledger.voucher import POSTING_COLUMNS, VOUCHER_COLUMNS
from projections.migrate import LEDGER

SCHEMA = "bench_copy"
CREATE = (
    f"CREATE SCHEMA {SCHEMA}",
    f"CREATE TABLE {SCHEMA}.voucher (LIKE {LEDGER.schema}.voucher INCLUDING ALL)",
    f"CREATE TABLE {SCHEMA}.posting (LIKE {LEDGER.schema}.posting INCLUDING ALL)",
)
DROP = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
VOUCHERS = "SELECT * FROM ledger.voucher ORDER BY company_id, fiscal_year, voucher_date, number"
POSTINGS = "SELECT * FROM ledger.posting ORDER BY company_id, fiscal_year, voucher_date, number"


@dataclass(frozen=True)
class Copied:
    rows: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


async def copy_again(dsn: str) -> Copied:
    """Copies every voucher and posting of the ledger once more, and takes the time of that."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(DROP)
        for statement in CREATE:
            await connection.execute(statement)
        vouchers = _tuples(await connection.fetch(VOUCHERS), VOUCHER_COLUMNS)
        postings = _tuples(await connection.fetch(POSTINGS), POSTING_COLUMNS)
        begun = time.perf_counter()
        await connection.copy_records_to_table(
            "voucher", schema_name=SCHEMA, records=vouchers, columns=VOUCHER_COLUMNS
        )
        await connection.copy_records_to_table(
            "posting", schema_name=SCHEMA, records=postings, columns=POSTING_COLUMNS
        )
        seconds = time.perf_counter() - begun
        await connection.execute(DROP)
        return Copied(len(vouchers) + len(postings), seconds)
    finally:
        await connection.close()


def _tuples(rows: list[asyncpg.Record], columns: list[str]) -> list[tuple[object, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]

"""One state of the tables for a whole answer, however many statements it takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

LEDGER_VIEWS = "ledger"
# Taken before the snapshot: a rebuilt version that takes over replaces the views either before
# the answer begins or after it ends. Between two statements it would show rows that the snapshot
# is too old to see.
HOLD_VIEWS = """
    LOCK TABLE ledger.company, ledger.fiscal_year, ledger.account, ledger.dimension,
        ledger.object, ledger.opening_balance, ledger.account_balance, ledger.voucher,
        ledger.voucher_change, ledger.posting, ledger.set_aside_voucher, ledger.control_total,
        ledger.verification, ledger.verification_difference, ledger.read_result,
        status.company_status,
        status.part_status, status.sync_run, status.sie_upload, status.purge
    IN ACCESS SHARE MODE
"""


@asynccontextmanager
async def snapshot(
    connection: asyncpg.Connection, *, ledger: str = LEDGER_VIEWS
) -> AsyncIterator[None]:
    """A transaction that only reads, and sees one state from its first statement to its last.

    In it the bare names of the ledger's tables are those of the schema `ledger`: the views over
    the version in use, or a build that nobody else knows.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(HOLD_VIEWS)
        await connection.execute(f"SET LOCAL search_path = {ledger}")
        yield

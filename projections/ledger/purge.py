"""Emptying a company's bookkeeping, all of it or some fiscal years, what went and what is left.

The fence stays, and with it the results of the purges that have raised it.
"""

from functools import partial
from typing import Any

import asyncpg
import orjson

from projections.ledger.fold import Round
from schemas.ledger_events import LedgerPurged

# It is one transaction, however much goes; every other one may take as long as its session says,
# and this one too where that is more.
SECONDS_MAX = 3_600
# A transaction that has begun keeps its first limit, unless it has none for a moment.
TAKE_LONGER = """
    SELECT set_config('transaction_timeout', '0', true),
        set_config('transaction_timeout', seconds || 's', true), seconds
    FROM (SELECT greatest($1::integer, setting::integer / 1000) AS seconds
        FROM pg_settings WHERE name = 'transaction_timeout') AS longest
"""
# Of some years go the vouchers, balances, totals and changes; years, accounts and objects stay.
YEARLY_TABLES = (
    "posting",
    "voucher",
    "account_balance",
    "voucher_change",
    "set_aside_voucher",
    "control_total",
    "verification",
    "verification_difference",
    "opening_balance",
    "period_balance",
    "period_budget",
)
OTHER_TABLES = ("account", "fiscal_year", "object", "dimension", "read_result")
DELETE_ALL = {
    table: "DELETE FROM $table WHERE company_id = ANY($1::text[])".replace("$table", table)
    for table in YEARLY_TABLES + OTHER_TABLES
}
DELETE_YEARS = {
    table: """
        DELETE FROM $table USING unnest($1::text[], $2::date[]) AS purged (company_id, fiscal_year)
        WHERE $table.company_id = purged.company_id AND $table.fiscal_year = purged.fiscal_year
    """.replace("$table", table)
    for table in YEARLY_TABLES
}
# Counted as `account_balance` counts them: a struck row is no posting. What is left are the other
# years that have postings, or a file's balances without any voucher (SIE types 1 to 3): opening
# balances alone are nobody's bookkeeping.
COUNT = """
    INSERT INTO purge_result (company_id, generation, vouchers, postings, purged_at, years_left)
    SELECT company_id, generation,
        (SELECT count(*) FROM voucher WHERE voucher.company_id = purged.company_id
            AND (years IS NULL OR fiscal_year = ANY(years))),
        (SELECT coalesce(sum(postings), 0) FROM account_balance AS balance
            WHERE balance.company_id = purged.company_id
            AND (years IS NULL OR fiscal_year = ANY(years))),
        purged_at,
        (SELECT count(*) FROM (
            SELECT fiscal_year FROM account_balance AS balance
            WHERE balance.company_id = purged.company_id
            UNION SELECT fiscal_year FROM control_total AS total
            WHERE total.company_id = purged.company_id AND part = 'opening_balances'
        ) AS filled WHERE fiscal_year <> ALL(years))
    FROM (SELECT company_id, generation, purged_at, CASE WHEN years IS NOT NULL
            THEN ARRAY(SELECT jsonb_array_elements_text(years)::date) END AS years
        FROM jsonb_to_recordset($1::jsonb) AS purged (
            company_id text, generation integer, purged_at timestamptz, years jsonb)) AS purged
"""
FORGET = """
    UPDATE company SET name = '', organisation_number = NULL, currency = 'SEK', program = '',
        balances_up_to = NULL, observed_at = NULL
    WHERE company_id = ANY($1::text[])
"""


async def apply(connection: asyncpg.Connection, batch: Round) -> None:
    """Applies the round's purges; the fold has let through only those above the fence."""
    purges = [segment.purge for segment in batch if segment.purge is not None]
    if not purges:
        return
    seconds = await connection.fetchval(TAKE_LONGER, SECONDS_MAX, column=2)
    execute = partial(connection.execute, timeout=seconds)
    await execute(COUNT, orjson.dumps([_row(purge) for purge in purges]).decode())
    whole = [purge.company_id for purge in purges if purge.fiscal_years is None]
    if whole:
        for statement in DELETE_ALL.values():
            await execute(statement, whole)
        await execute(FORGET, whole)
    years = [(purge.company_id, year) for purge in purges for year in purge.fiscal_years or ()]
    if years:
        companies, first_days = zip(*years, strict=True)
        for statement in DELETE_YEARS.values():
            await execute(statement, list(companies), list(first_days))


def _row(purge: LedgerPurged) -> dict[str, Any]:
    return {
        "company_id": purge.company_id,
        "generation": purge.generation,
        "purged_at": purge.occurred_at,
        "years": purge.fiscal_years,
    }

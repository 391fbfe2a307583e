"""Emptying a company's bookkeeping: all of it but the fence, or some fiscal years."""

import asyncpg

from projections.ledger.fold import Round

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
FORGET = """
    UPDATE company SET name = '', organisation_number = NULL, currency = 'SEK', program = '',
        balances_up_to = NULL, observed_at = NULL
    WHERE company_id = ANY($1::text[])
"""


async def apply(connection: asyncpg.Connection, batch: Round) -> None:
    """Applies the round's purges; the fold has let through only those above the fence."""
    purges = [segment.purge for segment in batch if segment.purge is not None]
    whole = [purge.company_id for purge in purges if purge.fiscal_years is None]
    if whole:
        for statement in DELETE_ALL.values():
            await connection.execute(statement, whole)
        await connection.execute(FORGET, whole)
    years = [(purge.company_id, year) for purge in purges for year in purge.fiscal_years or ()]
    if years:
        companies, first_days = zip(*years, strict=True)
        for statement in DELETE_YEARS.values():
            await connection.execute(statement, list(companies), list(first_days))

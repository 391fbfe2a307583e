"""What is the balance of every account in a fiscal year: at its start, moved, and after it?"""

from datetime import date
from decimal import Decimal
from typing import Literal

import asyncpg

from projections.queries.company_facts import check_known
from projections.queries.fiscal_years import Year, choose, fiscal_years
from projections.queries.snapshot import LEDGER_VIEWS, snapshot
from schemas.model import Model

# From the balances that the projection keeps: it does not grow with the postings.
TRIAL_BALANCE = """
    SELECT account, coalesce(chart.name, '') AS name,
        coalesce(opening.amount, 0.00) AS opening,
        coalesce(moved.movement, 0.00) AS movement,
        coalesce(opening.amount, 0.00) + coalesce(moved.movement, 0.00) AS closing
    FROM (
        SELECT account, amount FROM opening_balance
        WHERE company_id = $1 AND fiscal_year = $2 AND dimension = ''
    ) AS opening
    FULL JOIN (
        SELECT account, sum(movement) AS movement FROM account_balance
        WHERE company_id = $1 AND fiscal_year = $2 GROUP BY account
    ) AS moved USING (account)
    LEFT JOIN (
        SELECT account, name FROM account WHERE company_id = $1 AND fiscal_year = $2
    ) AS chart USING (account)
    ORDER BY account COLLATE "C"
"""
# Balances without vouchers: what the source states at the end, and from it the movement.
STATED_BALANCE = """
    SELECT account, coalesce(chart.name, '') AS name,
        CASE WHEN is_result THEN 0.00 ELSE coalesce(opening.amount, 0.00) END AS opening,
        coalesce(stated.amount, 0.00)
            - CASE WHEN is_result THEN 0.00 ELSE coalesce(opening.amount, 0.00) END AS movement,
        coalesce(stated.amount, 0.00) AS closing
    FROM (
        SELECT account, amount FROM opening_balance
        WHERE company_id = $1 AND fiscal_year = $2 AND dimension = ''
    ) AS opening
    FULL JOIN (
        SELECT DISTINCT ON (account) account, amount, kind = 'result' AS is_result
        FROM control_total WHERE company_id = $1 AND fiscal_year = $2
            AND part = 'opening_balances' AND dimension = ''
        ORDER BY account, kind
    ) AS stated USING (account)
    LEFT JOIN (
        SELECT account, name FROM account WHERE company_id = $1 AND fiscal_year = $2
    ) AS chart USING (account)
    ORDER BY account COLLATE "C"
"""
# Vouchers go before what the source states, once they have been read whole: some that were added
# (SIE 4I) are no year.
HAS_TOTALS_ALONE = """
    SELECT EXISTS (
        SELECT FROM control_total WHERE company_id = $1 AND fiscal_year = $2
            AND part = 'opening_balances' AND dimension = ''
    ) AND NOT EXISTS (
        SELECT FROM read_result WHERE company_id = $1 AND fiscal_year = $2
            AND part = 'vouchers' AND state = 'complete' AND snapshot)
"""
Basis = Literal["vouchers", "totals"]


class YearSpan(Model):
    start: date
    end: date | None  # None: the source has not said it yet.


class AccountRow(Model):
    account: str
    name: str
    opening: Decimal
    movement: Decimal
    closing: Decimal


class Totals(Model):
    opening: Decimal
    movement: Decimal
    closing: Decimal


class TrialBalance(Model):
    company_id: str
    fiscal_year: YearSpan
    basis: Basis  # totals: the source's own, of a year that has balances and no vouchers.
    accounts: tuple[AccountRow, ...]
    totals: Totals


async def trial_balance(
    connection: asyncpg.Connection,
    company_id: str,
    wanted: int | date | None = None,
    *,
    ledger: str = LEDGER_VIEWS,
) -> TrialBalance:
    """The trial balance of a year. Raises UnknownCompany, and as fiscal_years.choose does."""
    async with snapshot(connection, ledger=ledger):
        source = await check_known(connection, company_id)
        known = await fiscal_years(connection, company_id)
        year = choose(company_id, known, wanted, source=source)
        is_stated = await connection.fetchval(HAS_TOTALS_ALONE, company_id, year.first_day)
        statement = STATED_BALANCE if is_stated else TRIAL_BALANCE
        rows = await connection.fetch(statement, company_id, year.first_day)
    basis: Basis = "totals" if is_stated else "vouchers"
    return _trial_balance(company_id, year, basis, tuple(AccountRow(**row) for row in rows))


def _trial_balance(
    company_id: str, year: Year, basis: Basis, accounts: tuple[AccountRow, ...]
) -> TrialBalance:
    nothing = Decimal("0.00")
    return TrialBalance(
        company_id=company_id,
        fiscal_year=YearSpan(start=year.first_day, end=year.last_day),
        basis=basis,
        accounts=accounts,
        totals=Totals(
            opening=sum((row.opening for row in accounts), nothing),
            movement=sum((row.movement for row in accounts), nothing),
            closing=sum((row.closing for row in accounts), nothing),
        ),
    )

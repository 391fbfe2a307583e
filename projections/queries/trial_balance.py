"""What is the balance of every account in a fiscal year: at its start, moved, and after it?"""

from datetime import date
from decimal import Decimal

import asyncpg

from projections.queries.company_facts import check_known
from projections.queries.fiscal_years import Year, choose, fiscal_years
from projections.queries.snapshot import snapshot
from schemas.model import Model

# From the balances that the projection keeps: it does not grow with the postings.
TRIAL_BALANCE = """
    SELECT account, coalesce(chart.name, '') AS name,
        coalesce(opening.amount, 0.00) AS opening,
        coalesce(moved.movement, 0.00) AS movement,
        coalesce(opening.amount, 0.00) + coalesce(moved.movement, 0.00) AS closing
    FROM (
        SELECT account, amount FROM ledger.opening_balance
        WHERE company_id = $1 AND fiscal_year = $2 AND dimension = ''
    ) AS opening
    FULL JOIN (
        SELECT account, sum(movement) AS movement FROM ledger.account_balance
        WHERE company_id = $1 AND fiscal_year = $2 GROUP BY account
    ) AS moved USING (account)
    LEFT JOIN (
        SELECT account, name FROM ledger.account WHERE company_id = $1 AND fiscal_year = $2
    ) AS chart USING (account)
    ORDER BY account COLLATE "C"
"""


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
    accounts: tuple[AccountRow, ...]
    totals: Totals


async def trial_balance(
    connection: asyncpg.Connection, company_id: str, wanted: int | date | None = None
) -> TrialBalance:
    """The trial balance of a year. Raises UnknownCompany, and as fiscal_years.choose does."""
    async with snapshot(connection):
        await check_known(connection, company_id)
        year = choose(company_id, await fiscal_years(connection, company_id), wanted)
        rows = await connection.fetch(TRIAL_BALANCE, company_id, year.first_day)
    return _trial_balance(company_id, year, tuple(AccountRow(**row) for row in rows))


def _trial_balance(company_id: str, year: Year, accounts: tuple[AccountRow, ...]) -> TrialBalance:
    nothing = Decimal("0.00")
    return TrialBalance(
        company_id=company_id,
        fiscal_year=YearSpan(start=year.first_day, end=year.last_day),
        accounts=accounts,
        totals=Totals(
            opening=sum((row.opening for row in accounts), nothing),
            movement=sum((row.movement for row in accounts), nothing),
            closing=sum((row.closing for row in accounts), nothing),
        ),
    )

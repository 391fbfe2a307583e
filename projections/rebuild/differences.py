"""Where a rebuilt version differs from the one in use: which vouchers, balances and other rows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from string import Template

import asyncpg

from projections.rebuild.differing_tables import TableDifference, differing_tables
from projections.rebuild.differing_vouchers import (
    VOUCHER_TABLES,
    VoucherDifference,
    differing_vouchers,
)
from projections.rebuild.digests import Place
from projections.rebuild.versions import Versions
from schemas.model import Model

SHOWN_MAX = 20
# A voucher is told with its postings, a balance with its account; of other tables rows are counted.
BALANCE_TABLE = "account_balance"
BALANCES = Template("""
    SELECT fiscal_year, account, month, in_use.movement AS in_use, rebuilt.movement AS rebuilt,
        in_use.postings AS postings_in_use, rebuilt.postings AS postings_rebuilt,
        count(*) OVER () AS total
    FROM (
        SELECT * FROM ${in_use}.account_balance
        WHERE company_id = $$1 AND fiscal_year = ANY($$2)
    ) AS in_use
    FULL JOIN (
        SELECT * FROM ${rebuilt}.account_balance
        WHERE company_id = $$1 AND fiscal_year = ANY($$2)
    ) AS rebuilt USING (fiscal_year, account, month)
    WHERE (in_use.movement, in_use.postings)
        IS DISTINCT FROM (rebuilt.movement, rebuilt.postings)
    ORDER BY fiscal_year, account COLLATE "C", month LIMIT $$3
""")


class BalanceDifference(Model):
    """An account's movement in a month; None: the side has none."""

    fiscal_year: date
    account: str
    month: date
    in_use: Decimal | None
    rebuilt: Decimal | None
    postings_in_use: int | None
    postings_rebuilt: int | None


class Differences(Model):
    """The first of what differs, and how much it is in all."""

    vouchers: tuple[VoucherDifference, ...] = ()
    vouchers_total: int = 0
    balances: tuple[BalanceDifference, ...] = ()
    balances_total: int = 0
    tables: tuple[TableDifference, ...] = ()


async def differences(
    connection: asyncpg.Connection,
    versions: Versions,
    company_id: str,
    places: Sequence[Place],
    shown_max: int = SHOWN_MAX,
) -> Differences:
    """How the versions differ in those places of the company: the ones whose digests differ.

    The connection sees both versions at the same offsets.
    """
    years = defaultdict[str, set[date | None]](set)
    for place in places:
        if place.company_id == company_id:
            years[place.table].add(place.fiscal_year)
    of_vouchers = [year for table in VOUCHER_TABLES for year in years.pop(table, ())]
    of_balances = list(years.pop(BALANCE_TABLE, ()))
    of = (connection, versions, company_id)
    vouchers, vouchers_total = await differing_vouchers(*of, of_vouchers, shown_max)
    balances, balances_total = await _balances(*of, of_balances, shown_max)
    return Differences(
        vouchers=vouchers,
        vouchers_total=vouchers_total,
        balances=balances,
        balances_total=balances_total,
        tables=await differing_tables(*of, years),
    )


async def _balances(
    connection: asyncpg.Connection,
    versions: Versions,
    company_id: str,
    years: Sequence[date | None],
    shown_max: int,
) -> tuple[tuple[BalanceDifference, ...], int]:
    if not years:
        return (), 0
    statement = BALANCES.substitute(vars(versions))
    found = await connection.fetch(statement, company_id, years, shown_max)
    told = tuple(BalanceDifference(**row) for row in found)
    return told, found[0]["total"] if found else 0

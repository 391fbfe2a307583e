"""The movement of every account, per company, fiscal year and month, with its postings' count."""

from collections.abc import Mapping
from decimal import Decimal

import asyncpg

from projections.ledger.voucher_diff import BalanceKey

Movements = Mapping[BalanceKey, tuple[Decimal, int]]  # The amount, and the number of postings.

ADD = """
    INSERT INTO account_balance (company_id, fiscal_year, account, month, movement, postings)
    SELECT * FROM unnest(
        $1::text[], $2::date[], $3::text[], $4::date[], $5::numeric[], $6::bigint[])
    ON CONFLICT (company_id, fiscal_year, account, month) DO UPDATE
    SET movement = account_balance.movement + excluded.movement,
        postings = account_balance.postings + excluded.postings
"""
# A balance to which no posting contributes any more goes.
DROP_EMPTY = """
    DELETE FROM account_balance
    USING unnest($1::text[], $2::date[], $3::text[], $4::date[])
        AS key (company_id, fiscal_year, account, month)
    WHERE account_balance.company_id = key.company_id
        AND account_balance.fiscal_year = key.fiscal_year
        AND account_balance.account = key.account AND account_balance.month = key.month
        AND postings = 0
"""


def net(added: Movements, taken: Movements) -> Movements:
    """Both movements in one; `taken` is negative already."""
    total = dict(added)
    for key, (amount, count) in taken.items():
        other_amount, other_count = total.get(key, (Decimal(0), 0))
        total[key] = (other_amount + amount, other_count + count)
    return total


async def move(connection: asyncpg.Connection, movements: Movements) -> None:
    """Adds the movements to the balances."""
    if not movements:
        return
    keys = sorted(movements)
    amounts = [movements[key][0] for key in keys]
    counts = [movements[key][1] for key in keys]
    await connection.execute(ADD, *_columns(keys), amounts, counts)
    lowered = [key for key in keys if movements[key][1] < 0]
    if lowered:
        await connection.execute(DROP_EMPTY, *_columns(lowered))


def _columns(keys: list[BalanceKey]) -> tuple[list[object], ...]:
    return tuple([key[place] for key in keys] for place in range(4))

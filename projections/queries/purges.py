"""What would a purge take, how far has one come, and which have there been?"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import asyncpg

from projections.queries.fiscal_years import fiscal_years
from projections.queries.snapshot import snapshot
from schemas.model import Model

# Postings as the balances count them: struck rows are none.
CONTENTS = """
    SELECT year AS first_day,
        (SELECT count(*) FROM ledger.voucher AS booked
            WHERE booked.company_id = $1 AND booked.fiscal_year = year) AS vouchers,
        (SELECT coalesce(sum(postings), 0)::bigint FROM ledger.account_balance AS balance
            WHERE balance.company_id = $1 AND balance.fiscal_year = year) AS postings,
        (SELECT count(*) FROM ledger.set_aside_voucher AS aside
            WHERE aside.company_id = $1 AND aside.fiscal_year = year) AS set_aside
    FROM unnest($2::date[]) WITH ORDINALITY AS wanted (year, place) ORDER BY place
"""
# As the ledger will count the years that are left.
OTHERS_ARE_LEFT = """
    SELECT EXISTS (SELECT FROM ledger.account_balance
            WHERE company_id = $1 AND fiscal_year <> ALL($2::date[]))
        OR EXISTS (SELECT FROM ledger.control_total WHERE company_id = $1
            AND part = 'opening_balances' AND fiscal_year <> ALL($2::date[]))
"""
# It is told as completed once the status shows it; an id that is used again long after is another.
PURGE_STATE = """
    SELECT asked.generation, asked.fiscal_years, coalesce(told.vouchers, 0) AS vouchers,
        coalesce(told.postings, 0) AS postings,
        coalesce(told.state, 'started') AS state
    FROM engine.purge AS asked
    LEFT JOIN status.purge AS told USING (company_id, generation)
    WHERE asked.company_id = $1 AND asked.command_id = $2 ORDER BY generation DESC LIMIT 1
"""
LAST_PURGES = """
    SELECT generation, fiscal_years, reload, requested_by, state, started_at, completed_at,
        vouchers, postings
    FROM status.purge WHERE company_id = $1 ORDER BY generation DESC LIMIT 3
"""
LAST_PURGE_OF_EACH = """
    SELECT DISTINCT ON (company_id) company_id, generation, fiscal_years, reload, requested_by,
        state, started_at, completed_at, vouchers, postings
    FROM status.purge ORDER BY company_id, generation DESC
"""
# Superseded: its message was lost, and a later purge has come.
State = Literal["started", "completed", "superseded"]


class YearContents(Model):
    """What the ledger holds of a fiscal year."""

    first_day: date
    last_day: date | None  # None: the source has not said it yet.
    vouchers: int
    postings: int
    set_aside: int


class Contents(Model):
    """What a purge would take, and whether it would leave no bookkeeping at all."""

    years: tuple[YearContents, ...]
    are_the_last: bool


class PurgeState(Model):
    generation: int
    fiscal_years: tuple[date, ...] | None  # None: all of them.
    state: State
    vouchers: int  # What went, once it is completed.
    postings: int


class PastPurge(Model):
    """A time that a company's bookkeeping was emptied, or is to be, and by whom."""

    generation: int
    fiscal_years: tuple[date, ...] | None
    reload: bool
    requested_by: str
    state: State
    started_at: datetime
    completed_at: datetime | None
    vouchers: int
    postings: int


async def contents(
    connection: asyncpg.Connection, company_id: str, years: Sequence[date] | None
) -> Contents:
    """What the ledger holds of those years, or of all that it knows; the oldest first."""
    async with snapshot(connection):
        known = await fiscal_years(connection, company_id)
        last_days = {year.first_day: year.last_day for year in known}
        wanted = list(last_days) if years is None else sorted(years)
        rows = await connection.fetch(CONTENTS, company_id, wanted)
        others = years is not None and await connection.fetchval(
            OTHERS_ARE_LEFT, company_id, wanted
        )
    found = (YearContents(**row, last_day=last_days.get(row["first_day"])) for row in rows)
    return Contents(years=tuple(found), are_the_last=not others)


async def purge_state(
    connection: asyncpg.Connection, company_id: str, command_id: str
) -> PurgeState | None:
    """How far the purge has come that a command has led to; None where there is none."""
    row = await connection.fetchrow(PURGE_STATE, company_id, command_id)
    return None if row is None else PurgeState(**row)


async def last_purges(connection: asyncpg.Connection, company_id: str) -> tuple[PastPurge, ...]:
    """The newest purges of a company, ended or not, the newest first."""
    return tuple(PastPurge(**row) for row in await connection.fetch(LAST_PURGES, company_id))


async def last_purge_of_each(connection: asyncpg.Connection) -> dict[str, PastPurge]:
    """The newest purge of each company that has had one."""
    found = [dict(row) for row in await connection.fetch(LAST_PURGE_OF_EACH)]
    return {row.pop("company_id"): PastPurge(**row) for row in found}

"""Which vouchers of a company could not be booked, and why?"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date
from decimal import Decimal

import asyncpg

from projections.queries.selection import Selection, selected
from projections.queries.snapshot import LEDGER_VIEWS
from schemas.model import Model

Day = date  # SetAsideRow has a field of the type's name.
# In the order of vouchers; those without a date that could be read come last.
SET_ASIDE = """
    SELECT fiscal_year, series, number, occurrence, voucher_date AS date, reason, difference,
        detail, kept_digest IS NOT NULL AS number_is_booked, source_text
    FROM set_aside_voucher
    WHERE company_id = $1 AND ($2::date IS NULL OR fiscal_year = $2)
        AND ($3::text IS NULL OR series = $3)
    ORDER BY voucher_date NULLS LAST, series COLLATE "C",
        CASE WHEN number ~ '^[0-9]+$' THEN number::numeric END NULLS LAST,
        number COLLATE "C", fiscal_year, occurrence
    LIMIT $4 OFFSET $5
"""
COUNT = """
    SELECT count(*) FROM set_aside_voucher
    WHERE company_id = $1 AND ($2::date IS NULL OR fiscal_year = $2)
        AND ($3::text IS NULL OR series = $3)
"""


class SetAsideRow(Model):
    fiscal_year: Day
    series: str
    number: str
    occurrence: int
    date: Day | None  # Where it could be read.
    reason: str  # SetAsideReason
    difference: Decimal | None
    detail: str
    number_is_booked: bool  # Whether the books hold a good voucher under its number.
    source_text: str


async def set_aside_vouchers(
    connection: asyncpg.Connection,
    company_id: str,
    selection: Selection,
    *,
    ledger: str = LEDGER_VIEWS,
) -> AsyncGenerator[SetAsideRow, None]:
    """The vouchers that were set aside. Raises UnknownCompany, UnknownFiscalYear …"""
    found = selected(
        connection, company_id, selection, statement=SET_ASIDE, count=COUNT, ledger=ledger
    )
    async with aclosing(found) as rows:
        async for row in rows:
            yield SetAsideRow(**row)

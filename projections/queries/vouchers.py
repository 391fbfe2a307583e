"""Which vouchers has a company, by date, series and number?"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date
from decimal import Decimal
from typing import Literal

import asyncpg
from pydantic import TypeAdapter

from projections.queries.selection import Selection, selected
from projections.queries.snapshot import LEDGER_VIEWS
from schemas.model import Model

Day = date  # VoucherRow has a field of the type's name.
# Numbers that are numbers come in their order, others after them in that of their characters.
VOUCHERS = """
    SELECT picked.fiscal_year, picked.series, picked.number, picked.voucher_date, picked.text,
        picked.registered_on, picked.source_id, rows.booked, rows.struck
    FROM (
        SELECT *, CASE WHEN number ~ '^[0-9]+$' THEN number::numeric END AS numeric_number
        FROM voucher
        WHERE company_id = $1 AND ($2::date IS NULL OR fiscal_year = $2)
            AND ($3::text IS NULL OR series = $3)
        ORDER BY voucher_date, series COLLATE "C", numeric_number NULLS LAST,
            number COLLATE "C", fiscal_year, occurrence
        LIMIT $4 OFFSET $5
    ) AS picked
    CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object('account', account, 'amount', amount::text,
                'text', text, 'quantity', trim_scale(quantity)::text, 'state', state,
                'objects', coalesce(objects, '{}'))
                ORDER BY line) FILTER (WHERE state <> 'struck'), '[]') AS booked,
            coalesce(json_agg(json_build_object('account', account, 'amount', amount::text,
                'text', text, 'quantity', trim_scale(quantity)::text,
                'objects', coalesce(objects, '{}'))
                ORDER BY line) FILTER (WHERE state = 'struck'), '[]') AS struck
        FROM posting AS row
        WHERE row.company_id = $1 AND row.fiscal_year = picked.fiscal_year
            AND row.series = picked.series AND row.number = picked.number
            AND row.occurrence = picked.occurrence
    ) AS rows
    ORDER BY picked.voucher_date, picked.series COLLATE "C", numeric_number NULLS LAST,
        picked.number COLLATE "C", picked.fiscal_year, picked.occurrence
"""
COUNT = """
    SELECT count(*) FROM voucher
    WHERE company_id = $1 AND ($2::date IS NULL OR fiscal_year = $2)
        AND ($3::text IS NULL OR series = $3)
"""


class StruckRow(Model):
    """A row that was taken out again: kept for audit, in no balance."""

    account: str
    amount: Decimal
    text: str
    quantity: Decimal | None
    objects: dict[str, str]


class PostingRow(Model):
    account: str
    amount: Decimal
    text: str
    quantity: Decimal | None
    state: Literal["booked", "added"]
    objects: dict[str, str]


class VoucherRow(Model):
    fiscal_year: Day
    series: str
    number: str
    date: Day
    text: str
    registered_on: Day | None
    source_id: str | None
    postings: tuple[PostingRow, ...]
    struck: tuple[StruckRow, ...]


_POSTINGS: TypeAdapter[tuple[PostingRow, ...]] = TypeAdapter(tuple[PostingRow, ...])
_STRUCK: TypeAdapter[tuple[StruckRow, ...]] = TypeAdapter(tuple[StruckRow, ...])


async def vouchers(
    connection: asyncpg.Connection,
    company_id: str,
    selection: Selection,
    *,
    ledger: str = LEDGER_VIEWS,
) -> AsyncGenerator[VoucherRow, None]:
    """The vouchers, page by page from one snapshot. Raises UnknownCompany, UnknownFiscalYear …"""
    found = selected(
        connection, company_id, selection, statement=VOUCHERS, count=COUNT, ledger=ledger
    )
    async with aclosing(found) as rows:
        async for row in rows:
            yield _voucher(row)


def _voucher(row: asyncpg.Record) -> VoucherRow:
    return VoucherRow(
        fiscal_year=row["fiscal_year"],
        series=row["series"],
        number=row["number"],
        date=row["voucher_date"],
        text=row["text"],
        registered_on=row["registered_on"],
        source_id=row["source_id"],
        postings=_POSTINGS.validate_json(row["booked"]),
        struck=_STRUCK.validate_json(row["struck"]),
    )

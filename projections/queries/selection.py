"""Which vouchers of a company are meant: of a year, of a series, the first or the latest?"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date

import asyncpg

from projections.queries.company_facts import check_known
from projections.queries.fiscal_years import choose, fiscal_years
from projections.queries.snapshot import LEDGER_VIEWS, snapshot

PAGE_ROWS = 500


@dataclass(frozen=True)
class Selection:
    """Which vouchers: of a year, of a series; the first so many, or the latest so many."""

    year: int | date | None = None
    series: str | None = None
    first: int | None = None
    latest: int | None = None


async def selected(
    connection: asyncpg.Connection,
    company_id: str,
    selection: Selection,
    *,
    statement: str,
    count: str,
    ledger: str = LEDGER_VIEWS,
) -> AsyncGenerator[asyncpg.Record, None]:
    """The rows that the statement gives, page by page from one snapshot.

    It takes the company, the year's first day, the series, limit and offset; `count` the first
    three. Raises UnknownCompany, and as fiscal_years.choose does.
    """
    async with snapshot(connection, ledger=ledger):
        source = await check_known(connection, company_id)
        first_day = None
        if selection.year is not None:
            years = await fiscal_years(connection, company_id)
            first_day = choose(company_id, years, selection.year, source=source).first_day
        limit, offset = selection.first, 0
        if selection.latest is not None:
            rows = await connection.fetchval(count, company_id, first_day, selection.series)
            limit, offset = selection.latest, max(0, rows - selection.latest)
        arguments = (company_id, first_day, selection.series, limit, offset)
        async for row in connection.cursor(statement, *arguments, prefetch=PAGE_ROWS):
            yield row

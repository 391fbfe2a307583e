"""Which fiscal years a company has is told at once, however many vouchers there are."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import asyncpg
import orjson
import pytest

from projections.migrate import LEDGER
from projections.queries.fiscal_years import FISCAL_YEARS, fiscal_years
from projections.queries.snapshot import snapshot
from tests.builders import COMPANY

pytestmark = pytest.mark.engine
YEARS = [date(year, 1, 1) for year in (2023, 2024, 2025)]
VOUCHERS = 5_000  # In each year but the last one, of both companies.
FILL = f"""
    INSERT INTO {LEDGER.schema(1)}.fiscal_year
    SELECT $1, first_day, first_day + 364, NULL, 1, 1 FROM unnest($2::date[]) AS first_day
"""
BOOK = f"""
    INSERT INTO {LEDGER.schema(1)}.voucher
    SELECT company_id, first_day, 'A', number::text, 1, first_day, '', NULL, '', NULL, '', 1, 1
    FROM unnest($1::text[]) AS company_id, unnest($2::date[]) AS first_day,
        generate_series(1, $3) AS number
"""
SETTLE = f"VACUUM (ANALYZE) {LEDGER.schema(1)}.voucher, {LEDGER.schema(1)}.fiscal_year"


async def test_a_look_at_the_years_does_not_grow_with_the_vouchers(
    database: asyncpg.Connection,
) -> None:
    await database.execute(FILL, COMPANY, YEARS)
    await database.execute(BOOK, [COMPANY, "snickeriet"], YEARS[:-1], VOUCHERS)
    await database.execute(SETTLE)

    async with snapshot(database):
        found = await fiscal_years(database, COMPANY)
        plan = await database.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {FISCAL_YEARS}", COMPANY)

    assert [(year.first_day, year.has_vouchers) for year in found] == [
        (YEARS[0], True),
        (YEARS[1], True),
        (YEARS[2], False),
    ]
    looked_at = [_rows(node) for node in _nodes(orjson.loads(plan)[0]["Plan"])]
    assert 0 < sum(looked_at) <= len(YEARS)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _rows(node: dict[str, Any]) -> float:
    """The vouchers that it has looked at."""
    if node.get("Relation Name") != "voucher":
        return 0
    rows = float(node["Actual Rows"]) + float(node.get("Rows Removed by Filter", 0))
    return rows * int(node["Actual Loops"])

"""Companies of a stated size, written by COPY into the ledger's own tables, year by year."""

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import asyncpg

from projections.ledger import voucher_change
from projections.ledger.voucher import POSTING_COLUMNS, VOUCHER_COLUMNS
from projections.migrate import LEDGER
from tests.bench.copy_baseline import Rows

YEARS = (date(2023, 1, 1), date(2024, 1, 1), date(2025, 1, 1))
SOURCE = "fortnox"
RUN, ATTEMPT = 1, 1
AT = datetime(2026, 1, 2, tzinfo=UTC)
ACCOUNTS = ("1510", "2611", "3740", *(str(3000 + number) for number in range(90)))
# Tables without an entry take all their columns, in their order.
COLUMNS = {
    "voucher": VOUCHER_COLUMNS,
    "posting": POSTING_COLUMNS,
    "voucher_change": voucher_change.COLUMNS,
}
ADD_COMPANY = """
    INSERT INTO engine.company (company_id, source, registered_at, run_number)
    VALUES ($1, $2, $3, $4)
"""
DESCRIBE = f"""
    INSERT INTO {LEDGER.schema(1)}.company (company_id, name, generation, run_number, attempt)
    VALUES ($1, $1, 0, $2, $3)
"""


@dataclass
class YearRows:
    """One year of one company, by table."""

    tables: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))

    @property
    def postings(self) -> int:
        return len(self.tables["posting"])

    @property
    def rows(self) -> int:
        return sum(len(rows) for rows in self.tables.values())


def a_year(company: str, year: date, *, vouchers: int) -> YearRows:
    """Vouchers of three postings, every third of them with a fourth."""
    rows = YearRows()
    balances: defaultdict[tuple[str, date], list[Decimal]] = defaultdict(list)
    for number in range(1, vouchers + 1):
        key = (company, year, "A", str(number), 1)
        day = year + timedelta(days=number % 365)
        digest = blake2b(repr(key).encode(), digest_size=16).digest()
        seen = (RUN, ATTEMPT)
        text = f"Faktura {number}"
        rows.tables["voucher"].append((*key, day, text, day, "", None, digest, *seen))
        rows.tables["voucher_change"].append((*key, RUN, None, digest, AT))
        for line, (account, amount, objects) in enumerate(_postings(number), start=1):
            posting = (account, day, amount, "booked", "Försäljning", None, objects, None, "")
            rows.tables["posting"].append((*key, line, *posting))
            balances[account, day.replace(day=1)].append(amount)
    for (account, month), amounts in balances.items():
        balance = (company, year, account, month, sum(amounts), len(amounts))
        rows.tables["account_balance"].append(balance)
    for account in ACCOUNTS:
        name = f"Konto {account}"
        rows.tables["account"].append((company, year, account, name, None, "", "{}", *seen))
        opening = (company, year, account, "", "", Decimal("100.00"), None, *seen)
        rows.tables["opening_balance"].append(opening)
    last_day = date(year.year, 12, 31)
    rows.tables["fiscal_year"].append((company, year, last_day, None, *seen))
    return rows


def _postings(number: int) -> Iterator[tuple[str, Decimal, str | None]]:
    net, vat, cents = Decimal(number) + Decimal("0.50"), Decimal("12.25"), Decimal("0.25")
    yield "1510", net + vat, f'{{"1": "{number % 20}"}}'
    yield f"{3000 + number % 90}", -net, None
    if number % 3:
        yield "2611", -vat, None
    else:
        yield "2611", cents - vat, None
        yield "3740", -cents, None


async def add(connection: asyncpg.Connection, company: str, years: list[YearRows]) -> list[float]:
    """Writes the company, each year in one transaction; the seconds that each took."""
    await connection.execute(ADD_COMPANY, company, SOURCE, AT, RUN)
    await connection.execute(DESCRIBE, company, RUN, ATTEMPT)
    return [await _copy(connection, year) for year in years]


async def _copy(connection: asyncpg.Connection, year: YearRows) -> float:
    started_at = time.perf_counter()
    async with connection.transaction():
        for table, records in year.tables.items():
            given: Any = COLUMNS.get(table)
            await connection.copy_records_to_table(
                table, schema_name=LEDGER.schema(1), records=records, columns=given
            )
    return time.perf_counter() - started_at

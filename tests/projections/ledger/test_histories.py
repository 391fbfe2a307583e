"""Any history of events, in any batches: the tables hold what the model says, to the byte."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from projections.ledger import projection
from projections.migrate import LEDGER
from projections.queries.verification import verification
from schemas.ledger_events import AnyLedgerEvent
from tests.projections.ledger.histories import COMPANIES, histories
from tests.projections.ledger.ledger_model import Books, balances, books_after
from tests.servers import PostgresServer

pytestmark = pytest.mark.engine
TABLES = (
    "company voucher posting account_balance voucher_change set_aside_voucher read_result"
    " control_total verification verification_difference"
).split()


@given(history=histories(), sizes=some.lists(some.integers(1, 9), min_size=1, max_size=5))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_tables_hold_what_the_model_says_whatever_the_batches(
    postgres_server: PostgresServer, history: list[AnyLedgerEvent], sizes: list[int]
) -> None:
    asyncio.run(_check(postgres_server, history, sizes))


async def _check(server: PostgresServer, history: list[AnyLedgerEvent], sizes: list[int]) -> None:
    """Both copies are rolled back: one database serves all examples."""
    connection = await asyncpg.connect(server.dsn)
    try:
        in_batches = await _tables_after(connection, _batches(history, sizes))
        one_by_one = await _tables_after(connection, [[event] for event in history])
    finally:
        await connection.close()
    assert in_batches == one_by_one
    for company, books in books_after(history).items():
        _compare(company, books, in_batches)


async def _tables_after(
    connection: asyncpg.Connection, batches: Sequence[Sequence[AnyLedgerEvent]]
) -> dict[str, list[Any]]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL search_path = {LEDGER.schema(1)}")
        for batch in batches:
            await projection.apply(connection, batch)
        tables: dict[str, list[Any]] = {}
        for table in TABLES:
            rows = await connection.fetch(f"SELECT * FROM {table} AS t ORDER BY t::text")
            tables[table] = [dict(row) for row in rows]
        found = [await verification(connection, company) for company in COMPANIES]
        return tables | {"told": [one.model_dump() for one in found]}
    finally:
        await transaction.rollback()


def _batches(history: list[AnyLedgerEvent], sizes: list[int]) -> list[list[AnyLedgerEvent]]:
    batches, start, turn = [], 0, 0
    while start < len(history):
        size = sizes[turn % len(sizes)]
        batches.append(history[start : start + size])
        start, turn = start + size, turn + 1
    return batches


def _compare(company: str, books: Books, tables: dict[str, list[Any]]) -> None:
    def of(table: str) -> list[Any]:
        return [row for row in tables[table] if row["company_id"] == company]

    key = ("fiscal_year", "series", "number", "occurrence")
    stored = {tuple(row[column] for column in key): row["digest"] for row in of("voucher")}
    assert stored == {k: voucher.digest for k, voucher in books.vouchers.items()}
    aside = {tuple(row[column] for column in key) for row in of("set_aside_voucher")}
    assert aside == books.set_aside
    moved = {
        (r["fiscal_year"], r["account"], r["month"]): r["movement"] for r in of("account_balance")
    }
    assert moved == balances(books)
    _compare_proofs(books, of)
    results = {(r["run_number"], r["attempt"], r["read"]): r["state"] for r in of("read_result")}
    assert {k: v for k, v in results.items() if v != "reading"} == books.results


def _compare_proofs(books: Books, of: Callable[[str], list[Any]]) -> None:
    differences = {
        (r["fiscal_year"], r["account"], r["kind"], r["expected"], r["actual"])
        for r in of("verification_difference")
    }
    proofs = books.proofs.of_year
    assert differences == {(y, *one) for y, proof in proofs.items() for one in proof.differences}
    stored = {
        r["fiscal_year"]: (r["state"], (r["run_number"], r["attempt"]), r["up_to"])
        for r in of("verification")
    }
    assert stored == {year: proof[:3] for year, proof in proofs.items()}
    (told,) = of("told")
    years = {key[0] for key in balances(books)} | {key[0] for key in books.set_aside}
    years |= proofs.keys()
    assert {year["fiscal_year"]: year["state"] for year in told["years"]} == {
        year: books.proofs.state_of(year) for year in years
    }

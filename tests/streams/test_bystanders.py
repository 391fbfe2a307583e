"""Report templates and budget versions lie beside the engine's tables: it neither sees nor moves
them, whatever it empties.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from schemas.ledger_events import AnyLedgerEvent
from streams.database import Database
from tests.builders import a_read, a_voucher, some_openings, some_years
from tests.bystanders import OWNER, TABLES, Bystanders
from tests.servers import PostgresServer
from tests.streams.command_topic import CommandTopic
from tests.streams.engine_log import EngineLog

pytestmark = pytest.mark.engine

EARLIER, LATER = date(2024, 1, 1), date(2025, 1, 1)
# What is asked for, and what a report shows of the company afterwards: vouchers by year.
EMPTYINGS: dict[str, tuple[str, dict[str, Any], dict[date, int]]] = {
    "a purge": ("purge_requested", {}, {}),
    "a purge of a year": ("purge_requested", {"fiscal_years": [EARLIER]}, {LATER: 2}),
    "a reload": ("purge_requested", {"reload": True}, {EARLIER: 2, LATER: 2}),
    "a removal": ("company_removal_requested", {}, {}),
}
FORBIDDEN = (
    "SELECT * FROM reporting.{table}",
    "INSERT INTO reporting.{table} SELECT",
    "UPDATE reporting.{table} SET company_id = NULL",
    "DELETE FROM reporting.{table}",
    "TRUNCATE reporting.{table}",
    "ALTER TABLE reporting.{table} DISABLE TRIGGER ALL",
    "DROP TABLE reporting.{table}",
    "CREATE TABLE reporting.mine ()",
    "DROP SCHEMA reporting CASCADE",
    "ALTER SCHEMA reporting OWNER TO CURRENT_USER",
    "SET ROLE reporting",
    "GRANT reporting TO CURRENT_USER",
)
RIGHTS = """
    SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
    FROM pg_roles WHERE rolname = current_user
"""
ROLES = """
    SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')
        AND rolname NOT IN (current_user, 'pg_database_owner')
"""


@pytest.fixture
async def bystanders(pool: Database, postgres_server: PostgresServer) -> AsyncIterator[Bystanders]:
    async with pool.connection() as connection:
        name = await connection.fetchval("SELECT current_database()")
    dsn = postgres_server.admin_dsn.replace("/bokflow?", f"/{name}?")
    async with Bystanders.beside(dsn) as bystanders:
        yield bystanders


def _fetched(company: str, year: date, **stamp: Any) -> list[AnyLedgerEvent]:
    vouchers = [a_voucher(str(number), year=year, day=year) for number in (1, 2)]
    return [
        some_years(EARLIER, LATER, company=company, **stamp),
        some_openings({"1930": "100.00"}, year=year, company=company, **stamp),
        *a_read(*vouchers, year=year, company=company, **stamp),
    ]


async def _fill(log: EngineLog, *companies: str, **stamp: Any) -> None:
    for company in companies:
        for year in (EARLIER, LATER):
            await log.publish(*_fetched(company, year, **stamp))


@pytest.mark.parametrize("emptying", EMPTYINGS)
async def test_they_are_the_same_to_the_byte_after(
    emptying: str, topic: CommandTopic, bystanders: Bystanders
) -> None:
    kind, fields, left = EMPTYINGS[emptying]
    log = EngineLog(topic.database)
    for company in ("bageriet", "snickeriet"):
        await topic.command("connection_requested", company, source="fortnox")
    await _fill(log, "bageriet", "snickeriet")
    await log.settle()
    before = await bystanders.digests()
    others = [("snickeriet", str(year), 2) for year in (EARLIER, LATER)]
    assert len(await bystanders.booked()) == 2 * len(others)

    await topic.command(kind, **fields)
    await log.settle()
    assert await bystanders.booked() == _shown({} if fields.get("reload") else left) + others
    if fields.get("reload"):
        await _fill(log, "bageriet", generation=1, run=2)

    assert await bystanders.digests() == before
    assert await bystanders.booked() == _shown(left) + others


def _shown(left: dict[date, int]) -> list[tuple[str, str, int]]:
    return [("bageriet", str(year), vouchers) for year, vouchers in left.items()]


@pytest.mark.parametrize("is_open", [False, True], ids=["shut", "open"])
async def test_postgresql_refuses_the_engine(
    is_open: bool, pool: Database, bystanders: Bystanders
) -> None:
    if is_open:  # It may name them, and no more.
        await bystanders.connection.execute("GRANT USAGE ON SCHEMA reporting TO PUBLIC")
    before = await bystanders.digests()
    statements = [one.format(table=table) for table in TABLES for one in FORBIDDEN]

    refused = [statement for statement in statements if await _is_refused(pool, statement)]

    assert refused == statements
    assert await bystanders.digests() == before


async def _is_refused(pool: Database, statement: str) -> bool:
    try:
        async with pool.connection() as connection:
            await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def test_the_engine_has_no_right_that_leads_to_them(
    pool: Database, bystanders: Bystanders
) -> None:
    async with pool.connection() as connection:
        rights = await connection.fetchrow(RIGHTS)
        roles = await connection.fetch(ROLES)

    assert rights is not None
    assert not any(rights)
    assert not roles
    owner = "SELECT rolsuper FROM pg_roles WHERE rolname = $1"
    assert await bystanders.connection.fetchval(owner, OWNER) is False

"""Builds that hold the same have the same digests, and whatever differs is found in its place."""

from collections.abc import Sequence
from datetime import date

import asyncpg
import pytest

from projections.migrate import TABLES_OF
from projections.rebuild.digests import Place, differing, digests
from schemas.ledger_events import CompanyObserved
from schemas.lifecycle_events import CompanyRegistered
from tests.builders import (
    COMPANY,
    YEAR,
    a_page,
    a_read,
    a_set_aside_voucher,
    a_total,
    a_voucher,
    an_event,
    some_years,
)
from tests.projections.rebuild.builds import (
    BUILT,
    BUILT_STATUS,
    LIVE,
    LIVE_STATUS,
    Builds,
)
from tests.servers import PostgresServer

pytestmark = pytest.mark.engine
LAST_YEAR = date(2024, 1, 1)
COPY_STATUS = (
    f"INSERT INTO {BUILT_STATUS}.company_status SELECT * FROM {LIVE_STATUS}.company_status"
)
SHUFFLE = f"""
    CREATE TEMPORARY TABLE shuffled AS SELECT * FROM {BUILT}.posting;
    DELETE FROM {BUILT}.posting;
    INSERT INTO {BUILT}.posting SELECT * FROM shuffled ORDER BY amount DESC, account
"""


async def filled(builds: Builds) -> None:
    """Two companies with the same books, one of them with a year more."""
    for company in ("butiken", COMPANY):
        await builds.project(
            an_event(CompanyObserved, company=company, part="company", year=None, name="Bageriet"),
            some_years(LAST_YEAR, YEAR, company=company),
            a_read(
                *(a_voucher(str(number), amount=f"{number}.00") for number in range(1, 6)),
                set_aside=[a_set_aside_voucher()],
                totals=[a_total("1930", "1.00")],
                company=company,
            ),
        )
    old = a_voucher("1", year=LAST_YEAR, day=LAST_YEAR)
    await builds.project(a_read(old, year=LAST_YEAR, run=2))


async def differing_places(builds: Builds, companies: Sequence[str] | None = None) -> list[Place]:
    live = await digests(builds.connection, LIVE, companies=companies)
    return differing(live, await digests(builds.connection, BUILT, companies=companies))


async def test_the_same_events_in_other_batches_and_rows_in_another_order_are_equal(
    builds: Builds,
) -> None:
    await filled(builds)
    await builds.connection.execute(SHUFFLE)

    assert await differing_places(builds) == []
    found = await digests(builds.connection, LIVE)
    assert found[Place(COMPANY, YEAR, "posting")].rows == 10
    assert found[Place(COMPANY, None, "company")].rows == 1


async def test_what_the_fence_ignored_is_counted_alike_in_any_batches(builds: Builds) -> None:
    late = [a_page(a_voucher("7"), run=1), a_page(a_voucher("8"), run=1, attempt=2)]
    await builds.project(a_read(a_voucher("1"), run=2), late, a_read(a_voucher("2"), run=3), late)

    ignored = await builds.connection.fetchval("SELECT ignored_events FROM ledger.company")

    assert ignored == 4
    assert await differing_places(builds) == []


@pytest.mark.parametrize(
    ("damage", "year", "table"),
    [
        ("UPDATE posting SET amount = -amount WHERE number = '3' AND line = 1", YEAR, "posting"),
        ("UPDATE posting SET text = text || ' '", YEAR, "posting"),
        ("UPDATE voucher SET text = 'Bröd' WHERE number = '3'", YEAR, "voucher"),
        ("UPDATE voucher SET registered_on = fiscal_year WHERE number = '3'", YEAR, "voucher"),
        ("DELETE FROM voucher WHERE number = '5'", YEAR, "voucher"),
        ("UPDATE account_balance SET movement = 0.01 + movement", YEAR, "account_balance"),
        ("UPDATE voucher_change SET changed_at = now()", YEAR, "voucher_change"),
        (
            "UPDATE voucher_change SET changed_at = changed_at + interval '4294967297 us'",
            *(YEAR, "voucher_change"),
        ),
        (
            "UPDATE account_balance SET postings = postings - 4294967296 - 1",
            YEAR,
            "account_balance",
        ),
        ("UPDATE account_balance SET postings = -4294967297 - postings", YEAR, "account_balance"),
        ("UPDATE company SET ignored_events = 4294967296", None, "company"),
        ("DELETE FROM set_aside_voucher", YEAR, "set_aside_voucher"),
        ("UPDATE read_result SET unchanged = 1 WHERE part = 'vouchers'", YEAR, "read_result"),
        ("UPDATE control_total SET amount = 2", YEAR, "control_total"),
        ("UPDATE verification SET openings = 'x'", YEAR, "verification"),
        ("UPDATE fiscal_year SET last_day = last_day - 1", YEAR, "fiscal_year"),
        ("UPDATE company SET ignored_events = 1", None, "company"),
        ("INSERT INTO purge_result VALUES ('bageriet', 1, 0, 0, now(), 0)", None, "purge_result"),
    ],
)
async def test_what_differs_is_found_in_its_place(
    builds: Builds, damage: str, year: date | None, table: str
) -> None:
    """One company's rows: the other's, and the other year's, stay equal."""
    await filled(builds)
    if not damage.startswith("INSERT"):
        damage += " AND" if "WHERE" in damage else " WHERE"
        damage += " company_id = 'bageriet'"
        damage += f" AND fiscal_year = '{year}'" if year else ""

    await builds.damage(damage)

    assert await differing_places(builds) == [Place(COMPANY, year, table)]
    assert await differing_places(builds, companies=["butiken"]) == []
    assert await differing_places(builds, companies=[COMPANY]) == [Place(COMPANY, year, table)]


async def test_rows_that_exchange_their_amounts_are_no_longer_the_same(builds: Builds) -> None:
    """Sums of columns would be the same; and the hash of an amount does not know its sign."""
    await builds.project(a_read(a_voucher("1"), a_voucher("2", amount="-125.00")))

    await builds.damage("UPDATE posting SET amount = -amount")

    assert await differing_places(builds) == [Place(COMPANY, YEAR, "posting")]


async def test_every_table_is_in_them(builds: Builds) -> None:
    for schema in (LIVE, LIVE_STATUS):
        for (table,) in await builds.connection.fetch(TABLES_OF, schema):
            assert await digests(builds.connection, schema, [table]) == {}
    await builds.connection.execute(f"CREATE TABLE {LIVE}.novelty AS SELECT 1 AS number")
    assert list(await digests(builds.connection, LIVE)) == [Place("", None, "novelty")]


async def test_a_table_that_only_one_side_has_differs(builds: Builds) -> None:
    await filled(builds)
    await builds.connection.execute(f"CREATE TABLE {BUILT}.novelty AS SELECT 1 AS number")

    assert await differing_places(builds) == [Place("", None, "novelty")]


async def test_the_tables_of_the_status_are_compared_too(builds: Builds) -> None:
    await builds.books.happened(CompanyRegistered, source="sie", name="Bageriet")
    status = await digests(builds.connection, LIVE_STATUS)
    place = Place(COMPANY, None, "company_status")

    assert differing(status, await digests(builds.connection, BUILT_STATUS)) == [place]
    await builds.connection.execute(COPY_STATUS)
    assert differing(status, await digests(builds.connection, BUILT_STATUS)) == []
    await builds.damage("UPDATE company_status SET failures_in_a_row = 1")
    assert differing(status, await digests(builds.connection, BUILT_STATUS)) == [place]


async def test_a_schema_that_is_not_there_equals_nothing(builds: Builds) -> None:
    with pytest.raises(AssertionError, match="ledger_9 has no tables"):
        await digests(builds.connection, "ledger_9")


async def test_they_are_of_the_snapshot_that_another_connection_has_exported(
    postgres_server: PostgresServer,
) -> None:
    async with postgres_server.fresh_database() as dsn:
        holder, reader = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        await reader.execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'")
        builds = Builds(holder)
        await builds.books.project(a_read(a_voucher("1")))
        async with holder.transaction(isolation="repeatable_read"):
            name = await holder.fetchval("SELECT pg_export_snapshot()")
            exported = await digests(holder, LIVE)
            async with reader.transaction(isolation="repeatable_read", readonly=True):
                await reader.execute(f"SET TRANSACTION SNAPSHOT '{name}'")
                writer = await asyncpg.connect(dsn)
                await Builds(writer).books.project(a_read(a_voucher("2"), run=2))
                await writer.close()
                assert await digests(reader, LIVE) == exported
        assert await digests(reader, LIVE) != exported
        await holder.close()
        await reader.close()

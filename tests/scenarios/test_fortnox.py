"""A company at Fortnox from its connection on: the ledger follows what its source does."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sie.generator import FIRST_YEAR, generate
from connectors.simulators.fortnox.made_up import company_of, fill
from connectors.simulators.fortnox.records import Company, VoucherKey, row
from connectors.simulators.fortnox.tenant import Tenant
from schemas.parts import PARTS
from tests.engine import Engine
from tests.scenarios.direct import YEARS, Vendor, book
from tests.scenarios.fortnox_company import (
    Service,
    changes_of,
    forward,
    is_the_same,
    lifecycle,
    settle,
    state_of,
    vouchers_of,
)

pytestmark = pytest.mark.engine

# The tables that a part fills, and their contents but for which run brought them.
TABLES = {
    "company": ("company",),
    "fiscal_years": ("fiscal_year",),
    "accounts": ("account",),
    "dimensions": ("object",),
    "opening_balances": ("opening_balance",),
    "vouchers": ("voucher", "posting", "account_balance", "voucher_change"),
}
CONTENTS = """
    SELECT to_jsonb(kept) - '{{run_number,attempt,seen_run,seen_attempt,observed_at}}'::text[]
    FROM ledger.{table} AS kept
"""
SUCCESSES = "SELECT part, last_success_at FROM status.part_status"

EARLIER, LATER = YEARS.values()
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MINUTES = timedelta(minutes=1)
# The clocks are changed at this moment: in spring an hour is left out, in autumn one comes twice.
CLOCK_CHANGES = {
    "spring": datetime(2027, 3, 28, 1, tzinfo=UTC),
    "autumn": datetime(2027, 10, 31, 1, tzinfo=UTC),
}


async def test_a_company_that_is_connected_is_fetched_and_proved_by_its_own_totals(
    engine: Engine, vendor: Vendor
) -> None:
    years = vendor.simulator.clock.now().year - FIRST_YEAR + 1
    generated = generate(seed=5, years=years, vouchers_per_year=60)
    company = company_of(generated, database_number=1)
    tenant = vendor.simulator.add_tenant("bygget", token="bygget", company=company)
    fill(tenant.books, generated, years=2)
    await engine.start_worker(**vendor.settings)

    async with Service.of(engine) as service:
        run = await service.connect("bygget")
        again = await service.sync("bygget")

    assert (run["state"], again["state"]) == ("completed", "completed")
    await is_the_same(engine, tenant)
    state = await state_of(engine, "bygget")
    assert (state.indicator, state.reason, state.syncing) == ("green", None, None)
    assert (state.name, state.source) == (generated.name, "fortnox")
    assert (state.verification.state, state.verification.differences) == ("verified", ())
    assert {part: found.state for part, found in state.parts.items()} == dict.fromkeys(PARTS, "ok")
    assert state.counts.vouchers == sum(
        len(tenant.books.vouchers(year)) for year in tenant.books.years
    )
    whole = (await vouchers_of(engine, run["run_id"])).values()
    assert all(read["snapshot"] and read["created"] for read in whole)
    assert not await changes_of(engine, again["run_id"])
    events = await lifecycle(
        engine, "bygget", "company_registered", "connection_established", "sync_completed"
    )
    assert [event["type"] for event in events] == [
        "company_registered.v1",
        "connection_established.v1",
        "sync_completed.v1",
        "sync_completed.v1",
    ]


async def test_what_changes_at_the_source_comes_with_the_next_run_and_what_goes_with_a_whole_one(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=6)
    books = tenant.books
    await engine.start_worker(**vendor.settings)

    async with Service.of(engine) as service:
        await service.connect("bageriet")
        book(books, amount="7.50")
        sale = (row(1930, "80.00"), row(3001, "-80.00"))
        books.add_voucher(3, "B", EARLIER, "Glömd faktura", sale)
        books.change_voucher(VoucherKey(4, "A", 2), text="Rättad", rows=sale)
        books.strike_row(VoucherKey(3, "A", 1), 0, row(6570, "1.50"))
        books.reuse_last_number(3, "A", EARLIER, "Ny med gammalt nummer", sale)
        books.delete_voucher(VoucherKey(4, "A", 4))
        run = await service.sync("bageriet")

        results = await vouchers_of(engine, run["run_id"])
        assert not any(result["snapshot"] for result in results.values())
        assert await changes_of(engine, run["run_id"]) == {
            (LATER, "A", "7", "created"),
            (EARLIER, "B", "1", "created"),
            (LATER, "A", "2", "changed"),
            (EARLIER, "A", "1", "changed"),
            (EARLIER, "A", "6", "changed"),
        }
        assert (await state_of(engine, "bageriet")).verification.state == "unverified"

        await forward(engine, DAY + HOUR)
        whole = await service.automatic("bageriet", 1)

    results = await vouchers_of(engine, whole["run_id"])
    assert all(result["snapshot"] for result in results.values())
    assert {year: result["removed"] for year, result in results.items()} == {EARLIER: 0, LATER: 1}
    assert await changes_of(engine, whole["run_id"]) == {(LATER, "A", "4", "removed")}
    await is_the_same(engine, tenant)
    assert (await state_of(engine, "bageriet")).verification.state == "verified"


async def test_what_is_booked_around_a_change_of_the_clocks_comes_with_the_next_run(
    engine: Engine, vendor: Vendor
) -> None:
    clock = vendor.simulator.clock
    tenants = {season: vendor.add(season, vouchers=2) for season in CLOCK_CHANGES}
    for tenant in tenants.values():
        del tenant.books.years[3]  # Fewer requests: no window is filled.
    clock.set(await engine.value("SELECT engine.clock()"))
    await engine.start_worker(**vendor.settings)

    async with Service.of(engine) as service:
        for season, change in CLOCK_CHANGES.items():
            await forward(engine, change - 40 * MINUTES - clock.now())
            clock.set(change - 40 * MINUTES)
            await service.connect(season)
            for number, minutes in enumerate((30, 100), start=1):
                # Booked shortly before and after the clocks change, and an hour after that.
                for booked in (-45, -20):
                    clock.set(change + (minutes + booked) * MINUTES)
                    book(tenants[season].books, amount=f"{number}.25")
                clock.set(change + minutes * MINUTES)
                await forward(engine, 70 * MINUTES)
                run = await service.automatic(season, number)

                results = await vouchers_of(engine, run["run_id"])
                assert not results[LATER]["snapshot"]
                assert len(await changes_of(engine, run["run_id"])) == 2
                await is_the_same(engine, tenants[season])


async def test_each_part_alone_works_and_touches_nothing_else(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=2)
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.connect("bageriet")
        _change_every_part(tenant)
        for part in PARTS:
            await settle(engine)
            before = await _contents(engine), await _successes(engine)
            run = await service.sync("bageriet", parts=[part])
            assert run["state"] == "completed", run["detail"]
            await settle(engine)
            after = await _contents(engine), await _successes(engine)
            changed = [name for name, rows in after[0].items() if rows != before[0][name]]
            assert sorted(changed) == sorted(TABLES[part])
            assert {name for name in PARTS if after[1][name] != before[1][name]} == {part}

        book(tenant.books, 3)
        book(tenant.books, 4)
        run = await service.sync("bageriet", parts=["vouchers"], fiscal_years=[str(LATER)])
        assert set(await vouchers_of(engine, run["run_id"])) == {LATER}
        assert await changes_of(engine, run["run_id"]) == {(LATER, "A", "4", "created")}
        run = await service.sync("bageriet", fiscal_years=[str(EARLIER)])
        assert await changes_of(engine, run["run_id"]) == {(EARLIER, "A", "3", "created")}
        run = await service.sync("bageriet", fiscal_years=[str(LATER), "1999-01-01"])
        assert (run["state"], run["reason"]) == ("failed", "unknown_year")
    await is_the_same(engine, tenant)


def _change_every_part(tenant: Tenant) -> None:
    books = tenant.books
    books.company = Company(name="Bageriet i Ny Regi AB")
    books.add_year(4, LATER, date(2026, 6, 30))
    books.add_account(4, 5010, "Lokalhyra")
    books.add_cost_centre("STHLM", "Stockholm")
    books.set_opening_balance(4, 1930, Decimal("12.50"))
    book(books, 4)


async def _contents(engine: Engine) -> dict[str, Any]:
    names = [name for tables in TABLES.values() for name in tables]
    rows = {name: await engine.connection.fetch(CONTENTS.format(table=name)) for name in names}
    return {name: sorted(row[0] for row in found) for name, found in rows.items()}


async def _successes(engine: Engine) -> dict[str, datetime]:
    rows = await engine.connection.fetch(SUCCESSES)
    return {row["part"]: row["last_success_at"] for row in rows}

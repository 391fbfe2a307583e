"""Companies at Fortnox on several workers, which are killed, stopped and woken at any moment."""

import asyncio

import pytest

from connectors.simulators.fortnox.rate_window import RateLimit, most_in_window
from connectors.simulators.fortnox.records import VoucherKey
from connectors.simulators.fortnox.tenant import Tenant
from connectors.simulators.fortnox.traps import ALWAYS, Fault, Traps
from schemas.codec import encode
from tests.builders import a_page, a_voucher, an_end
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.direct import Vendor, book, held, no_run_is_held, reads_of
from tests.scenarios.fortnox_company import (
    Service,
    changes_of,
    is_the_same,
    lifecycle,
    settle,
)
from tests.scenarios.test_commands import decided

pytestmark = pytest.mark.engine

# The last request of a run in which each year has one voucher that is new.
LAST_VOUCHER = Traps(faults=(Fault("held", "/3/vouchers/A/", after=1),))
NO_EXPORT = Traps(faults=(Fault("licence_missing", "/3/sie", times=ALWAYS),))
TABLES = ("voucher", "posting", "account_balance", "voucher_change", "read_result")
MANUAL_RUNS = "SELECT count(*) FROM engine.sync_run WHERE trigger = 'manual'"
IGNORED = "SELECT ignored_events FROM ledger.company WHERE company_id = $1"


async def test_a_killed_worker_is_followed_and_a_command_sent_again_and_again_has_one_effect(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    for _ in range(2):
        await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.connect("bageriet")
        for year in (3, 4):
            book(tenant.books, year)
        tenant.traps = LAST_VOUCHER
        run_id = await service.begin("bageriet", command_id="sync-1")
        await held(tenant)
        await service.command("sync_requested", "bageriet", command_id="sync-1")
        others = [
            await service.command("sync_requested", "bageriet", partition=partition)
            for partition in (0, 2)
        ]
        refusals = {await service.refusal("bageriet", command_id) for command_id in others}

        killed = await engine.holder_of(run_id)
        killed.kill()
        await service.command("sync_requested", "bageriet", command_id="sync-1")
        run = await engine.end_of(run_id)
        await service.command("sync_requested", "bageriet", command_id="sync-1")
        await decided(engine)

    assert refusals == {"already_running"}
    assert (run["state"], run["attempt"], run["vouchers_done"]) == ("completed", 2, 2)
    attempts = {name: read["attempt"] for name, read in (await reads_of(engine, run_id)).items()}
    assert attempts["vouchers/2024-01-01"] == 1  # It goes on at the read where the other stood.
    assert attempts["vouchers/2025-01-01"] == 2
    assert await engine.value(MANUAL_RUNS) == 1
    answers = await lifecycle(engine, "bageriet", "sync_queued", "sync_rejected")
    assert len(answers) == 1 + 1 + len(others)  # One is of the run that the connection brought.
    assert {change[3] for change in await changes_of(engine, run_id)} == {"created"}
    await is_the_same(engine, tenant)
    await no_run_is_held(engine)


async def test_a_worker_that_slept_through_its_run_changes_nothing_when_it_wakes(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    for _ in range(2):
        await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.connect("bageriet")
        for year in (3, 4):
            book(tenant.books, year)
        tenant.traps = LAST_VOUCHER
        run_id = await service.begin("bageriet")
        await held(tenant)

        sleeper = await engine.holder_of(run_id)
        sleeper.pause()
        run = await engine.end_of(run_id)
        tenant.books.delete_voucher(VoucherKey(4, "A", 6))
        book(tenant.books, amount="66.00")  # It gets the number of the deleted one.
        later = await service.sync("bageriet")
        await is_the_same(engine, tenant)
        before = await _contents(engine)

        tenant.gate.open()
        sleeper.wake()
        await sleeper.logs("run_lost")
        # What it may have had under way.
        stamp = {"run": run["run_number"], "attempt": 1}
        late = a_page(a_voucher("6", amount="1000.00"), **stamp), an_end(1, **stamp)
        await engine.publish(*map(encode, late))
        await settle(engine)
        after = await _contents(engine)
        ignored = await engine.value(IGNORED, "bageriet")

        (other,) = [one for one in engine.workers if one is not sleeper]
        await asyncio.to_thread(other.end)  # What comes now is the sleeper's work.
        book(tenant.books)
        last = await service.sync("bageriet")

    assert (run["state"], run["attempt"]) == ("completed", 2)
    assert (later["state"], later["attempt"]) == ("completed", 1)
    assert ignored >= len(late)
    assert before == after
    assert (last["state"], last["attempt"]) == ("completed", 1)
    await is_the_same(engine, tenant)


async def test_a_source_is_asked_no_more_often_than_it_allows_whoever_asks(
    engine: Engine, vendor: Vendor
) -> None:
    tenants = [vendor.add(f"company-{number}", vouchers=10) for number in range(4)]
    for tenant in tenants:
        tenant.traps = NO_EXPORT  # Each voucher is asked for by itself.
    for _ in range(2):
        await engine.start_worker(**vendor.settings, runs_at_once="4")
    async with Service.of(engine) as service:
        for tenant in tenants:
            await service.command("connection_requested", tenant.name, source="fortnox")

        async def are_busy() -> bool:
            return all(len(vendor.simulator.requests_of(tenant)) > 10 for tenant in tenants)

        await eventually(are_busy, what="every company is read")
        # What it did counts for the one that goes on with its companies.
        assert await asyncio.to_thread(engine.workers[0].end) == 0
        runs = [await service.automatic(tenant.name, 0) for tenant in tenants]

    assert {run["state"] for run in runs} == {"completed"}
    for tenant in tenants:
        assert not tenant.violations
        assert _most_at_once(vendor, tenant) <= RateLimit().requests
        await is_the_same(engine, tenant)


def _most_at_once(vendor: Vendor, tenant: Tenant) -> int:
    times = [request.at_seconds for request in vendor.simulator.requests_of(tenant)]
    assert len(times) > RateLimit().requests
    return most_in_window(times, RateLimit().seconds)


async def _contents(engine: Engine) -> dict[str, list[str]]:
    query = "SELECT kept::text FROM ledger.{table} AS kept ORDER BY 1"
    rows = {table: await engine.connection.fetch(query.format(table=table)) for table in TABLES}
    return {table: [row[0] for row in found] for table, found in rows.items()}

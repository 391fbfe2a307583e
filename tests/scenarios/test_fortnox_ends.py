"""Runs of a company at Fortnox that do not end well, and how it gets well again."""

import asyncio
from datetime import timedelta

import pytest

from connectors.simulators.fortnox.records import VoucherKey, row
from connectors.simulators.fortnox.traps import Fault, Traps
from schemas.parts import PARTS
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.direct import YEARS, Vendor, a_runner, book, held
from tests.scenarios.fortnox_company import (
    Service,
    changes_of,
    forward,
    is_the_same,
    lifecycle,
    state_of,
    vouchers_of,
)
from tests.scenarios.lossy_publisher import LossyPublisher
from tests.scenarios.test_commands import decided

pytestmark = pytest.mark.engine

EARLIER, LATER = YEARS.values()
HOUR = timedelta(hours=1)
FIRST_YEAR = Traps(faults=(Fault("held", "/3/sie/4"),))
SECOND_YEAR = Traps(faults=(Fault("held", "/3/sie/4", after=1),))
MANUAL_RUNS = "SELECT count(*) FROM engine.sync_run WHERE trigger = 'manual'"
SET_ASIDE = "SELECT series, number, reason, difference FROM ledger.set_aside_voucher"


async def test_a_lost_page_fails_the_run_and_the_next_one_reads_its_scope_whole(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    worker = await engine.start_worker(runs_at_once="0")
    async with Service.of(engine) as service:
        await service.command("connection_requested", "bageriet", source="fortnox")
        async with a_runner(engine, vendor) as runner:
            await eventually(runner.run_next, what="the run is taken")
        await service.automatic("bageriet", 0)
        book(tenant.books, 3)
        book(tenant.books, 4)
        # Nothing but a whole read finds it.
        tenant.books.delete_voucher(VoucherKey(3, "A", 2))
        run_id = await service.begin("bageriet", command_id="sync-1")
        lossy = LossyPublisher(engine.endpoints.kafka_url, loses="vouchers_observed.v1")
        async with a_runner(engine, vendor, publisher=lossy) as runner:
            await eventually(runner.run_next, what="the run is taken")
        await lossy.close()
        run = await engine.end_of(run_id)

        state = await state_of(engine, "bageriet")
        assert await asyncio.to_thread(worker.end) == 0
        await engine.start_worker(**vendor.settings)
        await service.command("sync_requested", "bageriet", command_id="sync-1")
        await forward(engine, 2 * HOUR)
        mended = await service.automatic("bageriet", 1)
        await decided(engine)

    assert await engine.value(MANUAL_RUNS) == 1
    assert (run["state"], run["reason"]) == ("failed", "incomplete")
    assert "vouchers/2024-01-01" in run["detail"]
    assert not await changes_of(engine, run_id) - {(LATER, "A", "6", "created")}
    assert state.indicator == "green"  # It has been right not long ago.
    found = {part: (one.state, one.reason) for part, one in state.parts.items()}
    assert found.pop("vouchers") == ("failed", "incomplete")
    assert found == dict.fromkeys(PARTS[:-1], ("ok", None))
    (failed,) = await lifecycle(engine, "bageriet", "sync_failed")
    assert failed["retry_at"]
    assert mended["state"] == "completed"
    results = await vouchers_of(engine, mended["run_id"])
    assert {year: result["snapshot"] for year, result in results.items()} == {
        EARLIER: True,
        LATER: False,
    }
    await is_the_same(engine, tenant)
    assert (await state_of(engine, "bageriet")).parts["vouchers"].state == "ok"


async def test_a_voucher_that_cannot_be_booked_is_set_aside_and_the_others_are_booked(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=3)
    odd = (row(1930, "10.00"), row(3001, "-9.99"))
    even = (row(1930, "10.00"), row(3001, "-10.00"))
    tenant.books.add_voucher(4, "A", LATER, "Öresavrundning", odd)
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        first = await service.connect("bageriet")
        whole = await vouchers_of(engine, first["run_id"])
        assert await _set_aside(engine) == {("A", "4", "unbalanced", "0.01")}
        assert (await state_of(engine, "bageriet")).counts.set_aside == 1

        tenant.books.change_voucher(VoucherKey(4, "A", 3), rows=odd)
        tenant.books.change_voucher(VoucherKey(4, "A", 4), rows=even)
        book(tenant.books)
        second = await service.sync("bageriet")
        changes = await changes_of(engine, second["run_id"])
        # The last good version of it stays.
        assert await _set_aside(engine) == {("A", "3", "unbalanced", "0.01")}
        assert (await state_of(engine, "bageriet")).counts.vouchers == 8

        tenant.books.change_voucher(VoucherKey(4, "A", 3), rows=even)
        third = await service.sync("bageriet")

    assert (first["state"], whole[LATER]["set_aside"], whole[LATER]["created"]) == (
        "completed",
        1,
        3,
    )
    assert changes == {(LATER, "A", "4", "created"), (LATER, "A", "5", "created")}
    assert await changes_of(engine, third["run_id"]) == {(LATER, "A", "3", "changed")}
    assert not await _set_aside(engine)
    await is_the_same(engine, tenant)


async def test_a_company_that_is_shut_out_is_red_until_it_is_connected_again(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    tenant.traps = FIRST_YEAR
    worker = await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.command("connection_requested", "bageriet", source="fortnox")
        await held(tenant)
        vendor.simulator.revoke("bageriet")
        tenant.gate.open()
        run = await service.automatic("bageriet", 0)

        red = await state_of(engine, "bageriet")
        wish = await service.command("sync_requested", "bageriet")
        assert await service.refusal("bageriet", wish) == "reconnect_required"
        await forward(engine, 3 * HOUR)

        assert await asyncio.to_thread(worker.end) == 0
        vendor.simulator.accept("a-new-token", tenant)
        tokens = {"fortnox_tokens": '{"bageriet": "a-new-token"}'}
        await engine.start_worker(**vendor.settings | tokens)
        await service.command("connection_requested", "bageriet", source="fortnox")
        mended = await service.automatic("bageriet", 1)

    assert (run["state"], run["reason"]) == ("failed", "reconnect_required")
    assert (red.indicator, red.reason) == ("red", "reconnect_required")
    assert "connect the company again" in red.message.en  # There is no reconnect yet.
    assert red.connection
    assert red.connection.due_at is None
    assert mended["state"] == "completed"
    told = ("connection_established", "sync_failed", "connection_lost", "connection_restored")
    events = await lifecycle(engine, "bageriet", *told)
    assert [event["type"] for event in events] == [f"{kind}.v1" for kind in told]
    assert events[2]["reason"] == "invalid_login"
    assert len(await lifecycle(engine, "bageriet", "sync_rejected")) == 1  # Nobody else asked.
    green = await state_of(engine, "bageriet")
    assert (green.indicator, green.connection and green.connection.state) == ("green", "connected")
    await is_the_same(engine, tenant)


async def test_a_run_is_cancelled_or_cut_off_in_the_middle_and_the_next_one_reads_all(
    engine: Engine, vendor: Vendor
) -> None:
    tenants = [vendor.add(company, vouchers=5) for company in ("bageriet", "snickeriet")]
    for tenant in tenants:
        tenant.traps = SECOND_YEAR
    bakery, joinery = tenants
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        for tenant in tenants:
            await service.command("connection_requested", tenant.name, source="fortnox")
            await held(tenant)
        await service.command("sync_cancel_requested", bakery.name, requested_by="Anna")
        await service.command("disconnect_requested", joinery.name)
        cancelled, cut_off = [await service.automatic(tenant.name, 0) for tenant in tenants]
        red = await state_of(engine, joinery.name)
        wish = await service.command("sync_requested", joinery.name)
        assert await service.refusal(joinery.name, wish) == "not_connected"

        for tenant in tenants:
            tenant.gate.open()
            # The year that had been read is in the ledger: it is found as it was, or not at all.
            tenant.books.delete_voucher(VoucherKey(3, "A", 2))
        again = await service.sync(bakery.name)
        await service.command("connection_requested", joinery.name, source="fortnox")
        anew = await service.automatic(joinery.name, 1)

    for run in (cancelled, cut_off):
        assert run["state"] == "cancelled"
    (told,) = await lifecycle(engine, bakery.name, "sync_cancelled")
    assert (told["reason"], told["requested_by"]) == ("requested", "Anna")
    assert (red.indicator, red.reason) == ("red", "disconnected")
    lost = await lifecycle(engine, joinery.name, "connection_lost", "connection_restored")
    assert [event.get("reason") for event in lost] == ["disconnected", None]
    for tenant, run in zip(tenants, (again, anew), strict=True):
        assert run["state"] == "completed"
        results = await vouchers_of(engine, run["run_id"])
        assert {year: (one["snapshot"], one["removed"]) for year, one in results.items()} == {
            EARLIER: (True, 1),
            LATER: (True, 0),
        }
        await is_the_same(engine, tenant)
        assert (await state_of(engine, tenant.name)).indicator == "green"


async def test_a_company_that_is_connected_again_at_once_does_not_wait_for_its_next_hour(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    tenant.traps = SECOND_YEAR
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.command("connection_requested", "bageriet", source="fortnox")
        await held(tenant)
        await service.command("disconnect_requested", "bageriet", partition=0)
        await service.command("connection_requested", "bageriet", source="fortnox", partition=0)
        cut_off = await service.automatic("bageriet", 0)
        tenant.gate.open()
        anew = await service.automatic("bageriet", 1)

    assert (cut_off["state"], anew["state"]) == ("cancelled", "completed")
    await is_the_same(engine, tenant)


async def _set_aside(engine: Engine) -> set[tuple[str, str, str, str]]:
    rows = await engine.connection.fetch(SET_ASIDE)
    return {(row["series"], row["number"], row["reason"], str(row["difference"])) for row in rows}

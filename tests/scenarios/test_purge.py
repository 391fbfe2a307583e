"""Purges through the whole engine: what goes stays gone, and what is to stay does."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from connectors.sie.generator import generate
from connectors.simulators.fortnox.traps import Fault, Traps
from projections.migrate import PROJECTIONS
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.beside import bystanders_of
from tests.scenarios.contents import contents, ledger_of, of_year, throw_away
from tests.scenarios.direct import YEARS, Vendor, book, held, no_run_is_held
from tests.scenarios.fortnox_company import (
    Service,
    forward,
    is_the_same,
    lifecycle,
    settle,
    state_of,
)
from tests.scenarios.test_commands import (
    TOPIC,
    a_command,
    answers,
    connect,
    decided,
    foreign,
    kinds,
    start_worker,
)
from tests.scenarios.test_import import written

pytestmark = pytest.mark.engine

EARLIER, LATER = YEARS.values()
SECOND_YEAR = Traps(faults=(Fault("held", "/3/sie/4", after=1),))
ANY_ANSWER = Traps(faults=(Fault("held"),))
PURGES = """
    SELECT state, fiscal_years, vouchers, postings FROM status.purge
    WHERE company_id = $1 ORDER BY generation
"""
# What remains of a company that has been emptied.
KEPT = {"company", "purge_result"}


async def test_a_run_that_is_reading_ends_with_the_purge_and_leaves_nothing(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    tenant.traps = SECOND_YEAR
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.command("connection_requested", "bageriet", source="fortnox")
        await held(tenant)
        await service.command("purge_requested", "bageriet", requested_by="Anna")
        run = await service.automatic("bageriet", 0)
        purged = await _purged(engine, "bageriet")
        tenant.gate.open()
        await no_run_is_held(engine)
        emptied = await state_of(engine, "bageriet")
        left = await ledger_of(engine, "bageriet")

        await forward(engine, timedelta(hours=2))
        filled = await service.automatic("bageriet", 1)

    assert (run["state"], run["reason"]) == ("cancelled", "superseded_by_purge")
    told = ("sync_cancelled", "purge_started", "purge_completed")
    events = await lifecycle(engine, "bageriet", *told)
    assert kinds(events) == list(told)
    assert (events[0]["reason"], events[0]["requested_by"]) == ("superseded_by_purge", "Anna")
    # The year that had been read was in the ledger.
    assert [(one["fiscal_years"], one["vouchers"]) for one in purged] == [(None, 5)]
    assert {name for name, rows in left.items() if rows} == KEPT
    assert (emptied.indicator, emptied.reason) == ("red", "emptied")
    assert filled["state"] == "completed"
    assert (await state_of(engine, "bageriet")).indicator == "green"
    await is_the_same(engine, tenant)


async def test_a_reload_during_a_run_fetches_all_anew_and_the_run_adds_nothing(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service, bystanders_of(engine) as bystanders:
        before = await bystanders.digests()
        await service.connect("bageriet")
        book(tenant.books)
        tenant.traps = ANY_ANSWER
        run_id = await service.begin("bageriet")
        await held(tenant)
        asked = await service.command("purge_requested", "bageriet", reload=True)
        superseded = await engine.end_of(run_id)
        reload = await engine.end_of(await service.run_of("bageriet", asked))
        tenant.gate.open()
        await no_run_is_held(engine)
        assert await bystanders.digests() == before

    assert (superseded["state"], superseded["reason"]) == ("cancelled", "superseded_by_purge")
    assert (reload["state"], reload["trigger"]) == ("completed", "reload")
    (purged,) = await _purged(engine, "bageriet")
    assert (purged["vouchers"], purged["postings"]) == (10, 20)
    await is_the_same(engine, tenant)
    assert (await state_of(engine, "bageriet")).indicator == "green"


async def test_a_year_goes_and_the_other_stays_as_it_is(engine: Engine, vendor: Vendor) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        await service.connect("bageriet")
        await settle(engine)
        before = await ledger_of(engine, "bageriet")
        await service.command("purge_requested", "bageriet", fiscal_years=[str(EARLIER)])
        (purged,) = await _purged(engine, "bageriet")
        after = await ledger_of(engine, "bageriet")
        state = await state_of(engine, "bageriet")
        again = await service.sync("bageriet")

    assert (purged["fiscal_years"], purged["vouchers"], purged["postings"]) == ([EARLIER], 5, 10)
    assert {table for table, rows in after.items() if of_year(EARLIER, rows)} == {
        "account",
        "fiscal_year",
        "read_result",
    }
    for table in before.keys() - KEPT:
        kept = [row for row in before[table] if row not in of_year(EARLIER, before[table])]
        assert [row for row in after[table] if row not in of_year(EARLIER, after[table])] == kept
    assert (state.indicator, state.counts.vouchers) == ("green", 5)
    assert again["state"] == "completed"
    await is_the_same(engine, tenant)


async def test_every_year_by_its_name_is_all_and_a_reload_fills_what_its_source_still_has(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet", vouchers=5)
    await engine.start_worker(**vendor.settings)
    both: dict[str, Any] = {"fiscal_years": [str(EARLIER), str(LATER)]}
    async with Service.of(engine) as service:
        await service.connect("bageriet")
        await service.command("purge_requested", "bageriet", **both)
        await _purged(engine, "bageriet")
        emptied = await state_of(engine, "bageriet")
        await service.sync("bageriet", fiscal_years=[str(LATER)])
        of_one_year = await state_of(engine, "bageriet")

        del tenant.books.years[3]
        asked = await service.command("purge_requested", "bageriet", reload=True, **both)
        reload = await engine.end_of(await service.run_of("bageriet", asked))
        filled = await state_of(engine, "bageriet")

    assert (emptied.reason, emptied.counts.vouchers) == ("emptied", 0)
    assert (of_one_year.reason, of_one_year.counts.vouchers) == ("emptied", 5)
    assert (reload["state"], reload["trigger"]) == ("completed", "reload")
    assert reload["detail"] == f"the source has no fiscal year from {EARLIER}"
    assert (filled.indicator, filled.counts.vouchers) == ("green", 5)


async def test_a_purge_and_a_sync_of_two_services_count_in_their_order(
    engine: Engine, vendor: Vendor
) -> None:
    tenants = [vendor.add(company, vouchers=5) for company in ("bageriet", "snickeriet")]
    bakery, joinery = (tenant.name for tenant in tenants)
    await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service, Service.of(engine) as other:
        for tenant in tenants:
            await service.connect(tenant.name)
        for company, order in ((bakery, ("purge", "sync")), (joinery, ("sync", "purge"))):
            for asking, kind in zip((service, other), order, strict=True):
                name = {"command_id": kind, "requested_by": kind}
                await asking.command(f"{kind}_requested", company, partition=0, **name)
        behind, before = [
            await engine.end_of(await service.run_of(company, "sync"))
            for company in (bakery, joinery)
        ]
        await _purged(engine, bakery)
        await _purged(engine, joinery)

    assert (behind["state"], behind["generation"]) == ("completed", 1)
    await is_the_same(engine, tenants[0])
    assert (await state_of(engine, bakery)).indicator == "green"
    assert (before["state"], before["reason"]) == ("cancelled", "superseded_by_purge")
    left = await ledger_of(engine, joinery)
    assert {name for name, rows in left.items() if rows} == KEPT
    assert (await state_of(engine, joinery)).reason == "emptied"


async def test_a_company_that_never_synced_is_emptied_all_the_same_and_an_unknown_one_is_refused(
    engine: Engine,
) -> None:
    await start_worker(engine)
    known = await connect(engine)
    async with foreign(engine) as producer:
        for company in ("bageriet", "nobody"):
            purge = a_command("purge_requested", company, command_id="purge-1")
            for _ in range(2):  # The second one is the same: it has no answer of its own.
                await producer.send_and_wait(TOPIC, purge, partition=1)
    await decided(engine)

    emptied = (await answers(engine, known + 2))[known:]
    (refused,) = await answers(engine, 1, "nobody")
    state = await state_of(engine, "bageriet")

    assert kinds(emptied) == ["purge_started", "purge_completed"]
    assert state.last_purge
    assert (state.last_purge.state, state.last_purge.vouchers) == ("completed", 0)
    assert (state.indicator, state.reason) == ("red", "emptied")
    assert (refused["type"], refused["reason"]) == ("sync_rejected.v1", "unknown_company")
    assert await engine.value("SELECT array_agg(company_id) FROM ledger.company") == ["bageriet"]


async def test_a_company_with_files_is_red_until_the_next_one_comes(engine: Engine) -> None:
    company = generate(seed=5, years=1, vouchers_per_year=60)
    content, year = written(company), company.fiscal_years[0].first_day
    await engine.start_worker()
    await engine.end_of(await engine.upload("bageriet", content))
    moved = await engine.movements("bageriet", year)
    async with Service.of(engine) as service:
        wish = await service.command("purge_requested", "bageriet", reload=True)
        assert await service.refusal("bageriet", wish) == "not_supported_by_source"
        assert await engine.movements("bageriet", year) == moved
        await service.command("purge_requested", "bageriet")
        (purged,) = await _purged(engine, "bageriet")
        red = await state_of(engine, "bageriet")
        left = await ledger_of(engine, "bageriet")
        run = await engine.end_of(await engine.upload("bageriet", content))

    assert purged["vouchers"] == 60
    assert (red.indicator, red.reason, red.sie and red.sie.file_name) == (
        "red",
        "emptied",
        "books.se",
    )
    assert {name for name, rows in left.items() if rows} == KEPT
    assert run["state"] == "completed"
    assert (await state_of(engine, "bageriet")).indicator == "green"
    assert await engine.movements("bageriet", year) == moved
    assert await engine.balances_are_right()


async def test_a_replay_brings_nothing_back(engine: Engine, vendor: Vendor) -> None:
    tenants = [vendor.add(name, vouchers=5) for name in ("bageriet", "snickeriet", "bygget")]
    worker = await engine.start_worker(**vendor.settings)
    async with Service.of(engine) as service:
        for tenant in tenants:
            await service.connect(tenant.name)
        asked = await service.command("purge_requested", "bageriet", reload=True)
        await engine.end_of(await service.run_of("bageriet", asked))
        await service.command("purge_requested", "bageriet", fiscal_years=[str(EARLIER)])
        await service.command("purge_requested", "snickeriet")
        await service.command("company_removal_requested", "bygget")
        await _purged(engine, "bageriet")
        await _purged(engine, "snickeriet")
        await _is_gone(engine, "bygget")
    await settle(engine)
    assert await asyncio.to_thread(worker.end) == 0
    before = [await contents(engine, projection) for projection in PROJECTIONS]

    for projection in PROJECTIONS:
        await throw_away(engine, projection)
    await engine.start_worker(**vendor.settings)
    await settle(engine)

    after = [await contents(engine, projection) for projection in PROJECTIONS]
    assert after == before
    assert {row["fiscal_year"] for row in after[0]["voucher"]} == {str(LATER)}
    assert {row["company_id"] for row in after[0]["voucher"]} == {"bageriet"}


async def _purged(engine: Engine, company: str) -> list[Any]:
    """The company's purges, once there is one and all are completed; the tables have it all."""
    asked = "SELECT count(*) FROM engine.purge WHERE company_id = $1"

    async def look() -> list[Any] | None:
        rows = await engine.connection.fetch(PURGES, company)
        are_completed = {row["state"] for row in rows} == {"completed"}
        return rows if are_completed and len(rows) == await engine.value(asked, company) else None

    rows = await eventually(look, what=f"{company} is emptied")
    await settle(engine)
    return rows


async def _is_gone(engine: Engine, company: str) -> None:
    async def look() -> bool:
        query = "SELECT count(*) FROM status.company_status WHERE company_id = $1"
        return not await engine.value(query, company)

    await eventually(look, what=f"{company} is removed")

"""Runs of direct sources on several workers: handed over at once, and fair to all."""

import asyncio

import pytest

from connectors.simulators.fortnox.traps import Fault, Traps
from schemas.sources import FORTNOX
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.direct import (
    Vendor,
    book,
    connect,
    held,
    request,
)
from tests.scenarios.fortnox_company import is_the_same
from tests.scenarios.test_faults import a_file

pytestmark = pytest.mark.engine

SECOND_YEAR = Traps(faults=(Fault("held", "/3/sie/4", after=1),))
AT_ONCE = Traps(faults=(Fault("held"),))
# Longer than any test waits: a run goes on before that only where its lease was given back.
LONG_LEASE_SECONDS = "300"


async def test_a_worker_that_is_told_to_stop_hands_its_run_over_at_once(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet")
    tenant.traps = SECOND_YEAR
    for _ in range(2):
        await engine.start_worker(**vendor.settings, lease_seconds=LONG_LEASE_SECONDS)
    await connect(engine, "bageriet")
    run_id = await request(engine, "bageriet")
    await held(tenant)

    stopped = await engine.holder_of(run_id)
    ended_with = await asyncio.to_thread(stopped.end)
    run = await engine.end_of(run_id)

    assert ended_with == 0  # Though the source had not answered yet.
    assert (run["state"], run["attempt"]) == ("completed", 2)
    await is_the_same(engine, tenant)


async def test_a_source_has_no_more_runs_than_it_takes_and_others_do_not_wait_for_it(
    engine: Engine, vendor: Vendor
) -> None:
    companies = [f"company-{number}" for number in range(12)]
    tenants = [vendor.add(company, vouchers=3) for company in companies]
    for tenant in tenants:
        tenant.traps = AT_ONCE
        await connect(engine, tenant.name)
    for _ in range(2):
        await engine.start_worker(**vendor.settings, runs_at_once="8")
    runs = [await request(engine, company) for company in companies]

    async def are_held() -> bool:
        return sum(tenant.gate.reached.is_set() for tenant in tenants) == FORTNOX.runs_at_once

    await eventually(are_held, what="as many companies as the source takes are read")
    uploaded = await engine.end_of(await engine.upload("bageriet", a_file(20)))
    assert uploaded["state"] == "completed"
    assert await are_held()

    for tenant in tenants:
        tenant.gate.open()
    ended = [await engine.end_of(run_id) for run_id in runs]

    assert {(run["state"], run["attempt"]) for run in ended} == {("completed", 1)}
    assert all(not tenant.violations for tenant in tenants)
    for tenant in tenants:
        await is_the_same(engine, tenant)


async def test_the_source_is_never_asked_more_often_than_it_allows(
    engine: Engine, vendor: Vendor
) -> None:
    tenants = [vendor.add(company) for company in ("bageriet", "snickeriet")]
    for _ in range(2):
        await engine.start_worker(**vendor.settings)
    for tenant in tenants:
        await connect(engine, tenant.name)
    for changes in (40, 0):
        runs = [await request(engine, tenant.name) for tenant in tenants]
        for run_id in runs:
            assert (await engine.end_of(run_id))["state"] == "completed"
        for tenant in tenants:
            for _ in range(changes):  # The next run asks for each by itself.
                book(tenant.books)

    for tenant in tenants:
        assert len(vendor.simulator.requests_of(tenant)) > 2 * tenant.window.limit.requests
        assert not tenant.violations
        await is_the_same(engine, tenant)

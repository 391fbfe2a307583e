"""How runs of direct sources end, and what the next one then reads."""

import asyncio
import threading
from datetime import timedelta

import asyncpg
import pytest

from connectors.simulators.fortnox.records import VoucherKey
from connectors.simulators.fortnox.traps import ALWAYS, Fault, Traps
from schemas.errors import BrokerUnavailable, MessageTooLarge
from schemas.parts import Scope
from schemas.topics import LEDGER
from streams import reading_thread, retry, sync_runner
from streams.sync_runner import SyncRunner
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.direct import (
    Vendor,
    a_runner,
    book,
    cancel,
    connect,
    held,
    no_run_is_held,
    reads_of,
    request,
)
from tests.scenarios.fortnox_company import is_the_same
from tests.scenarios.lossy_publisher import LossyPublisher
from tests.scenarios.refusing_publisher import RefusingPublisher

pytestmark = pytest.mark.engine

# As if this part were read on from somewhere too: it is published in several steps.
KNOW_DIMENSIONS = """
    INSERT INTO engine.watermark VALUES ($1, 'dimensions', 'somewhere', engine.clock())
"""
BOOKED = """
    SELECT count(DISTINCT (fiscal_year, series, number)) FROM ledger.posting
    WHERE company_id = 'bageriet' AND state <> 'struck'
"""
NEVER = Traps(faults=(Fault("held", times=ALWAYS),))


async def _synced(engine: Engine, runner: SyncRunner, company: str) -> asyncpg.Record:
    """The end of a run that was asked for."""
    run_id = await request(engine, company)
    await eventually(runner.run_next, what="the run is taken")
    return await engine.end_of(run_id)


async def _watermarks(engine: Engine, company: str) -> dict[str, asyncpg.Record]:
    query = "SELECT read, watermark, whole_at FROM engine.watermark WHERE company_id = $1"
    return {row["read"]: row for row in await engine.connection.fetch(query, company)}


def _of_vouchers(reads: dict[str, asyncpg.Record]) -> list[asyncpg.Record]:
    return [read for name, read in sorted(reads.items()) if name.startswith("vouchers/")]


async def _no_thread_reads() -> bool:
    return not any(thread.name == reading_thread.NAME for thread in threading.enumerate())


async def test_a_run_is_cancelled_while_its_source_does_not_answer(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet")
    await engine.start_worker(runs_at_once="0")
    await connect(engine, "bageriet")
    async with a_runner(engine, vendor) as runner:
        assert (await _synced(engine, runner, "bageriet"))["state"] == "completed"
        known = await _watermarks(engine, "bageriet")
        await engine.connection.execute(KNOW_DIMENSIONS, "bageriet")
        tenant.traps = Traps(faults=(Fault("held", "/3/costcenters"),))
        book(tenant.books)
        run_id = await request(engine, "bageriet")
        running = asyncio.create_task(eventually(runner.run_next, what="the run is taken"))
        await held(tenant)

        await cancel(engine, run_id, by="anna")
        await running
        run = await engine.end_of(run_id)
        left = await _watermarks(engine, "bageriet")
        tenant.gate.open()
        again = await _synced(engine, runner, "bageriet")

    assert (run["state"], run["reason"]) == ("cancelled", "requested")
    cancelled = "SELECT count(*) FROM status.sync_run WHERE state = 'cancelled'"
    assert await eventually(lambda: engine.value(cancelled), what="the status knows")
    # Of the read that was published in part nothing is known any more; the others go on.
    assert set(known) == {"vouchers/2024-01-01", "vouchers/2025-01-01"}
    assert left == known
    reads = _of_vouchers(await reads_of(engine, again["run_id"]))
    assert [read["whole"] for read in reads] == [False, False]
    await is_the_same(engine, tenant)
    await no_run_is_held(engine)
    await eventually(_no_thread_reads, what="the thread that read has ended")


async def test_each_run_ends_as_its_source_behaves(engine: Engine, vendor: Vendor) -> None:
    troubles = {
        "slow": NEVER,
        "shut-out": Traps(faults=(Fault("licence_missing", times=ALWAYS),)),
        "busy": Traps(faults=(Fault("rate_limited", times=ALWAYS, retry_after_seconds=1800),)),
    }
    for company, traps in troubles.items():
        vendor.add(company, vouchers=1).traps = traps
        await connect(engine, company)
    await connect(engine, "tokenless")
    await engine.start_worker(
        **vendor.settings, runs_at_once="4", run_seconds_max="3", sync_interval_seconds="600"
    )

    companies = (*troubles, "tokenless")
    runs = [await request(engine, company) for company in companies]
    ended = {run["company_id"]: run for run in [await engine.end_of(run_id) for run_id in runs]}

    assert {company: run["reason"] for company, run in ended.items()} == {
        "slow": "timed_out",
        "shut-out": "reconnect_required",
        "busy": "source_unavailable",
        "tokenless": "reconnect_required",
    }
    rows = await engine.connection.fetch("SELECT * FROM engine.connection")
    connections = {row["company_id"]: row for row in rows}
    for company, reason in (("shut-out", "licence_missing"), ("tokenless", "invalid_login")):
        connection = connections[company]
        assert (connection["state"], connection["reason"]) == ("reconnect_required", reason)
        assert connection["due_at"] is None
    for company, seconds in (("slow", 600), ("busy", 1800)):
        connection = connections[company]
        assert (connection["state"], connection["failures_in_a_row"]) == ("connected", 1)
        wait = connection["due_at"] - ended[company]["finished_at"]
        assert timedelta(seconds=seconds) <= wait <= timedelta(seconds=seconds + 60)
    await no_run_is_held(engine)


async def test_a_lost_page_is_noticed_and_its_scope_read_whole_by_the_next_run(
    engine: Engine, vendor: Vendor
) -> None:
    tenant = vendor.add("bageriet")
    await engine.start_worker(runs_at_once="0")
    await connect(engine, "bageriet")
    async with a_runner(engine, vendor) as runner:
        first = await _synced(engine, runner, "bageriet")
        before = await _watermarks(engine, "bageriet")
        book(tenant.books, 3)
        book(tenant.books, 4)

        lossy = LossyPublisher(engine.endpoints.kafka_url, loses="vouchers_observed.v1")
        async with a_runner(engine, vendor, publisher=lossy) as losing:
            incomplete = await _synced(engine, losing, "bageriet")
        await lossy.close()
        after = await _watermarks(engine, "bageriet")
        # It is forgotten silently by the source: only a whole read can find it.
        tenant.books.delete_voucher(VoucherKey(3, "A", 7))
        whole = await _synced(engine, runner, "bageriet")

    assert first["state"] == "completed"
    assert set(before) == {"vouchers/2024-01-01", "vouchers/2025-01-01"}
    assert {row["whole_at"] for row in before.values()} == {first["started_at"]}
    assert (incomplete["state"], incomplete["reason"]) == ("failed", "incomplete")
    assert not any(
        read["whole"] for read in _of_vouchers(await reads_of(engine, incomplete["run_id"]))
    )
    assert set(after.items()) == {("vouchers/2025-01-01", before["vouchers/2025-01-01"])}
    assert whole["state"] == "completed"
    assert [read["whole"] for read in _of_vouchers(await reads_of(engine, whole["run_id"]))] == [
        True,
        False,
    ]
    moved = await _watermarks(engine, "bageriet")
    assert moved["vouchers/2024-01-01"]["whole_at"] == whole["started_at"]
    assert moved["vouchers/2025-01-01"]["whole_at"] == first["started_at"]
    await is_the_same(engine, tenant)


async def test_a_broker_that_is_away_again_and_again_does_not_fail_a_run(
    engine: Engine, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_runner, "ATTEMPTS_MAX", 2)
    tenant = vendor.add("bageriet", vouchers=3)
    await engine.start_worker(runs_at_once="0")
    await connect(engine, "bageriet")
    run_id = await request(engine, "bageriet")
    outage = BrokerUnavailable("played on purpose")
    refusing = RefusingPublisher(engine.endpoints.kafka_url, outage, times=4)

    async def take_up() -> bool:
        async with a_runner(engine, vendor, publisher=refusing) as runner:
            return await retry.until_done(runner.run_next, what="runner", delay_seconds_max=0.2)

    await eventually(take_up, what="the run is taken")
    run = await engine.end_of(run_id)
    await refusing.close()

    assert (run["state"], run["reason"]) == ("completed", None)
    # What an attempt has published must not be mixed with what the next one publishes.
    assert (run["attempt"], run["runners_lost"]) == (5, 0)
    await is_the_same(engine, tenant)


async def test_a_run_that_ends_every_worker_is_given_up(
    engine: Engine, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_runner, "ATTEMPTS_MAX", 2)
    vendor.add("bageriet", vouchers=3)
    await engine.start_worker(runs_at_once="0")
    await connect(engine, "bageriet")
    run_id = await request(engine, "bageriet")
    faulty = RefusingPublisher(engine.endpoints.kafka_url, ValueError("a fault"), times=9)

    for _ in range(2):
        async with a_runner(engine, vendor, publisher=faulty) as runner:
            with pytest.raises(ValueError, match="a fault"):
                await eventually(runner.run_next, what="the run is taken")
    async with a_runner(engine, vendor, publisher=faulty) as runner:
        await eventually(runner.run_next, what="the run is taken")
    run = await engine.end_of(run_id)

    assert (run["state"], run["reason"]) == ("failed", "attempts_exhausted")
    assert (run["attempt"], run["runners_lost"]) == (3, 2)


async def test_a_run_whose_page_no_broker_takes_fails_and_the_next_is_planned(
    engine: Engine, vendor: Vendor
) -> None:
    vendor.add("bageriet", vouchers=3)
    await engine.start_worker(runs_at_once="0")
    await connect(engine, "bageriet")
    run_id = await request(engine, "bageriet")
    refusal = MessageTooLarge(LEDGER.name, "16000000 bytes")
    refusing = RefusingPublisher(engine.endpoints.kafka_url, refusal, times=1)

    async with a_runner(engine, vendor, publisher=refusing) as runner:
        await eventually(runner.run_next, what="the run is taken")
        run = await engine.end_of(run_id)

    assert (run["state"], run["reason"], run["attempt"]) == ("failed", "too_large", 1)
    await no_run_is_held(engine)


async def test_a_run_of_a_part_touches_nothing_else(engine: Engine, vendor: Vendor) -> None:
    tenant = vendor.add("bageriet", vouchers=3)
    await engine.start_worker(**vendor.settings)
    await connect(engine, "bageriet")
    await engine.end_of(await request(engine, "bageriet"))
    book(tenant.books)
    tenant.books.add_account(4, 5010, "Lokalhyra")

    scope = Scope(parts=("accounts",))
    run = await engine.end_of(await request(engine, "bageriet", scope=scope))
    nowhere = Scope(fiscal_years=())
    empty = await engine.end_of(await request(engine, "bageriet", scope=nowhere))

    assert set(await reads_of(engine, run["run_id"])) == {
        "accounts/2024-01-01",
        "accounts/2025-01-01",
    }
    assert await engine.value(BOOKED) == 6
    accounts = "SELECT count(*) FROM ledger.account WHERE account = '5010'"
    assert await engine.value(accounts) == 1
    assert empty["state"] == "completed"

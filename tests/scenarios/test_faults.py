"""What befalls workers, broker and database: every row is there afterwards, once."""

import asyncio
import io
import random
import re

import pytest

from connectors.sie.generator import generate
from tests.engine import SESSION_TIMEOUT_SECONDS, Engine
from tests.eventually import eventually

pytestmark = pytest.mark.engine
VOUCHERS = 3000


def a_file(vouchers: int = VOUCHERS, seed: int = 9) -> bytes:
    file = io.BytesIO()
    generate(seed=seed, years=1, vouchers_per_year=vouchers).write(0, file)
    return file.getvalue()


async def is_whole(engine: Engine, content: bytes, company: str = "bageriet") -> None:
    """The ledger has every voucher and posting of the file, and right balances."""
    vouchers = len(re.findall(rb"(?m)^#VER ", content))
    booked = len(re.findall(rb"(?m)^\s*#TRANS ", content))
    counted = "SELECT count(*) FROM ledger.voucher WHERE company_id = $1"
    assert await engine.value(counted, company) == vouchers
    postings = "SELECT count(*) FROM ledger.posting WHERE company_id = $1 AND state <> 'struck'"
    assert await engine.value(postings, company) == booked
    assert await engine.balances_are_right()


async def under_way(engine: Engine, run_id: str) -> None:
    """Returns when the run has been claimed."""
    query = "SELECT state <> 'queued' FROM engine.sync_run WHERE run_id = $1"
    await eventually(lambda: engine.value(query, run_id), what="the run is under way")


async def kill_again_and_again(engine: Engine, *, times: int, seed: int) -> None:
    """Two workers: the runner of an import is killed, then one after the other at some moment."""
    moments = random.Random(seed)
    content = a_file()
    workers = [await engine.start_worker(), await engine.start_worker()]
    run_id = await engine.upload("bageriet", content)
    await under_way(engine, run_id)
    victim = workers.index(await engine.holder_of(run_id))  # At once: it has not much to do.
    for turn in range(times):
        workers[victim].kill()
        workers[victim] = await engine.start_worker()
        await asyncio.sleep(moments.uniform(0.0, 0.4))  # The moment is what is tested.
        victim = turn % 2

    run = await engine.end_of(run_id)

    assert run["state"] == "completed", (run["reason"], run["detail"])
    assert run["attempt"] >= 2  # The first kill hit the runner.
    await engine.caught_up()
    await is_whole(engine, content)


async def test_workers_that_are_killed_lose_nothing(engine: Engine) -> None:
    await kill_again_and_again(engine, times=2, seed=1)


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_workers_that_are_killed_ten_times_lose_nothing(engine: Engine) -> None:
    await kill_again_and_again(engine, times=10, seed=2)


async def test_a_worker_that_wakes_after_its_session_changes_nothing(engine: Engine) -> None:
    content = a_file()
    sleeper = await engine.start_worker()
    run_id = await engine.upload("bageriet", content)
    await under_way(engine, run_id)
    sleeper.pause()
    await engine.start_worker()
    await asyncio.sleep(SESSION_TIMEOUT_SECONDS + 1)  # Beyond the session: that is the point.

    run = await engine.end_of(run_id)
    await engine.caught_up()
    everything = "SELECT * FROM ledger.posting WHERE company_id = 'bageriet' ORDER BY 3, 4, 5, 6"
    before = await engine.connection.fetch(everything)
    sleeper.wake()

    assert (run["state"], run["attempt"]) == ("completed", 2)
    again = await engine.end_of(await engine.upload("snickeriet", a_file(50, seed=10)))
    assert again["state"] == "completed"
    await engine.caught_up()
    await is_whole(engine, content)
    assert await engine.connection.fetch(everything) == before


async def test_a_worker_waits_for_postgresql_and_says_so_once(engine: Engine) -> None:
    worker = await engine.start_worker()
    await engine.end_of(await engine.upload("bageriet", a_file(50)))
    postgres = engine.stack._postgres

    await engine.connection.close()
    await asyncio.to_thread(postgres.stop)
    await worker.logs("work_paused")
    await asyncio.to_thread(postgres.start, lambda _: None)
    await engine.reconnect()

    content = a_file(60, seed=11)
    run = await engine.end_of(await engine.upload("snickeriet", content))
    assert run["state"] == "completed"
    await engine.caught_up()
    await is_whole(engine, content, "snickeriet")
    assert worker.process.poll() is None, worker.log
    assert worker.log.count("work_paused") == worker.log.count("work_resumed") == 1, worker.log


async def test_a_worker_waits_for_kafka(engine: Engine) -> None:
    worker = await engine.start_worker()
    await engine.end_of(await engine.upload("bageriet", a_file(50)))
    kafka = engine.stack._kafka

    await asyncio.to_thread(kafka.stop)
    content = a_file(60, seed=11)
    run_id = await engine.upload("snickeriet", content)
    await worker.logs("work_paused")
    await asyncio.to_thread(kafka.launch, lambda _: None, may_move=False)
    await asyncio.to_thread(kafka.wait_until_ready)

    assert (await engine.end_of(run_id))["state"] == "completed", worker.log
    await engine.caught_up()
    await is_whole(engine, content, "snickeriet")
    assert worker.process.poll() is None, worker.log

"""Who is served next: no company starves another, and no source has more runs than it takes."""

import asyncio

import asyncpg
import pytest

from schemas.sources import FORTNOX, SIE
from streams import sync_runs
from streams.sync_runs import Claimed, RunLost
from tests.servers import PostgresServer
from tests.streams.queue import Queue, claim_next

pytestmark = pytest.mark.engine
CONFIRM = "UPDATE engine.sync_run SET state = 'confirming' WHERE run_id = $1"
GIVE_BACK = "DELETE FROM engine.lease"
FORWARD = "UPDATE engine.clock_offset SET clock_offset = clock_offset + make_interval(secs => $1)"
LATER = "UPDATE engine.clock_offset SET clock_offset = clock_offset + interval '1 hour'"


@pytest.fixture
def queue(database: asyncpg.Connection) -> Queue:
    return Queue(database)


async def _served(queue: Queue, runs: int) -> list[str]:
    """The companies in the order in which one runner serves them."""
    companies = []
    for _ in range(runs):
        run = await queue.claim_next()
        assert run is not None
        companies.append(run.company_id)
        await queue.end(run)
    return companies


async def test_who_comes_first_is_served_first(queue: Queue) -> None:
    for company in ("c", "a", "b"):
        await queue.add(company)

    assert await _served(queue, 3) == ["c", "a", "b"]


async def test_a_company_with_many_runs_does_not_hold_up_the_others(queue: Queue) -> None:
    for company in ("many", "many", "many", "many", "one", "two", "two"):
        await queue.add(company, source=SIE.name)

    assert await _served(queue, 7) == ["many", "one", "two", "many", "two", "many", "many"]


async def test_what_a_person_asked_for_is_served_before_what_comes_by_itself(queue: Queue) -> None:
    for number in range(30):
        await queue.add(f"automatic-{number}", trigger="automatic")
    await queue.add("push", trigger="push")
    await queue.add("file", source=SIE.name, trigger="upload")
    await queue.add("person")
    await queue.add("reload", trigger="reload")

    assert await _served(queue, 4) == ["file", "person", "reload", "automatic-0"]


async def test_what_comes_by_itself_is_not_put_off_for_ever(queue: Queue) -> None:
    await queue.add("automatic", trigger="automatic")
    await queue.add("early")
    await queue.connection.execute(FORWARD, sync_runs.HEAD_START_SECONDS)
    await queue.add("late")

    assert await _served(queue, 3) == ["early", "automatic", "late"]


async def test_a_company_has_one_run_at_a_time_and_they_keep_their_order(queue: Queue) -> None:
    first, second = [await queue.add("bageriet", source=SIE.name) for _ in range(2)]

    run = await queue.claim_next()
    assert run is not None
    assert await queue.claim_next() is None
    await queue.connection.execute(CONFIRM, run.run_id)
    assert await queue.claim_next() is None
    await queue.end(run)
    after = await queue.claim_next()

    assert after is not None
    assert (run.run_id, after.run_id) == (first, second)
    assert (run.run_number, after.run_number) == (1, 2)


async def test_a_run_whose_lease_ran_out_goes_on_under_the_next_attempt(queue: Queue) -> None:
    await queue.add("bageriet")
    run = await queue.claim_next(holder="first")
    assert run is not None
    assert await queue.claim_next(holder="second") is None

    await queue.connection.execute(LATER)
    again = await queue.claim_next(holder="second")

    assert again is not None
    assert (again.run_id, again.run_number, again.attempt) == (run.run_id, run.run_number, 2)
    with pytest.raises(RunLost):
        await sync_runs.lock_own(queue.connection, run)


async def test_a_runner_that_is_lost_counts_and_one_that_gives_its_run_back_does_not(
    queue: Queue,
) -> None:
    await queue.add("bageriet")
    lost = []
    for gives_back in (False, True, False, True):
        run = await queue.claim_next()
        assert run is not None
        lost.append(run.runners_lost)
        await queue.connection.execute(GIVE_BACK if gives_back else LATER)

    assert lost == [0, 1, 1, 2]


async def test_a_source_that_has_its_runs_holds_up_no_other(queue: Queue) -> None:
    for number in range(FORTNOX.runs_at_once + 30):
        await queue.add(f"direct-{number}")
    await queue.add("file", source=SIE.name)

    claimed = [await queue.claim_next() for _ in range(FORTNOX.runs_at_once + 1)]
    companies = [run.company_id for run in claimed if run is not None]

    assert companies == [*(f"direct-{number}" for number in range(FORTNOX.runs_at_once)), "file"]
    assert await queue.claim_next() is None
    # A run that is taken over is one of those that the source has.
    await queue.connection.execute(LATER)
    again = await queue.claim_next()
    assert again is not None
    assert (again.company_id, again.attempt) == ("direct-0", 2)


async def test_a_source_never_has_more_runs_however_many_claim_at_once(
    postgres_server: PostgresServer,
) -> None:
    async with postgres_server.fresh_database() as dsn:
        connections = [await asyncpg.connect(dsn) for _ in range(12)]
        queue = Queue(connections[0])
        for number in range(3 * FORTNOX.runs_at_once):
            await queue.add(f"company-{number}")

        async def claim_all(place: int) -> list[Claimed]:
            claimed = []
            while run := await claim_next(connections[place], holder=f"worker-{place}"):
                claimed.append(run)
            return claimed

        rounds = []
        for _ in range(4):
            claimed = await asyncio.gather(*(claim_all(place) for place in range(12)))
            runs = [run for some in claimed for run in some]
            for run in runs:
                await queue.end(run)
            rounds.append(len(runs))
        for connection in connections:
            await connection.close()

    assert rounds == [FORTNOX.runs_at_once] * 3 + [0]

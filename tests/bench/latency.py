"""How soon a sync command has started its run, and a page is in the ledger, under steady load."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.codec import Message
from schemas.topics import LIFECYCLE
from streams.embedded.endpoints import Endpoints
from streams.publisher import Publisher
from tests.bench import table
from tests.bench.connected import (
    commanding,
    connect,
    ended,
    engine_with_vendor,
    in_background,
    names,
    sampler,
    session,
    show_load,
    show_remarks,
    show_requests,
)
from tests.bench.copy_baseline import MAKE_TABLES, POSTINGS, VOUCHERS, Rows
from tests.bench.pages import a_read
from tests.bench.trips import ECHO, Commands, Echo, Pages, hearing

COMPANIES = 100
PER_SECOND = 2.0  # Of each kind of trip: about half of what two workers can run on two cores.
TRIPS = 120
WARM_UP = 10  # Trips before those that are counted: code, plans and connections are made.
PAGE_VOUCHERS = 100
LIMIT_SECONDS = 120
OF_ONE_PAGE = " WHERE company_id = $1"
# Where a command's time goes; the agent writes queued_at, the relay published_at, the runner
# started_at.
STAGES = """
    SELECT extract(epoch FROM published_at - queued_at)::float8 AS relayed,
        extract(epoch FROM started_at - published_at)::float8 AS claimed
    FROM engine.sync_run AS run JOIN engine.outbox ON outbox_id = run.queued_outbox_id
    WHERE run_id = ANY($1)
"""
Trip = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Measured:
    """Seconds of each trip, by what it is, and of a command's stages."""

    trips: dict[str, list[float]]
    stages: list[asyncpg.Record]
    page_bytes: int


COMMAND, SHORT_ECHO = "command -> SyncStarted", "as short a message, there and back"
PAGE, PAGE_ECHO = "page -> row visible", "the page there and back, and COPY"


def run(directory: Path) -> None:
    """Measures all four trips side by side, and prints them."""
    data_dir = directory / "latency"
    with engine_with_vendor(data_dir, names(COMPANIES)) as endpoints:
        table.step(f"latency: connecting {COMPANIES} companies")
        asyncio.run(_connect_all(endpoints))
        table.step(f"latency: {TRIPS / PER_SECOND:.0f} s of steady load")
        with sampler(data_dir).measured() as load:
            measured = asyncio.run(_measure(endpoints))
        _show(measured)
        _show_stages(measured)
        show_load(load)
        show_remarks(data_dir)


async def _connect_all(endpoints: Endpoints) -> None:
    """Returns when each has had its first run."""
    async with session(endpoints) as connection:
        since = await connection.fetchval("SELECT engine.clock()")
        await connect(endpoints, names(COMPANIES))
        await ended(connection, since, names(COMPANIES))
        await show_requests(connection)


async def _measure(endpoints: Endpoints) -> Measured:
    pages = [_page(number) for number in range(WARM_UP + TRIPS)]
    async with AsyncExitStack() as stack:
        commands, echoes, published = await _ways(endpoints, pages, stack)
        trips = {
            COMMAND: commands.trip,
            SHORT_ECHO: echoes.trip,
            PAGE: published.trip,
            PAGE_ECHO: echoes.page_trip,
        }
        async with asyncio.timeout(LIMIT_SECONDS):
            taken = await _at_a_steady_rate(trips)
        counted = commands.run_ids[WARM_UP:]
        stages = await echoes.connection.fetch(STAGES, counted)
    return Measured(taken, stages, len(pages[0].value))


async def _at_a_steady_rate(trips: Mapping[str, Trip]) -> dict[str, list[float]]:
    """Each kind so many times a second, one kind after the other, whether or not they are back."""
    begun_at = time.perf_counter()
    step_seconds = 1 / PER_SECOND / len(trips)
    timed = {name: list[asyncio.Task[float]]() for name in trips}
    turns = [(number, name) for number in range(WARM_UP + TRIPS) for name in trips]
    for turn, (number, name) in enumerate(turns):
        await asyncio.sleep(begun_at + turn * step_seconds - time.perf_counter())
        timed[name].append(asyncio.create_task(_timed(trips[name], number)))
    return {name: (await asyncio.gather(*tasks))[WARM_UP:] for name, tasks in timed.items()}


async def _timed(trip: Trip, number: int) -> float:
    started_at = time.perf_counter()
    await trip(number)
    return time.perf_counter() - started_at


async def _ways(
    endpoints: Endpoints, pages: list[Message], stack: AsyncExitStack
) -> tuple[Commands, Echo, Pages]:
    await _make_echo_topic(endpoints)
    producer = await stack.enter_async_context(commanding(endpoints))
    looking, copying = [await stack.enter_async_context(session(endpoints)) for _ in range(2)]
    publisher = Publisher(endpoints.kafka_url)
    stack.push_async_callback(publisher.close)
    published = Pages(publisher, looking, [*pages, _page(len(pages))])
    await stack.enter_async_context(in_background(published.look()))
    await published.trip(len(pages))  # One more page, whose rows are those that are copied.
    vouchers, postings = await _rows_of(copying, published.pages[-1])
    await copying.execute(MAKE_TABLES)
    echoes = Echo(producer, copying, pages[0], vouchers, postings)
    commands = Commands(producer, names(COMPANIES))
    for topic, hear in ((ECHO, echoes.hear), (LIFECYCLE.name, commands.hear)):
        await stack.enter_async_context(hearing(endpoints.kafka_url, topic, hear))
    return commands, echoes, published


def _page(number: int) -> Message:
    """A page of a company of its own, which nobody syncs."""
    return next(a_read(PAGE_VOUCHERS, company=f"page-{number}")).message


async def _rows_of(connection: asyncpg.Connection, page: Message) -> tuple[Rows, Rows]:
    assert page.key is not None  # It is the company.
    company = page.key.decode()
    vouchers = await connection.fetch(VOUCHERS + OF_ONE_PAGE, company)
    postings = await connection.fetch(POSTINGS + OF_ONE_PAGE, company)
    return [tuple(row) for row in vouchers], [tuple(row) for row in postings]


async def _make_echo_topic(endpoints: Endpoints) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=endpoints.kafka_url)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(ECHO, 1, 1)])
    finally:
        await admin.close()


def _show(measured: Measured) -> None:
    table.show(
        f"latency: {PER_SECOND:g} of each a second for {TRIPS / PER_SECOND:.0f} s, {COMPANIES} "
        f"companies; a page of {PAGE_VOUCHERS} vouchers, {measured.page_bytes / 1024:.0f} KiB",
        ["from being sent", "p50", "p99", "max", "p50 ratio", "p99 ratio", "trips"],
        [
            _row(measured, COMMAND, SHORT_ECHO),
            _row(measured, SHORT_ECHO, SHORT_ECHO),
            _row(measured, PAGE, PAGE_ECHO),
            _row(measured, PAGE_ECHO, PAGE_ECHO),
        ],
    )
    table.note("ratio: to the trip below, which the same broker and database made meanwhile")


def _row(measured: Measured, name: str, against: str) -> list[str]:
    taken, other = measured.trips[name], measured.trips[against]
    p50, p99 = table.quantile(taken, 0.5), table.quantile(taken, 0.99)
    ratios = [p50 / table.quantile(other, 0.5), p99 / table.quantile(other, 0.99)]
    return [
        name,
        *(table.milliseconds(value) for value in (p50, p99, max(taken))),
        *(f"{ratio:.1f}" for ratio in ratios),
        str(len(taken)),
    ]


def _show_stages(measured: Measured) -> None:
    """What lies between is told by the database; the rest is the agent's and the two topics'."""
    for name, told in (
        ("relayed", "SyncQueued decided to relayed"),
        ("claimed", "relayed to claimed by a runner"),
    ):
        taken = [stage[name] for stage in measured.stages]
        p50, p99 = (table.milliseconds(table.quantile(taken, share)) for share in (0.5, 0.99))
        table.note(f"of a command's way, {told}: p50 {p50}, p99 {p99}")

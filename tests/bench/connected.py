"""A real engine beside a simulated Fortnox with many companies, and their connecting."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaProducer

from schemas.codec import encode_command
from schemas.commands import AnyCommand, ConnectionRequested
from schemas.sources import FORTNOX
from streams.embedded.endpoints import Endpoints
from streams.engine import Engine
from tests.bench import table
from tests.bench.load import Load, Sampler, engine_groups
from tests.bench.vendor import VOUCHERS_PER_YEAR, VendorProcess
from tests.bench.worker_process import unusual_lines

WORKERS = ["worker-1", "worker-2"]
LIMIT_SECONDS = 600
ENDED = """
    SELECT count(DISTINCT company_id) FROM engine.sync_run
    WHERE queued_at >= $1 AND company_id = ANY($2) AND finished_at IS NOT NULL
"""
RUNS = """
    SELECT company_id, state, extract(epoch FROM queued_at - $1)::float8 AS queued,
        extract(epoch FROM started_at - $1)::float8 AS started,
        extract(epoch FROM fetched_at - $1)::float8 AS fetched,
        extract(epoch FROM finished_at - $1)::float8 AS finished
    FROM engine.sync_run
    WHERE queued_at >= $1 AND company_id = ANY($2) AND finished_at IS NOT NULL
    ORDER BY queue_number
"""
REQUESTS = "SELECT max(cardinality(made_at)) FROM engine.request_window"
Runs = list[asyncpg.Record]  # In the order in which they were queued; seconds since `since`.


@contextmanager
def engine_with_vendor(data_dir: Path, companies: list[str]) -> Iterator[Endpoints]:
    """Two workers, for as long as the block lasts; nobody is connected yet."""
    vendor = VendorProcess(companies)
    engine = Engine(
        data_dir,
        workers=len(WORKERS),
        progress=table.step,
        beside=[vendor.child],
        worker_environment=vendor.worker_environment,
    )
    with engine.running() as endpoints:
        vendor.wait_until_up()
        yield endpoints


def names(companies: int) -> list[str]:
    return [f"company-{number:03d}" for number in range(companies)]


def show_load(load: Load) -> None:
    """What each process took of a processor."""
    shares = [f"{name} {load.share(name):.0%}" for name in sorted(load.busy_seconds)]
    table.note(f"of a processor: {', '.join(shares)}; foreign processes {load.others_share:.0%}")


def show_remarks(data_dir: Path) -> None:
    for name in WORKERS:
        for line in unusual_lines(data_dir / "logs" / f"{name}.log"):
            table.note(f"{name} log: {line}")


def sampler(data_dir: Path) -> Sampler:
    return Sampler(lambda: engine_groups(data_dir), memory=False)


@asynccontextmanager
async def session(endpoints: Endpoints) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def in_background(work: Awaitable[None]) -> AsyncIterator[None]:
    """Ends the work with the block."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def commanding(endpoints: Endpoints) -> AsyncIterator[AIOKafkaProducer]:
    """A plain producer, as any service has one."""
    producer = AIOKafkaProducer(bootstrap_servers=endpoints.kafka_url)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, command: AnyCommand) -> None:
    message = encode_command(command)
    await producer.send(
        message.topic, message.value, key=message.key, headers=list(message.headers)
    )


async def connect(endpoints: Endpoints, companies: list[str]) -> None:
    """Asks for all connections: each company is due as soon as it has one."""
    async with commanding(endpoints) as producer:
        for company in companies:
            await send(producer, ConnectionRequested(company_id=company, source=FORTNOX.name))


async def ended(connection: asyncpg.Connection, since: datetime, companies: list[str]) -> Runs:
    """The runs of the companies that have ended, once each has had one."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while await connection.fetchval(ENDED, since, companies) < len(companies):
            await asyncio.sleep(0.1)
    runs = await connection.fetch(RUNS, since, companies)
    assert {one["state"] for one in runs} == {"completed"}, "a run has not completed"
    return runs


async def show_requests(connection: asyncpg.Connection) -> None:
    """How many requests of a company came together, up to the vendor's limit."""
    requests = await connection.fetchval(REQUESTS)
    table.note(
        f"each company: two years of {VOUCHERS_PER_YEAR} vouchers; a whole read makes {requests} "
        "requests, so that the vendor's window, 25 in 5 s, is kept and holds nobody up"
    )

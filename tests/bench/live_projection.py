"""The projection alone: pages that wait on the topic, one worker, from its first batch on."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import asyncpg
import psutil

from schemas.bookkeeping import Posting, Voucher
from schemas.codec import encode
from schemas.ledger_events import AnyLedgerEvent
from streams.embedded.endpoints import Endpoints
from streams.embedded.stack import Stack
from streams.engine import engine_settings
from streams.migrate import bring_up_to_date
from streams.publisher import Publisher
from tests.bench.ledger_copy import Copied, copy_again
from tests.builders import YEAR, a_page, an_end

VOUCHERS = 100_000
PAGE = 500
LIMIT_SECONDS = 300
DONE = "SELECT sum(next_offset) FROM engine.projection_offset WHERE agent = 'project_ledger'"


@dataclass(frozen=True)
class ProjectionFigures:
    rows: int
    seconds: float
    worker_cpu_seconds: float
    postgres_cpu_seconds: float
    copied: Copied

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def measure() -> ProjectionFigures:
    """Publishes 100,000 vouchers of three postings, then starts a worker. Blocking."""
    with tempfile.TemporaryDirectory(prefix="bokflow-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)
        stack = Stack(root)
        endpoints = stack.start(lambda line: print(f"  {line}", file=sys.stderr))
        try:
            return asyncio.run(_measure(endpoints, stack.pids()["PostgreSQL"]))
        finally:
            stack.stop()


async def _measure(endpoints: Endpoints, postgres_pid: int) -> ProjectionFigures:
    await bring_up_to_date(engine_settings(endpoints))
    messages = await _publish(endpoints)
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    environment = {
        "BOKFLOW_KAFKA_URL": endpoints.kafka_url,
        "BOKFLOW_POSTGRES_DSN": endpoints.postgres_dsn,
    }
    worker = subprocess.Popen(  # noqa: ASYNC220 - starting it takes milliseconds
        [sys.executable, "-m", "streams.command_line.main", "worker"],
        env={**os.environ, **environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        begun, cpu = await _first_batch(connection, worker.pid, postgres_pid)
        applied_before = cpu[2]
        while (applied := await connection.fetchval(DONE)) < messages:
            assert time.perf_counter() - begun < LIMIT_SECONDS
            await asyncio.sleep(0.02)
        seconds = time.perf_counter() - begun
        ended = _cpu_seconds(worker.pid), _cpu_seconds(postgres_pid)
    finally:
        worker.terminate()
        worker.wait()
    await connection.close()
    copied = await copy_again(endpoints.postgres_dsn)
    share = (applied - applied_before) / messages
    return ProjectionFigures(
        rows=int(copied.rows * share),
        seconds=seconds,
        worker_cpu_seconds=ended[0] - cpu[0],
        postgres_cpu_seconds=ended[1] - cpu[1],
        copied=copied,
    )


async def _first_batch(
    connection: asyncpg.Connection, worker_pid: int, postgres_pid: int
) -> tuple[float, tuple[float, float, int]]:
    """The moment of the first commit, what had been used of the processors, and what it brought."""
    while not (applied := await connection.fetchval(DONE)):
        await asyncio.sleep(0.01)
    cpu = (_cpu_seconds(worker_pid), _cpu_seconds(postgres_pid), int(applied))
    return time.perf_counter(), cpu


def _cpu_seconds(pid: int) -> float:
    total = 0.0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


async def _publish(endpoints: Endpoints) -> int:
    publisher = Publisher(endpoints.kafka_url)
    count = 0
    for event in _events():
        await publisher.acknowledged(await publisher.send(encode(event)))
        count += 1
    await publisher.close()
    return count


def _events() -> Iterator[AnyLedgerEvent]:
    pages = VOUCHERS // PAGE
    for page in range(pages):
        numbers = range(page * PAGE + 1, (page + 1) * PAGE + 1)
        yield a_page(*map(_voucher, numbers), sequence=page + 1, company="big")
    yield an_end(pages, company="big", vouchers=VOUCHERS)


def _voucher(number: int) -> Voucher:
    net, vat = Decimal(number) + Decimal("0.50"), Decimal("12.25")
    return Voucher(
        fiscal_year=YEAR,
        series="A",
        number=str(number),
        voucher_date=date(YEAR.year, number % 12 + 1, number % 28 + 1),
        text=f"Faktura {number}",
        registered_on=date(YEAR.year, 12, 31),
        postings=(
            Posting(account="1510", amount=net + vat, objects={"1": str(number % 20)}),
            Posting(account=str(3000 + number % 90), amount=-net, text="Försäljning"),
            Posting(account="2611", amount=-vat),
        ),
    )

"""How fast a worker applies a year of vouchers that lies on the ledger topic."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from statistics import median

import asyncpg
import psutil

from projections.migrate import LEDGER as LEDGER_PROJECTION
from streams.app import BATCH_MESSAGES_MAX
from streams.database import Database
from streams.embedded.endpoints import Endpoints
from streams.embedded.stack import Stack
from streams.folds import FOLDS
from streams.migrate import bring_up_to_date
from streams.projector import Projector
from streams.publisher import Publisher
from streams.settings import Settings
from streams.worker import COLLECTION_THRESHOLDS
from tests.bench import table
from tests.bench.copy_baseline import Copied, checkpoint, copy
from tests.bench.load import Groups, Load, Sampler, bounds, engine_groups, postgres_groups
from tests.bench.pages import Page, a_read
from tests.bench.worker_process import WorkerProcess
from tests.received import as_received

VOUCHERS = 100_000
ROUNDS = 3
TARGET = 0.2
LIMIT_SECONDS = 120
# Debezium's JDBC sink with nine columns on this kind of machine; from the literature.
DEBEZIUM = "31,000 .. 36,000"
MAKE = "CREATE DATABASE bench OWNER bokflow"
DROP = "DROP DATABASE IF EXISTS bench WITH (FORCE)"
APPLIED = """
    SELECT coalesce(sum(next_offset), 0)::bigint FROM engine.projection_offset
    WHERE agent = 'project_ledger' AND in_use
"""


@dataclass
class Measured:
    """The rounds of one way to apply the pages."""

    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)

    def add(self, seconds: float, rows: int, load: Load) -> None:
        self.seconds.append(seconds)
        self.rates.append(rows / seconds)
        self.loads.append(load)

    @property
    def middle_load(self) -> Load:
        """That of the round with the middle rate."""
        order = sorted(range(len(self.rates)), key=lambda place: self.rates[place])
        return self.loads[order[len(order) // 2]]


def run(directory: Path) -> None:
    """Measures all, and prints it."""
    table.step(f"projection: making {VOUCHERS:,} vouchers")
    pages = list(a_read(VOUCHERS))
    stack = Stack(directory / "projection")
    endpoints = stack.start(lambda _: None)
    try:
        asyncio.run(_run(stack.data_dir, endpoints, pages))
    finally:
        stack.stop()


async def _run(data_dir: Path, endpoints: Endpoints, pages: list[Page]) -> None:
    worker, alone = Measured(), Measured()
    copied: list[Copied] = []
    remarks: list[str] = []
    for number in range(1, ROUNDS + 1):
        async with fresh_database(endpoints) as own:
            if number == 1:
                await _publish(own, pages)
            table.step(f"projection: worker, round {number} of {ROUNDS}")
            remarks += await _by_worker(data_dir, own, pages, worker)
            copied.append(await copy(own.postgres_dsn, own.postgres_admin_dsn, times=1))
        async with fresh_database(endpoints) as own:
            table.step(f"projection: projector without Kafka, round {number} of {ROUNDS}")
            await _in_process(data_dir, own, pages, alone)
    _show(pages, worker, alone, copied)
    for remark in remarks:
        table.note(f"worker log: {remark}")


@asynccontextmanager
async def fresh_database(endpoints: Endpoints) -> AsyncIterator[Endpoints]:
    """A migrated database without rows; the log stays as it is."""
    await _administer(endpoints, DROP, MAKE)
    own = replace(endpoints, postgres_dsn=endpoints.postgres_dsn.replace("/bokflow?", "/bench?"))
    await bring_up_to_date(Settings.with_servers(own.kafka_url, own.postgres_dsn))
    await checkpoint(own.postgres_admin_dsn)
    try:
        yield own
    finally:
        await _administer(endpoints, DROP)


async def _administer(endpoints: Endpoints, *statements: str) -> None:
    dsn = endpoints.postgres_admin_dsn.replace("/bokflow?", "/postgres?")
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _publish(endpoints: Endpoints, pages: list[Page]) -> None:
    publisher = Publisher(endpoints.kafka_url)
    try:
        for future in [await publisher.send(page.message) for page in pages]:
            await publisher.acknowledged(future)
    finally:
        await publisher.close()


async def _by_worker(
    data_dir: Path, endpoints: Endpoints, pages: list[Page], measured: Measured
) -> list[str]:
    """From the first offset that moves to the last; what comes with the first is not counted."""
    rows_up_to = [0, *accumulate(page.rows for page in pages)]
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        with WorkerProcess(endpoints, data_dir / "bench-worker.log") as worker:
            first = await _applied(connection, worker, at_least=1)
            started_at = time.perf_counter()
            with Sampler(lambda: engine_groups(data_dir), memory=False).measured() as load:
                await _applied(connection, worker, at_least=len(pages))
                taken = time.perf_counter() - started_at
        measured.add(taken, rows_up_to[-1] - rows_up_to[first], load)
    finally:
        await connection.close()
    return worker.remarks()


async def _applied(connection: asyncpg.Connection, worker: WorkerProcess, *, at_least: int) -> int:
    async with asyncio.timeout(LIMIT_SECONDS):
        while (applied := await connection.fetchval(APPLIED)) < at_least:
            worker.check()
            await asyncio.sleep(0.01)
    return int(applied)


async def _in_process(
    data_dir: Path, endpoints: Endpoints, pages: list[Page], measured: Measured
) -> None:
    database = Database(
        endpoints.postgres_dsn, transaction_timeout_seconds=120, lock_timeout_seconds=20
    )
    fold = FOLDS[LEDGER_PROJECTION]
    projector = Projector(
        database,
        LEDGER_PROJECTION,
        decode=fold.decode,
        apply=fold.apply,
        retry_delay_seconds_max=10,
    )
    messages = [as_received(page.message, offset) for offset, page in enumerate(pages)]
    thresholds = gc.get_threshold()
    gc.collect()
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    await database.start()
    try:
        started_at = time.perf_counter()
        with Sampler(lambda: _own_groups(data_dir), memory=False).measured() as load:
            for start in range(0, len(messages), BATCH_MESSAGES_MAX):
                await projector.apply(messages[start : start + BATCH_MESSAGES_MAX])
            taken = time.perf_counter() - started_at
    finally:
        await database.stop()
        gc.set_threshold(*thresholds)
    measured.add(taken, sum(page.rows for page in pages), load)


def _own_groups(data_dir: Path) -> Groups:
    return {"worker-1": [psutil.Process()], **postgres_groups(data_dir)}


def _show(pages: list[Page], worker: Measured, alone: Measured, copied: list[Copied]) -> None:
    baseline = [seconds for one in copied for seconds in one.seconds]
    rows = copied[0].rows
    assert rows == sum(page.rows for page in pages), "the ledger has other rows than were published"
    copy_rate = rows / median(baseline)
    size = sum(len(page.message.value) for page in pages)
    table.show(
        f"projection: {copied[0].vouchers:,} vouchers, {copied[0].postings:,} postings in "
        f"{len(pages)} messages, {size / 2**20:.1f} MiB",
        ["way", "median", "rows/s", "ratio to COPY", "rounds"],
        [
            _row("COPY alone", baseline, copy_rate, copy_rate),
            _row("worker (Kafka, Faust)", worker.seconds, worker.rate, copy_rate),
            _row("projector, no Kafka", alone.seconds, alone.rate, copy_rate),
        ],
    )
    ratio = worker.rate / copy_rate
    table.note(table.verdict("worker / COPY", ratio=ratio, target=TARGET, at_least=True))
    table.note(f"Faust and Kafka cost {1 - worker.rate / alone.rate:.0%} of the projector's rate")
    table.note(f"rows/s {worker.rate:,.0f}; Debezium's JDBC sink {DEBEZIUM} (literature)")
    table.note(f"worker bound by: {bounds(worker.middle_load, ['worker-1'])}")
    table.note(f"projector bound by: {bounds(alone.middle_load, ['worker-1'])}")


def _row(name: str, taken: list[float], rate: float, copy_rate: float) -> list[str]:
    return [
        name,
        table.seconds(taken),
        f"{rate:,.0f}",
        f"{rate / copy_rate:.2f}",
        table.spread(taken),
    ]

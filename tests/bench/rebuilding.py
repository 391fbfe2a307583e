"""How fast the ledger is built anew from its topic, against COPY of the same rows.

From the topic to indexed and compared tables in use, beside a live version that nobody writes to.
"""

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from projections import migrate
from projections.migrate import LEDGER, TABLES_OF
from streams.embedded.endpoints import Endpoints
from streams.embedded.stack import Stack
from streams.folds import FOLDS
from streams.migrate import bring_up_to_date
from streams.publisher import Publisher
from streams.rebuild import bulk
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.whole import Rebuild, Rebuilt
from streams.settings import Settings
from tests.bench import table
from tests.bench.copy_baseline import checkpoint
from tests.bench.load import BACKENDS, MEBIBYTE, OTHERS, Groups, Load, Sampler, postgres_groups
from tests.bench.pages import a_read

COMPANIES = 100
POSTINGS_OF_A_VOUCHER = 3
POSTINGS = 1_000_000
POSTINGS_LARGE = 10_000_000
TARGET = 0.4
GROWTH_TARGET = 1.3
MEMORY_TARGET_MIB = 400
CHUNK_ROWS = 200_000
REBUILDING = "rebuild"
COPIED = """
    CREATE TABLE copied.{table} (LIKE {schema}.{table} INCLUDING ALL)
"""
COLUMNS = """
    SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


@dataclass(frozen=True)
class Measured:
    """One rebuild, and COPY of what it has built."""

    rebuilt: Rebuilt
    seconds: float
    load: Load
    reading_seconds: float  # Processor time of the pieces, each done alone.
    decoding_seconds: float
    rows: int
    copy_seconds: float

    @property
    def ratio(self) -> float:
        return self.copy_seconds / self.seconds

    @property
    def peak_mib(self) -> float:
        return self.load.peak_bytes[REBUILDING] / MEBIBYTE


def run(directory: Path, *, large: bool = False) -> None:
    """Measures a million postings; ten million too where they are asked for."""
    small = _measure(directory / "rebuild", POSTINGS)
    _show(POSTINGS, small)
    if large:
        great = _measure(directory / "rebuild-large", POSTINGS_LARGE)
        _show(POSTINGS_LARGE, great)
        per_posting = (great.seconds / POSTINGS_LARGE) / (small.seconds / POSTINGS)
        verdict = table.verdict(
            "time of a posting, 10 M / 1 M", ratio=per_posting, target=GROWTH_TARGET, at_least=False
        )
        table.note(verdict)


def _measure(directory: Path, postings: int) -> Measured:
    stack = Stack(directory)
    endpoints = stack.start(lambda _: None)
    try:
        return asyncio.run(_run(directory, endpoints, postings))
    finally:
        stack.stop()


async def _run(directory: Path, endpoints: Endpoints, postings: int) -> Measured:
    settings = Settings.with_servers(endpoints.kafka_url, endpoints.postgres_dsn)
    await bring_up_to_date(settings)
    table.step(f"rebuild: publishing {postings:,} postings of {COMPANIES} companies")
    await _publish(endpoints, postings // POSTINGS_OF_A_VOUCHER // COMPANIES)
    table.step("rebuild: filling the live version")
    await _fill(settings)
    await checkpoint(endpoints.postgres_admin_dsn)
    table.step("rebuild: rebuilding")
    work = Rebuild(settings, LEDGER, holder="bench", report=lambda *_: None)
    started_at = time.perf_counter()
    with Sampler(lambda: _groups(directory), memory=True).measured() as load:
        rebuilt = await work.take_over()
    seconds = time.perf_counter() - started_at
    assert not rebuilt.differing, "the rebuilt version is another than the live one"
    table.step("rebuild: COPY of the same rows")
    rows, copy_seconds = await _copy(endpoints)
    reading, decoding = await _alone(settings)
    return Measured(rebuilt, seconds, load, reading, decoding, rows, copy_seconds)


async def _publish(endpoints: Endpoints, vouchers: int) -> None:
    """The companies' reads, one after the other: the partitions lie side by side all the same."""
    publisher = Publisher(endpoints.kafka_url)
    try:
        for number in range(COMPANIES):
            pages = a_read(vouchers, company=f"company-{number:03}")
            for future in [await publisher.send(page.message) for page in pages]:
                await publisher.acknowledged(future)
    finally:
        await publisher.close()


async def _fill(settings: Settings) -> None:
    """The live version, as fast as a bulk can; the agents would come to the same."""
    connection = await asyncpg.connect(settings.postgres_dsn.get_secret_value())
    try:
        version = await migrate.version_in_use(connection, LEDGER)
    finally:
        await connection.close()
    async with BulkReader.open(settings.kafka_url, LEDGER.topic) as reader:
        stretch = await reader.bounds(settings.partitions)
    await bulk.run(settings, LEDGER, version, stretch, lambda _: None)


def _groups(directory: Path) -> Groups:
    """The command, which is this process, and the processes that share its work."""
    own = psutil.Process()
    children = [one for one in own.children() if _builds(one)]
    return {REBUILDING: [own, *children], **postgres_groups(directory)}


def _builds(process: psutil.Process) -> bool:
    try:
        return "streams.rebuild.child" in process.cmdline()
    except psutil.Error:
        return False  # It has just ended.


async def _alone(settings: Settings) -> tuple[float, float]:
    """Processor time of reading the topic, and of decoding what was read, in this process."""
    decoding, started_at = 0.0, time.process_time()
    async with BulkReader.open(settings.kafka_url, LEDGER.topic) as reader:
        async for batch in reader.read(await reader.bounds(settings.partitions)):
            before = time.process_time()
            for received in batch:
                FOLDS[LEDGER].decode(received)
            decoding += time.process_time() - before
    return time.process_time() - started_at - decoding, decoding


async def _copy(endpoints: Endpoints) -> tuple[int, float]:
    """Rows of all tables into empty ones with all their keys; only COPY itself is timed."""
    reading = await asyncpg.connect(endpoints.postgres_dsn)
    writing = await asyncpg.connect(endpoints.postgres_dsn)
    rows, seconds = 0, 0.0
    try:
        schema = LEDGER.schema(await migrate.version_in_use(reading, LEDGER))
        await writing.execute("CREATE SCHEMA copied")
        for (name,) in await reading.fetch(TABLES_OF, schema):
            await writing.execute(COPIED.format(table=name, schema=schema))
        await checkpoint(endpoints.postgres_admin_dsn)
        for (name,) in await reading.fetch(TABLES_OF, schema):
            columns = await reading.fetchval(COLUMNS, f"{schema}.{name}")
            async with reading.transaction():
                cursor = await reading.cursor(f"SELECT {', '.join(columns)} FROM {schema}.{name}")
                while chunk := [tuple(row) for row in await cursor.fetch(CHUNK_ROWS)]:
                    started_at = time.perf_counter()
                    await writing.copy_records_to_table(
                        name, schema_name="copied", records=chunk, columns=columns
                    )
                    seconds += time.perf_counter() - started_at
                    rows += len(chunk)
        await writing.execute("DROP SCHEMA copied CASCADE")
    finally:
        await reading.close()
        await writing.close()
    return rows, seconds


def _show(postings: int, measured: Measured) -> None:
    stages = measured.rebuilt.stage_seconds
    rows = [
        [name, f"{taken:.2f} s", f"{taken / measured.seconds:.0%}"]
        for name, taken in stages.items()
    ]
    title = f"rebuild: {postings:,} postings, {measured.rows:,} rows, {COMPANIES} companies"
    table.show(title, ["stage", "time", "share"], [*rows, ["all", f"{measured.seconds:.2f} s", ""]])
    _show_processors(measured)
    table.note(f"COPY of the same rows: {measured.copy_seconds:.2f} s")
    table.note(table.verdict("rebuild / COPY", ratio=measured.ratio, target=TARGET, at_least=True))
    table.note(
        table.verdict(
            "peak memory, MiB", ratio=measured.peak_mib, target=MEMORY_TARGET_MIB, at_least=False
        )
    )
    others = measured.load.others_share
    table.note(f"foreign processes took {others:.0%} of a processor meanwhile")
    waited = measured.rebuilt.readers_waited_seconds
    table.note(f"readers waited at most {table.milliseconds(waited)} at the takeover")
    sys.stdout.flush()


def _show_processors(measured: Measured) -> None:
    """Where the processors' time went, of the whole rebuild."""
    busy = measured.load.busy_seconds
    python = busy[REBUILDING] - measured.reading_seconds - measured.decoding_seconds
    parts = {
        "reading from Kafka": measured.reading_seconds,
        "decoding, with the vouchers' digests": measured.decoding_seconds,
        "folding, rows for COPY, starting": python,
        "PostgreSQL: COPY, keys, digests": busy[BACKENDS],
        "PostgreSQL: writing out, parallel sorts and scans": busy[OTHERS],
    }
    total = sum(parts.values())
    rows = [[name, f"{taken:.2f} s", f"{taken / total:.0%}"] for name, taken in parts.items()]
    table.show("rebuild: processor time", ["of", "time", "share"], rows)

"""How long `bokflow import --wait` takes for a large file, and for the same file once more."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from streams.embedded.endpoints import Endpoints
from streams.engine import Engine
from tests.bench import table
from tests.bench.copy_baseline import Copied, copy
from tests.bench.load import BENCH, MEBIBYTE, Load, Sampler, bounds, engine_groups
from tests.bench.pages import COMPANY, company, write_file
from tests.bench.worker_process import unusual_lines

VOUCHERS = 125_000  # The generator's vouchers are small: with 100,000 the file has 16 MB.
WORKERS = ["worker-1", "worker-2"]
COPY_ROUNDS = 3
TARGET = 6
LIMIT_SECONDS = 200
PHASES = """
    SELECT extract(epoch FROM queued_at)::float8, extract(epoch FROM started_at)::float8,
        extract(epoch FROM fetched_at)::float8, extract(epoch FROM finished_at)::float8
    FROM engine.sync_run ORDER BY queue_number DESC LIMIT 1
"""
COUNTS = """
    SELECT created, changed, removed, unchanged FROM ledger.read_result
    WHERE part = 'vouchers' ORDER BY run_number DESC LIMIT 1
"""


@dataclass(frozen=True)
class Import:
    """One run of the command."""

    seconds: float
    load: Load
    phases: list[tuple[str, float]]
    counts: str


def run(directory: Path, *, again: bool) -> None:
    """Measures one import, and if asked the same once more, and prints it."""
    path = directory / "books.se"
    table.step(f"import: writing {VOUCHERS:,} vouchers")
    size_bytes = write_file(company(VOUCHERS), path)
    data_dir = directory / "import"
    with Engine(data_dir, workers=len(WORKERS), progress=table.step).running() as endpoints:
        table.step("import: the first time")
        first = _import(data_dir, endpoints, path)
        second = None
        if again:
            table.step("same-again: the second time")
            second = _import(data_dir, endpoints, path)
        table.step("import: COPY of the same rows")
        copied = asyncio.run(
            copy(endpoints.postgres_dsn, endpoints.postgres_admin_dsn, times=COPY_ROUNDS)
        )
    _show_import(first, copied, size_bytes)
    _show_memory(first, second)
    if second is not None:
        _show_again(first, second)
    for name in WORKERS:
        for line in unusual_lines(data_dir / "logs" / f"{name}.log"):
            table.note(f"{name} log: {line}")


def _import(data_dir: Path, endpoints: Endpoints, path: Path) -> Import:
    command = [sys.executable, "-m", "streams.command_line.main", "import", "--wait", "-o", "json"]
    command += ["--company", COMPANY, "--data-dir", str(data_dir), str(path)]
    begun_at, started_at = time.time(), time.perf_counter()
    with Sampler(lambda: engine_groups(data_dir), memory=True).measured() as load:
        ended = subprocess.run(command, capture_output=True, timeout=LIMIT_SECONDS, check=False)
        taken = time.perf_counter() - started_at
    assert ended.returncode == 0, (ended.stdout + ended.stderr).decode("utf-8", "replace")
    assert [one["status"] for one in json.loads(ended.stdout)] == ["completed"], ended.stdout
    queued, claimed, fetched, finished, counts = asyncio.run(_marks(endpoints))
    phases = [
        ("start, judge, store", queued - begun_at),
        ("wait for a runner", claimed - queued),
        ("read and publish", fetched - claimed),
        ("project and confirm", finished - fetched),
        ("answer", begun_at + taken - finished),
    ]
    return Import(taken, load, phases, counts)


async def _marks(endpoints: Endpoints) -> tuple[float, float, float, float, str]:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        phases = await connection.fetchrow(PHASES)
        counts = await connection.fetchrow(COUNTS)
    finally:
        await connection.close()
    assert phases is not None, "the run is kept"
    assert counts is not None, "the read is kept"
    queued, claimed, fetched, finished = phases
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return queued, claimed, fetched, finished, told


def _show_import(first: Import, copied: Copied, size_bytes: int) -> None:
    copy_seconds = sorted(copied.seconds)[len(copied.seconds) // 2]
    ratio = first.seconds / copy_seconds
    table.show(
        f"import: a file of {size_bytes / 1e6:.1f} MB with {copied.vouchers:,} vouchers, "
        f"{copied.postings:,} postings; {first.counts}",
        ["what", "time", "rows/s", "times COPY", "rounds"],
        [
            _row("COPY alone", copied, copied.seconds, 1.0),
            _row("import --wait", copied, [first.seconds], ratio),
        ],
    )
    table.note(table.verdict("import / COPY", ratio=ratio, target=TARGET, at_least=False))
    _show_bounds(first)


def _row(name: str, copied: Copied, taken: list[float], ratio: float) -> list[str]:
    rate = table.per_second(copied.rows, taken)
    return [name, table.seconds(taken), rate, f"{ratio:.2f}", table.spread(taken)]


def _show_bounds(done: Import) -> None:
    table.note(", ".join(f"{name} {seconds:.1f} s" for name, seconds in done.phases))
    table.note(f"workers bound by: {bounds(done.load, WORKERS)}")
    shares = [f"{name} {done.load.share(name):.0%}" for name in ["command", *WORKERS, "Kafka"]]
    table.note(f"of a processor: {', '.join(shares)}")


def _show_memory(first: Import, second: Import | None) -> None:
    runs = [first] if second is None else [first, second]
    table.show(
        "memory at its peak (PSS), sampled every 0.2 s",
        ["process", "import", "same again"][: 1 + len(runs)],
        [
            [name, *(f"{one.load.peak_bytes.get(name, 0) / MEBIBYTE:.0f} MiB" for one in runs)]
            for name in sorted(first.load.peak_bytes.keys() - {BENCH})
        ],
    )


def _show_again(first: Import, second: Import) -> None:
    table.show(
        f"same-again: {second.counts}",
        ["what", "time", "ratio to the first", "rounds"],
        [
            ["the first time", table.seconds([first.seconds]), "1.00", "single"],
            [
                "the same again",
                table.seconds([second.seconds]),
                f"{second.seconds / first.seconds:.2f}",
                "single",
            ],
        ],
    )
    table.note("no target: it is reported")
    _show_bounds(second)

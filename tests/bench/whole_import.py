"""A 20 MB file by `import --wait`, the same again, and the projection behind it."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from connectors.sie.generator import generate
from streams.embedded.endpoints import Endpoints
from streams.engine import Engine
from tests.bench.ledger_copy import Copied, copy_again
from tests.bench.memory import MemoryWatch

FILE_BYTES = 20 * 1000 * 1000
VOUCHERS = 125_000  # The generator's vouchers are of 160 bytes: so many make 20 MB.
SPAN = """
    SELECT extract(epoch FROM max(fetched_at) - max(started_at))::float8 AS publishing,
        extract(epoch FROM max(finished_at) - max(started_at))::float8 AS whole
    FROM engine.sync_run WHERE run_number = $1
"""


@dataclass(frozen=True)
class ImportFigures:
    file_bytes: int
    vouchers: int
    rows: int
    import_seconds: float
    again_seconds: float
    publishing_seconds: float
    run_seconds: float
    copied: Copied
    peak_bytes: dict[str, int]


def measure() -> ImportFigures:
    """Starts a whole engine, imports the file twice, and copies its rows. Blocking."""
    with tempfile.TemporaryDirectory(prefix="bokflow-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)
        path = root / "big.se"
        with path.open("wb") as file:
            generate(seed=1, years=1, vouchers_per_year=VOUCHERS).write(0, file)
        engine = Engine(root / "data", workers=2, progress=_say)
        with engine.running() as endpoints, MemoryWatch() as memory:
            for name, pid in engine.pids().items():
                memory.add(name, pid)
            first = _import(root, path, memory)
            again = _import(root, path, memory)
            size_bytes = path.stat().st_size
            return asyncio.run(_figures(endpoints, size_bytes, (first, again), memory))


def _import(root: Path, path: Path, memory: MemoryWatch) -> float:
    command = [sys.executable, "-m", "streams.command_line.main", "import", str(path)]
    options = ["--company", "big", "--wait", "-o", "json", "--data-dir", str(root / "data")]
    begun = time.perf_counter()
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE)
    memory.add("import", process.pid)
    output, _ = process.communicate()
    seconds = time.perf_counter() - begun
    assert json.loads(output)[0]["status"] == "completed", output
    return seconds


async def _figures(
    endpoints: Endpoints, size_bytes: int, seconds: tuple[float, float], memory: MemoryWatch
) -> ImportFigures:
    copied = await copy_again(endpoints.postgres_dsn)
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        span = await connection.fetchrow(SPAN, 1)
        vouchers = await connection.fetchval("SELECT count(*) FROM ledger.voucher")
    finally:
        await connection.close()
    assert span is not None  # The run has been there.
    return ImportFigures(
        file_bytes=size_bytes,
        vouchers=vouchers,
        rows=copied.rows,
        import_seconds=seconds[0],
        again_seconds=seconds[1],
        publishing_seconds=span["publishing"],
        run_seconds=span["whole"],
        copied=copied,
        peak_bytes=memory.peak_bytes,
    )


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr)

"""A process that reads an SIE file, one of ours or another, and what it says of that."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LIMIT_SECONDS = 300
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Reading:
    """What it took to read the file, some times in a row."""

    seconds: list[float]
    vouchers: int
    rows: int
    peak_bytes: int

    @property
    def peak(self) -> str:
        return f"{self.peak_bytes / MEGABYTE:.1f} MB"

    def times(self, other: "Reading") -> float:
        return median(self.seconds) / median(other.seconds)


def joined(readings: Sequence[Reading]) -> Reading:
    """The same reading by several processes."""
    first = readings[0]
    assert all((one.vouchers, one.rows) == (first.vouchers, first.rows) for one in readings)
    return Reading(
        seconds=[seconds for one in readings for seconds in one.seconds],
        vouchers=first.vouchers,
        rows=first.rows,
        peak_bytes=max(one.peak_bytes for one in readings),
    )


def read(path: Path, way: str, *, rounds: int = 1) -> Reading:
    """Reads with one of tests.bench.readers."""
    return measured([sys.executable, "-m", "tests.bench.readers", way, str(rounds), str(path)])


def measured(command: list[str]) -> Reading:
    ended = subprocess.run(command, capture_output=True, timeout=LIMIT_SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr.decode("utf-8", "replace")
    return Reading(**json.loads(ended.stdout))

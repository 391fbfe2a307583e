"""What the reader's memory grows by for a file that is ten times longer: the keys, and no more."""

from collections.abc import Mapping
from pathlib import Path

from tests.bench import table
from tests.bench.long_file import RISING, TEXTS, write_long_file
from tests.bench.reading_process import MEGABYTE, Reading, read

TIMES_LONGER = 10
KEY_BYTES_MAX = 16
RISING_WAYS = ("judge", "pages")  # All that an import does; `pages` reads `documents`.
# By what the same reading differs from one process to the next: an arena of Python's allocator
# (1 MiB), and a chunk of the file that is or is not at hand twice at the peak.
SAME_MEGABYTES = 2


def show(directory: Path, path: Path, ways: Mapping[str, str]) -> None:
    """Reads the file and longer ones once, each in a process of its own, and prints the peaks."""
    table.step("reading: once, for the memory")
    short = {way: read(path, way) for way in RISING_WAYS}
    grown = {
        f"{ways[way]}, {kind}": (short[way], reading)
        for kind, names, some in (
            ("rising numbers", RISING, RISING_WAYS),
            ("numbers that are texts", TEXTS, ("judge",)),
        )
        for way, reading in _long(directory, path, names, some).items()
    }
    table.show(
        f"memory at its peak: the file, and one with {TIMES_LONGER} times its vouchers",
        ["what", "the file", "longer", "more", "a voucher", "time"],
        [_row(name, *peaks) for name, peaks in grown.items()],
    )
    for name, peaks in grown.items():
        _show_verdict(name, *peaks)


def _long(directory: Path, path: Path, names: bytes, ways: tuple[str, ...]) -> dict[str, Reading]:
    long_path = directory / "reading-long.se"
    size_bytes = write_long_file(path, long_path, copies=TIMES_LONGER, names=names)
    table.step(f"reading: {size_bytes / MEGABYTE:.0f} MB, {', '.join(ways)}")
    readings = {way: read(long_path, way) for way in ways}
    long_path.unlink()
    return readings


def _row(name: str, short: Reading, long: Reading) -> list[str]:
    more_bytes = long.peak_bytes - short.peak_bytes
    return [
        name,
        short.peak,
        long.peak,
        f"{more_bytes / MEGABYTE:.1f} MB",
        f"{more_bytes / (long.vouchers - short.vouchers):.1f} bytes",
        table.seconds(long.seconds),
    ]


def _show_verdict(name: str, short: Reading, long: Reading) -> None:
    """Who reads only a part of it needs little memory, too."""
    found = long.vouchers, long.rows
    assert found == (TIMES_LONGER * short.vouchers, TIMES_LONGER * short.rows), (short, long)
    further = long.vouchers - short.vouchers
    allowed = KEY_BYTES_MAX * further / MEGABYTE + SAME_MEGABYTES
    more = (long.peak_bytes - short.peak_bytes) / MEGABYTE
    said = table.verdict(f"{name}, more MB", ratio=more, target=allowed, at_least=False)
    table.note(f"{said} ({KEY_BYTES_MAX} bytes a further voucher, and {SAME_MEGABYTES} MB)")

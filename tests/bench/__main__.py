"""`make bench`: the reader and the real engine on this machine, against others in the same run."""

import argparse
import os
import tempfile
import time
from pathlib import Path

from tests.bench import (
    importing,
    latency,
    many_companies,
    projection,
    purge,
    reading,
    rebuilding,
    table,
)

NAMES = (
    "reading",
    "projection",
    "import",
    "same-again",
    "latency",
    "companies",
    "purge",
    "rebuild",
    "rebuild-large",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only",
        choices=NAMES,
        help="run one benchmark (same-again needs import, rebuild-large runs only so)",
    )
    only: str | None = parser.parse_args().only
    started_at = time.monotonic()
    print(table.machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="bokflow-bench-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        if os.geteuid() == 0:
            directory.chmod(0o711)  # PostgreSQL's own user has to pass through.
        if only in (None, "reading"):
            reading.run(directory)
        if only in (None, "projection"):
            projection.run(directory)
        if only in (None, "import", "same-again"):
            importing.run(directory, again=only != "import")
        if only in (None, "latency"):
            latency.run(directory)
        if only in (None, "rebuild", "rebuild-large"):
            rebuilding.run(directory, large=only == "rebuild-large")
        if only in (None, "companies"):
            many_companies.run(directory)
        if only in (None, "purge"):
            purge.run(directory)
    print(f"\n{time.monotonic() - started_at:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()

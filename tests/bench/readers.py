"""One way of reading an SIE file, in a process of its own, so that its memory is its own.

`python -m tests.bench.readers WAY ROUNDS PATH` prints what it took as JSON.
"""

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from schemas.bookkeeping import Voucher
from schemas.parts import Scope

_HEADS = re.compile(
    r'^#VER (\S+) (\S+) ([0-9]{8})(?: ("(?:[^"\\]|\\.)*"|\S+))?(?: ([0-9]{8}))?', re.MULTILINE
)
_ROWS = re.compile(
    r'^\s*#TRANS (\S+) \{([^}]*)\} (-?[0-9.]+)(?: ([0-9]{8}))?(?: ("(?:[^"\\]|\\.)*"|\S+))?',
    re.MULTILINE,
)
# Within a text a quote would be escaped.
_POSTING = '"account":'


class Counted(NamedTuple):
    """What was found: vouchers, and the rows of them that this way gives."""

    vouchers: int
    rows: int


def _nothing(_: Path) -> Counted:
    """What Python and the modules alone take."""
    return Counted(0, 0)


def _expressions(path: Path) -> Counted:
    """No reader: two regular expressions and exact amounts, with nothing put together."""
    text = path.read_bytes().decode("cp437")
    heads, rows = _HEADS.findall(text), _ROWS.findall(text)
    amounts = [Decimal(row[2]) for row in rows]
    return Counted(len(heads), len(amounts))


def _documents(path: Path) -> Counted:
    """Exact and checked vouchers, each as the JSON that a message carries."""
    vouchers = rows = 0
    with path.open("rb") as file:
        for document in SieFile(file, name=path.name).documents():
            assert isinstance(document, str), document
            vouchers += 1
            rows += document.count(_POSTING)
    return Counted(vouchers, rows)


def _models(path: Path) -> Counted:
    """The same once more checked by pydantic, as models."""
    vouchers = rows = 0
    with path.open("rb") as file:
        for voucher in SieFile(file, name=path.name).vouchers():
            assert isinstance(voucher, Voucher), voucher
            vouchers += 1
            rows += len(voucher.postings)
    return Counted(vouchers, rows)


def _judge(path: Path) -> Counted:
    with path.open("rb") as file:
        judgement = SieFile(file, name=path.name).judge()
    assert not judgement.set_aside, judgement
    return Counted(judgement.vouchers, judgement.postings)


def _pages(path: Path) -> Counted:
    """The vouchers as an import publishes them."""
    vouchers = rows = 0
    with path.open("rb") as file:
        connector = SieConnector(SieFile(file, name=path.name))
        (planned,) = connector.reads(Scope(parts=("vouchers",)))
        for page in connector.pages(planned):
            vouchers += len(page.vouchers)
            rows += sum(voucher.count(_POSTING.encode()) for voucher in page.vouchers)
    return Counted(vouchers, rows)


WAYS: dict[str, Callable[[Path], Counted]] = {
    "nothing": _nothing,
    "expressions": _expressions,
    "documents": _documents,
    "models": _models,
    "judge": _judge,
    "pages": _pages,
}


def main(way: str, rounds: int, path: Path) -> None:
    seconds = []
    counted = Counted(0, 0)
    for _ in range(rounds):
        started_at = time.perf_counter()
        counted = WAYS[way](path)
        seconds.append(time.perf_counter() - started_at)
    print(json.dumps({"seconds": seconds, **counted._asdict(), "peak_bytes": _peak_bytes()}))


def _peak_bytes() -> int:
    """Of this process. What getrusage says on Linux begins with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # In bytes on macOS.
    lines = status.read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) * 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))

"""A process that reads SIE files for test_mutations, under limits that the kernel enforces.

Files come on stdin, and outcomes go to stdout as JSON, each after its length in eight bytes. A
file that takes too much CPU or memory ends the process, and so does any error but a refusal.
The limits are its two arguments: seconds for each pass, and bytes beside what it has at its start.
"""

import json
import resource
import signal
import sys
from io import BytesIO
from pathlib import Path

from connectors.sie.file import Judgement, SieFile
from schemas.bookkeeping import Voucher
from schemas.errors import UploadRefused

LENGTH_BYTES = 8
FILE_NAME = "mutant.se"

Outcome = dict[str, object]


def main(cpu_seconds: float, memory_bytes: int) -> None:
    """Reads files until stdin ends."""
    _limit_memory(memory_bytes)
    while length := sys.stdin.buffer.read(LENGTH_BYTES):
        content = sys.stdin.buffer.read(int.from_bytes(length, "big"))
        answer = json.dumps(_outcome(content, cpu_seconds)).encode()
        sys.stdout.buffer.write(len(answer).to_bytes(LENGTH_BYTES, "big") + answer)
        sys.stdout.buffer.flush()


def _limit_memory(memory_bytes: int) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _outcome(content: bytes, cpu_seconds: float) -> Outcome:
    """What is said of the file, if need be by force, and what its vouchers are."""
    refused: Outcome = {}
    for force in (False, True):
        # Nothing handles SIGPROF, so that it ends even a regular expression that hangs.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        file = SieFile(BytesIO(content), name=FILE_NAME)
        try:
            judged = _judged(file.judge(force=force))
        except UploadRefused as refusal:
            refused = {"refused": refusal.code, "sentence": str(refusal)}
            continue
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        return judged | {"read": _read(file)}
    return refused


def _judged(judgement: Judgement) -> Outcome:
    remarks = [
        (remark.line, remark.code, remark.message("sv"), remark.message("en"))
        for remark in judgement.remarks
    ]
    booked = {"vouchers": judgement.vouchers, "postings": judgement.postings}
    return {
        "judged": booked | {"set_aside": judgement.set_aside},
        "counts": judgement.remark_counts,
        "remarks": remarks,
    }


def _read(file: SieFile) -> dict[str, int]:
    """What comes out of the file, one voucher at a time."""
    counts = {"vouchers": 0, "postings": 0, "set_aside": 0}
    for voucher in file.vouchers():
        if isinstance(voucher, Voucher):
            counts["vouchers"] += 1
            counts["postings"] += sum(row.state != "struck" for row in voucher.postings)
        else:
            counts["set_aside"] += 1
    return counts


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))

"""The simulator as a process, as the demo starts it."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[4]
STOP_SECONDS_MAX = 20
WORK_SECONDS = 1.0
# The bookkeeper deletes a voucher now and then, also between the last look and the kill.
LOST_AFTERWARDS_MAX = 3


@contextmanager
def a_process(*arguments: str, end: int = signal.SIGTERM) -> Iterator[str]:
    """The address at which the process says that it answers; ended by a signal."""
    command = [sys.executable, "-m", "connectors.simulators.fortnox", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"url=(\S+)", process.stderr.readline())
            assert found
            yield found[1]
        finally:
            process.send_signal(end)
            assert process.wait(STOP_SECONDS_MAX) == (0 if end == signal.SIGTERM else -end)


def test_the_demo_s_books_change_by_themselves() -> None:
    with a_process(
        "--tenant=delta=one", "--tenant=epsilon=two", "--revoked=two", "--change-seconds=0.001"
    ) as url:
        client = httpx.Client(base_url=f"{url}/3")
        with client:
            good = {"Authorization": "Bearer one"}
            revoked = client.get("vouchers", headers={"Authorization": "Bearer two"})
            assert revoked.status_code == 401
            # Within the window of the vendor: as many looks as it allows for.
            exports = {client.get("sie/4", headers=good).content for _ in range(25)}

    assert len(exports) > 1


def test_the_books_outlive_a_process_that_is_killed(tmp_path: Path) -> None:
    arguments = ("--tenant=delta=one", f"--books={tmp_path}")
    with a_process(*arguments, "--change-seconds=0.001", end=signal.SIGKILL) as url:
        before = _numbers(url)
    with a_process(*arguments, "--change-seconds=0") as url:
        after = _numbers(url)
    with a_process("--tenant=delta=one", "--change-seconds=0") as url:
        original = _numbers(url)

    assert len(before) > len(original)
    assert len(after) >= len(before) - LOST_AFTERWARDS_MAX


def _numbers(url: str) -> list[bytes]:
    """The vouchers of the current year, after a while in which somebody may have booked."""
    time.sleep(WORK_SECONDS)
    headers = {"Authorization": "Bearer one"}
    export = httpx.get(f"{url}/3/sie/4", headers=headers).content
    return [line for line in export.splitlines() if line.startswith(b"#VER")]

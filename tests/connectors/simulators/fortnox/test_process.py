"""The simulator as a process, as the demo starts it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[4]
STOP_SECONDS_MAX = 20


@contextmanager
def a_process(*arguments: str) -> Iterator[str]:
    """The address at which the process says that it answers."""
    command = [sys.executable, "-m", "connectors.simulators.fortnox", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"url=(\S+)", process.stderr.readline())
            assert found
            yield found[1]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOP_SECONDS_MAX) == 0


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

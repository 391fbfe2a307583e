"""The accounting system of the demo: a Fortnox that is simulated, beside the workers.

One company's books change every few seconds; the other's login is not accepted any more.
"""

import json
import sys
from pathlib import Path

from streams.embedded.ports import choose_free
from streams.embedded.supervisor import Child

CONNECTED, BROKEN = "delta", "epsilon"
SYNC_SECONDS = 30
# So that a voucher which was deleted without a signal is seen to go.
WHOLE_READ_SECONDS = 120
CHANGE_SECONDS = 10


class DemoSource:
    """The simulator as a child process, and what the workers must know of it."""

    def __init__(self, data_dir: Path) -> None:
        self._port = choose_free()
        self._books = data_dir.absolute() / "demo" / "fortnox"

    @property
    def child(self) -> Child:
        tenants = [f"--tenant={name}={_token(name)}" for name in (CONNECTED, BROKEN)]
        return Child(
            name="fortnox-simulator",
            command=(
                *(sys.executable, "-m", "connectors.simulators.fortnox"),
                *(f"--port={self._port}", f"--change-seconds={CHANGE_SECONDS}"),
                f"--books={self._books}",
                *(*tenants, f"--revoked={_token(BROKEN)}"),
            ),
        )

    @property
    def worker_environment(self) -> dict[str, str]:
        return {
            "BOKFLOW_FORTNOX_URL": f"http://127.0.0.1:{self._port}/3",
            "BOKFLOW_FORTNOX_TOKENS": json.dumps(
                {name: _token(name) for name in (CONNECTED, BROKEN)}
            ),
            "BOKFLOW_SYNC_INTERVAL_SECONDS": str(SYNC_SECONDS),
            "BOKFLOW_WHOLE_READ_SECONDS": str(WHOLE_READ_SECONDS),
        }


def _token(name: str) -> str:
    return f"demo-{name}"

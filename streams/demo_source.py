"""The accounting system of the demo: a Fortnox that is simulated, beside the workers.

One company's books change every few seconds; another's login is not accepted any more; a third one
waits to be connected.
"""

import json
import sys
from pathlib import Path

from streams.embedded.ports import choose_free
from streams.embedded.supervisor import Child
from streams.settings import Settings

CONNECTED, BROKEN, UNCONNECTED = TENANTS = ("delta", "epsilon", "zeta")
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
        tenants = [f"--tenant={name}={_token(name)}" for name in TENANTS]
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
        """Raises SettingsWrong."""
        return {
            "BOKFLOW_FORTNOX_URL": f"http://127.0.0.1:{self._port}/3",
            "BOKFLOW_FORTNOX_TOKENS": json.dumps(
                {**_given_tokens(), **{name: _token(name) for name in TENANTS}}
            ),
            "BOKFLOW_SYNC_INTERVAL_SECONDS": str(SYNC_SECONDS),
            "BOKFLOW_WHOLE_READ_SECONDS": str(WHOLE_READ_SECONDS),
        }


def _token(name: str) -> str:
    return f"demo-{name}"


def _given_tokens() -> dict[str, str]:
    """Those of the user, for companies of the user's own at the simulated Fortnox."""
    # The servers are not there yet, and say nothing of tokens.
    given = Settings.with_servers("", "").fortnox_tokens
    return {company_id: token.get_secret_value() for company_id, token in given.items()}

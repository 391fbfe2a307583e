"""A simulated Fortnox with many small companies, as a process of its own beside the workers."""

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence

from connectors.simulators.fortnox.server import Simulator, running
from streams.embedded.ports import LOOPBACK, choose_free
from streams.embedded.supervisor import Child
from tests.scenarios.direct import Vendor

VOUCHERS_PER_YEAR = 5
START_SECONDS_MAX = 60.0


class VendorProcess:
    """Its companies' ids are their tokens too; each has two years of a few vouchers."""

    def __init__(self, companies: Sequence[str]) -> None:
        self._companies = companies
        self._port = choose_free()

    @property
    def child(self) -> Child:
        command = (sys.executable, "-m", "tests.bench.vendor", str(self._port))
        return Child(name="fortnox-simulator", command=(*command, *self._companies))

    @property
    def worker_environment(self) -> dict[str, str]:
        return {
            "BOKFLOW_FORTNOX_URL": f"http://{LOOPBACK}:{self._port}/3",
            "BOKFLOW_FORTNOX_TOKENS": json.dumps({name: name for name in self._companies}),
        }

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                socket.create_connection((LOOPBACK, self._port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "the simulator did not start"
                time.sleep(0.1)


def main(port: int, companies: list[str]) -> None:
    simulator = Simulator()  # With the vendor's own limit for each company.
    vendor = Vendor(simulator, url="")
    for company in companies:
        vendor.add(company, vouchers=VOUCHERS_PER_YEAR)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with running(simulator, port=port):
        stopped.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

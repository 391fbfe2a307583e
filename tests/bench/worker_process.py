"""A worker as `bokflow worker` runs it, and what its log says beside what is usual."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.embedded.endpoints import Endpoints

STOP_SECONDS_MAX = 30
REMARKS_MAX = 12
UNUSUAL = ("warning", "error", "Traceback", "Exception")


class WorkerProcess:
    """Runs for as long as the block lasts."""

    def __init__(self, endpoints: Endpoints, log_path: Path) -> None:
        self._endpoints = endpoints
        self._log_path = log_path
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        environment = {
            **os.environ,
            "BOKFLOW_KAFKA_URL": self._endpoints.kafka_url,
            "BOKFLOW_POSTGRES_DSN": self._endpoints.postgres_dsn,
            "BOKFLOW_WORKER_NAME": "worker-1",
        }
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams.command_line.main", "worker"],
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None  # Entered before it is left.
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def check(self) -> None:
        """A worker that has ended ends the benchmark."""
        assert self._process is not None  # Entered before it is used.
        assert self._process.poll() is None, self._log_path.read_text("utf-8", "replace")

    def remarks(self) -> list[str]:
        return unusual_lines(self._log_path)


def unusual_lines(log_path: Path) -> list[str]:
    """The first lines of a log that say more than that all is well."""
    if not log_path.exists():
        return []
    lines = log_path.read_text("utf-8", "replace").splitlines()
    return [line for line in lines if any(word in line for word in UNUSUAL)][:REMARKS_MAX]

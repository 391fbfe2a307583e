"""Processes that outlive whoever started them: found again by pid file and command line."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

POLL_SECONDS = 0.02
KILL_SECONDS_MAX = 5.0


class PidFile:
    """Names a running process, as long as that process still is the one that was meant."""

    def __init__(self, path: Path, *, is_ours: Callable[[psutil.Process], bool]) -> None:
        self.path = path
        self._is_ours = is_ours

    def find(self) -> psutil.Process | None:
        """The process; None where it has ended or its number belongs to another program."""
        try:
            process = psutil.Process(int(self.path.read_text().partition("\n")[0]))
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process if is_alive(process) and self._asks(process) else None

    def write(self, pid: int) -> None:
        partial = self.path.with_name(f"{self.path.name}.partial")
        partial.write_text(f"{pid}\n")
        os.replace(partial, self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def _asks(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            return self._is_ours(process)
        return False


def is_alive(process: psutil.Process) -> bool:
    """A process that nobody has collected yet has ended all the same."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end(process: psutil.Process, *, limit_seconds: float) -> bool:
    """Ask a process to end and see it out; True if it had to be killed."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
    if has_ended(process, limit_seconds=limit_seconds):
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
    has_ended(process, limit_seconds=KILL_SECONDS_MAX)
    return True


def has_ended(process: psutil.Process, *, limit_seconds: float) -> bool:
    """Wait for the end of a process, ours or not, and collect it if it is ours."""
    deadline = time.monotonic() + limit_seconds
    while is_alive(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    if isinstance(process, psutil.Popen):
        process.wait()
    return True

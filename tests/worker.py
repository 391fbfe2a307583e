"""A worker of a scenario: a process of its own that can be killed, paused and asked to end."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.eventually import LIMIT_SECONDS, eventually


@dataclass
class Worker:
    """A worker process; its log is kept for whoever has to find out."""

    name: str
    process: subprocess.Popen[bytes]
    log_path: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> int:
        """Asks it to end; its exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.process.wait(LIMIT_SECONDS)

    @property
    def log(self) -> str:
        return self.log_path.read_text("utf-8")

    async def logs(self, event: str) -> None:
        """Returns when its log tells of the event."""

        async def is_told() -> bool:
            return event in self.log

        await eventually(is_told, what=f"{self.name} logs {event}")

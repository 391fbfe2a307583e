"""Child processes that are kept running: restarted with a growing delay, ended with us.

Blocking, for a plain main or a thread of its own (`asyncio.to_thread(supervisor.run_until, stop)`).
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from streams.embedded import log_file, process
from streams.embedded.errors import ChildUnstartable
from streams.embedded.parent import LIFE_LINE_VARIABLE

POLL_SECONDS = 0.1
ROTATION_SECONDS = 5.0
# Marks a child as ours: another engine's child may have the same command line, and after an update
# ours may have another one.
MARK_VARIABLE = "SUPERVISED_CHILD"


@dataclass(frozen=True, kw_only=True)
class Child:
    name: str
    command: tuple[str, ...]
    # On top of our own environment.
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChildExited:
    name: str
    pid: int
    exit_code: int  # −9: killed by signal 9.
    lived_seconds: float
    restart_delay_seconds: float
    log_path: Path


@dataclass(frozen=True, kw_only=True)
class SupervisorLimits:
    delay_seconds_min: float = 1.0
    delay_seconds_max: float = 30.0
    # A child that lived this long starts again with the smallest delay.
    healthy_seconds: float = 60.0
    stop_seconds_max: float = 30.0
    log_bytes_max: int = 20 * 2**20


class Supervisor:
    def __init__(
        self,
        data_dir: Path,
        children: Sequence[Child],
        *,
        on_exit: Callable[[ChildExited], None],
        limits: SupervisorLimits | None = None,
    ) -> None:
        self._limits = limits or SupervisorLimits()
        self._on_exit = on_exit
        data_dir = data_dir.absolute()
        self._supervised = [_Supervised(child, data_dir, self._limits) for child in children]
        self._life_line: tuple[int, int] | None = None
        self._rotated_at = 0.0

    def start(self) -> None:
        """End what a killed `up` has left behind, then start all. Raises ChildUnstartable."""
        for supervised in self._supervised:
            supervised.ask_orphan_to_end()
        for supervised in self._supervised:
            supervised.end_orphan()
        self._life_line = os.pipe()
        for supervised in self._supervised:
            supervised.start(self._life_line[0])

    def run_until(self, stop: threading.Event) -> None:
        """Keep all running until the event is set, for instance by the caller's signal handler.

        The event is looked at and not waited for: `Event.set` in a signal handler would lock up
        with an `Event.wait` that the signal has interrupted.
        """
        while not stop.is_set():
            self.look_after()
            time.sleep(POLL_SECONDS)

    def look_after(self) -> None:
        """One round: see who has exited, start who is due. For callers with a loop of their own."""
        assert self._life_line is not None, "start comes first"
        for supervised in self._supervised:
            exited = supervised.collect()
            if exited is not None:
                self._on_exit(exited)
            supervised.start_if_due(self._life_line[0])
        if time.monotonic() - self._rotated_at > ROTATION_SECONDS:
            self._rotated_at = time.monotonic()
            for supervised in self._supervised:
                supervised.rotate_log()

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to those that are left when the time is over."""
        deadline = time.monotonic() + self._limits.stop_seconds_max
        for supervised in self._supervised:
            supervised.ask_to_end()
        for supervised in self._supervised:
            supervised.end(deadline)
        if self._life_line is not None:
            for descriptor in self._life_line:
                os.close(descriptor)
            self._life_line = None

    def pids(self) -> dict[str, int]:
        """The children that run, by name."""
        return {
            supervised.child.name: supervised.running.pid
            for supervised in self._supervised
            if supervised.running is not None
        }


class _Supervised:
    """One child: its process, its log, and when it is due again."""

    def __init__(self, child: Child, data_dir: Path, limits: SupervisorLimits) -> None:
        self.child = child
        self.running: subprocess.Popen[bytes] | None = None
        self._mark = f"{child.name} of {data_dir}"
        self._limits = limits
        self._log_path = data_dir / "logs" / f"{child.name}.log"
        self._pid_file = process.PidFile(
            data_dir / "pids" / f"{child.name}.pid",
            is_ours=lambda found: found.environ().get(MARK_VARIABLE) == self._mark,
        )
        self._delay_seconds = 0.0
        self._started_at = 0.0
        self._due_at = 0.0

    def start(self, life_line: int) -> None:
        try:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            self._pid_file.path.parent.mkdir(parents=True, exist_ok=True)
            self.rotate_log()
            self._started_at = time.monotonic()
            self.running = self._spawn(life_line)
            self._pid_file.write(self.running.pid)
        except OSError as error:
            raise ChildUnstartable(self.child.name, self.child.command, str(error)) from error

    def _spawn(self, life_line: int) -> subprocess.Popen[bytes]:
        # Appending, so that an emptied log is written to from its start.
        with self._log_path.open("ab") as output:
            return subprocess.Popen(
                self.child.command,
                env={
                    **os.environ,
                    **self.child.environment,
                    LIFE_LINE_VARIABLE: str(life_line),
                    MARK_VARIABLE: self._mark,
                },
                pass_fds=(life_line,),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal is for us, and we end the children in their turn.
                start_new_session=True,
            )

    def collect(self) -> ChildExited | None:
        if self.running is None or self.running.poll() is None:
            return None
        pid, exit_code = self.running.pid, self.running.returncode
        lived_seconds = time.monotonic() - self._started_at
        self._forget()
        doubled = min(self._delay_seconds * 2, self._limits.delay_seconds_max)
        healthy = lived_seconds >= self._limits.healthy_seconds
        self._delay_seconds = (
            self._limits.delay_seconds_min
            if healthy
            else max(doubled, self._limits.delay_seconds_min)
        )
        self._due_at = time.monotonic() + self._delay_seconds
        return ChildExited(
            name=self.child.name,
            pid=pid,
            exit_code=exit_code,
            lived_seconds=lived_seconds,
            restart_delay_seconds=self._delay_seconds,
            log_path=self._log_path,
        )

    def start_if_due(self, life_line: int) -> None:
        if self.running is None and time.monotonic() >= self._due_at:
            self.start(life_line)

    def rotate_log(self) -> None:
        log_file.rotate(self._log_path, size_bytes_max=self._limits.log_bytes_max)

    def ask_to_end(self) -> None:
        if self.running is not None:
            self.running.terminate()

    def end(self, deadline: float) -> None:
        if self.running is None:
            return
        try:
            self.running.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            # A session of its own is a process group too: what it has started ends with it.
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
        self._forget()

    def ask_orphan_to_end(self) -> None:
        orphan = self._pid_file.find()
        if orphan is not None:
            with suppress(psutil.NoSuchProcess):
                orphan.terminate()

    def end_orphan(self) -> None:
        orphan = self._pid_file.find()
        if orphan is not None:
            process.end(orphan, limit_seconds=self._limits.stop_seconds_max)
        self._pid_file.remove()

    def _forget(self) -> None:
        self._pid_file.remove()
        self.running = None

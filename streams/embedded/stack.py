"""Kafka and PostgreSQL in one data directory, for as long as one `bokflow up` holds it."""

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from streams.embedded import lock
from streams.embedded.endpoints import Endpoints, remove_endpoints, write_endpoints
from streams.embedded.errors import DirectoryUnusable, DiskFull, StartError
from streams.embedded.kafka import Kafka, KafkaProfile
from streams.embedded.ports import LOOPBACK
from streams.embedded.postgres import Postgres, PostgresProfile


@dataclass(frozen=True, kw_only=True)
class StackProfile:
    kafka: KafkaProfile = field(default_factory=KafkaProfile)
    postgres: PostgresProfile = field(default_factory=PostgresProfile)
    free_bytes_min: int = 512 * 2**20


class Stack:
    """Start, look after and stop both; blocking, and to be used by one thread."""

    def __init__(self, data_dir: Path, profile: StackProfile | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self._profile = profile or StackProfile()
        self._started = ExitStack()

    def start(self, progress: Callable[[str], None]) -> Endpoints:
        """Start what does not run, and tell where it is found. Raises StartError.

        If anything fails, or a Ctrl-C comes, all that was started is stopped again.
        """
        try:
            with ExitStack() as undo:
                endpoints = self._start(progress, undo)
                self._started = undo.pop_all()
        except OSError as error:
            raise self._explained(error) from error
        return endpoints

    def stop(self) -> None:
        """Stop both, at the same time. Raises StopTimedOut."""
        self._started.close()

    def pids(self) -> dict[str, int]:
        """The servers that run, by name."""
        pids = {"Kafka": self._kafka.pid, "PostgreSQL": self._postgres.pid}
        return {name: pid for name, pid in pids.items() if pid is not None}

    def restart_ended(self, progress: Callable[[str], None]) -> tuple[str, ...]:
        """Start again what has ended since, where it was; returns the names. Raises StartError."""
        servers = (("Kafka", self._kafka), ("PostgreSQL", self._postgres))
        ended = tuple(name for name, server in servers if not server.is_running())
        try:
            if "Kafka" in ended:
                self._kafka.launch(progress, may_move=False)
            if "PostgreSQL" in ended:
                self._postgres.start(progress)
            if "Kafka" in ended:
                self._kafka.wait_until_ready()
        except OSError as error:
            raise self._explained(error) from error
        return ended

    def _start(self, progress: Callable[[str], None], undo: ExitStack) -> Endpoints:
        self._make_data_dir()
        undo.callback(lock.acquire(self.data_dir))
        remove_endpoints(self.data_dir)
        self._check_free_space()
        self._kafka = Kafka(self.data_dir, self._profile.kafka)
        self._postgres = Postgres(self.data_dir, self._profile.postgres)
        undo.callback(self._kafka.stop)
        self._kafka.launch(progress)
        undo.callback(self._postgres.stop)
        self._postgres.start(progress)  # While Java starts.
        undo.callback(self._kafka.ask_to_stop)
        progress("Waiting for Kafka")
        self._kafka.wait_until_ready()
        endpoints = Endpoints(
            kafka_url=f"{LOOPBACK}:{self._kafka.port}",
            postgres_dsn=self._postgres.dsn,
            postgres_admin_dsn=self._postgres.admin_dsn,
        )
        undo.callback(remove_endpoints, self.data_dir)
        write_endpoints(self.data_dir, endpoints)
        return endpoints

    def _make_data_dir(self) -> None:
        # PostgreSQL's user has to pass through where we are root; nobody else needs to.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self.data_dir.mkdir(mode=mode, parents=True, exist_ok=True)
        except FileExistsError as error:
            raise DirectoryUnusable(self.data_dir, "it is a file") from error

    def _check_free_space(self) -> None:
        free_bytes = shutil.disk_usage(self.data_dir).free
        if free_bytes < self._profile.free_bytes_min:
            raise DiskFull(
                self.data_dir,
                free_bytes=free_bytes,
                needed_bytes=self._profile.free_bytes_min,
            )

    def _explained(self, error: OSError) -> StartError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DiskFull(
                self.data_dir,
                free_bytes=shutil.disk_usage(self.data_dir).free,
                needed_bytes=self._profile.free_bytes_min,
            )
        return DirectoryUnusable(self.data_dir, str(error))

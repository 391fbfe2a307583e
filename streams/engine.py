"""All of Bokflow on one machine, in one process tree: Kafka, PostgreSQL and the workers."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from projections.queries.workers import ready_workers
from streams.embedded.endpoints import Endpoints
from streams.embedded.errors import StartError
from streams.embedded.stack import Stack
from streams.embedded.supervisor import Child, ChildExited, Supervisor
from streams.migrate import bring_up_to_date
from streams.settings import Settings

Progress = Callable[[str], None]
READY_SECONDS_MAX = 60
LOOK_SECONDS = 1.0


class NotReady(StartError):
    """The workers did not get to work."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"no worker was ready within {READY_SECONDS_MAX} s: see {data_dir / 'logs'}"
        )


class Engine:
    """Started whole, looked after, and stopped whole. Blocking."""

    def __init__(
        self,
        data_dir: Path,
        *,
        workers: int,
        progress: Progress,
        beside: Sequence[Child] = (),
        worker_environment: Mapping[str, str] | None = None,
    ) -> None:
        """`beside`: what else is kept running, such as an accounting system for the demo."""
        self._beside = beside
        self._worker_environment = worker_environment or {}
        self._data_dir = data_dir.absolute()
        self._workers = workers
        self._progress = progress
        self._stack = Stack(self._data_dir)
        self._stop_looking = threading.Event()

    @contextmanager
    def running(self) -> Iterator[Endpoints]:
        """The engine, for as long as the block lasts. Raises StartError, SyncError."""
        endpoints = self._stack.start(self._progress)
        try:
            settings = Settings.with_servers(endpoints.kafka_url, endpoints.postgres_dsn)
            self._progress("Preparing topics and tables")
            asyncio.run(bring_up_to_date(settings))
            supervisor = Supervisor(
                self._data_dir, self._children(endpoints), on_exit=self._say_exit
            )
            self._progress("Starting the workers")
            supervisor.start()
            try:
                with self._looked_after(supervisor):
                    asyncio.run(wait_until_ready(endpoints, self._data_dir))
                    yield endpoints
            finally:
                self._progress("Stopping the workers")
                supervisor.stop()
        finally:
            self._progress("Stopping PostgreSQL and Kafka")
            self._stack.stop()

    @contextmanager
    def _looked_after(self, supervisor: Supervisor) -> Iterator[None]:
        """Restarts, in a thread of its own, what exits: workers, and the servers below them."""
        watching = threading.Thread(target=self._look_after, args=(supervisor,), daemon=True)
        watching.start()
        try:
            yield
        finally:
            self._stop_looking.set()
            watching.join()

    def _look_after(self, supervisor: Supervisor) -> None:
        looked_at = time.monotonic()
        while not self._stop_looking.wait(0.1):
            supervisor.look_after()
            if time.monotonic() - looked_at > LOOK_SECONDS:
                looked_at = time.monotonic()
                try:
                    for name in self._stack.restart_ended(lambda _: None):
                        self._progress(f"{name} had ended and was started again")
                except StartError as error:
                    self._progress(f"Not restarted: {error}")

    def _say_exit(self, exited: ChildExited) -> None:
        self._progress(
            f"{exited.name} ended with {exited.exit_code} after {exited.lived_seconds:.0f} s and "
            f"starts again in {exited.restart_delay_seconds:.0f} s; see {exited.log_path}"
        )

    def _children(self, endpoints: Endpoints) -> list[Child]:
        return [*self._beside, *self._worker_children(endpoints)]

    def _worker_children(self, endpoints: Endpoints) -> Iterator[Child]:
        for number in range(1, self._workers + 1):
            yield Child(
                name=f"worker-{number}",
                command=(sys.executable, "-m", "streams.command_line.main", "worker"),
                environment={
                    **self._worker_environment,
                    "BOKFLOW_KAFKA_URL": endpoints.kafka_url,
                    "BOKFLOW_POSTGRES_DSN": endpoints.postgres_dsn,
                    "BOKFLOW_WORKER_NAME": f"worker-{number}",
                },
            )


async def wait_until_ready(endpoints: Endpoints, data_dir: Path) -> None:
    """Returns when a worker has partitions to read. Raises NotReady."""
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            while not await ready_workers(connection):
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise NotReady(data_dir) from error
    finally:
        await connection.close()

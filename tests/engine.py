"""A whole engine for scenarios: real Kafka and PostgreSQL, workers as processes of their own."""

import io
import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from connectors.sie.file import SieFile
from projections.migrate import PROJECTIONS
from schemas.codec import Message
from schemas.topics import TOPICS
from streams import offsets, topics, uploads
from streams.database import Database
from streams.embedded.endpoints import Endpoints
from streams.embedded.kafka import KafkaProfile
from streams.embedded.postgres import PostgresProfile
from streams.embedded.stack import Stack, StackProfile
from streams.migrate import bring_up_to_date
from streams.presence import LEASE_PREFIX
from streams.publisher import Publisher
from streams.settings import Settings
from tests.eventually import eventually
from tests.servers import FAST, PARTITIONS
from tests.worker import Worker

SESSION_TIMEOUT_SECONDS = 2
PROFILE = StackProfile(
    kafka=KafkaProfile(properties={"log.flush.interval.messages": "9223372036854775807"}),
    postgres=PostgresProfile(settings=FAST),
)
_numbers = itertools.count(1)


@dataclass
class Engine:
    """One test's engine: topics made anew, a database of its own, and the workers it starts."""

    stack: Stack
    endpoints: Endpoints
    directory: Path
    connection: asyncpg.Connection
    publisher: Publisher
    workers: list[Worker] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "BOKFLOW_KAFKA_URL": self.endpoints.kafka_url,
            "BOKFLOW_POSTGRES_DSN": self.endpoints.postgres_dsn,
            "BOKFLOW_PARTITIONS": str(PARTITIONS),
            "BOKFLOW_SESSION_TIMEOUT_SECONDS": str(SESSION_TIMEOUT_SECONDS),
            "BOKFLOW_LEASE_SECONDS": "2",
            "BOKFLOW_STUCK_SECONDS": "20",
            "BOKFLOW_RETRY_DELAY_SECONDS_MAX": "0.5",
            "BOKFLOW_TRANSACTION_TIMEOUT_SECONDS": "5",
        }

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.environment)

    async def start_worker(self, **settings: str) -> Worker:
        """A worker that is ready."""
        name = f"worker-{next(_numbers)}"
        log_path = self.directory / f"{name}.log"
        given = {f"BOKFLOW_{key.upper()}": value for key, value in settings.items()}
        with log_path.open("wb") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - starting it takes milliseconds
                [sys.executable, "-m", "streams.command_line.main", "worker"],
                env={**os.environ, **self.environment, "BOKFLOW_WORKER_NAME": name, **given},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        worker = Worker(name, process, log_path)
        self.workers.append(worker)
        ready = "SELECT count(*) FROM engine.lease WHERE starts_with(name, $1)"

        async def is_ready() -> bool:
            assert process.poll() is None, worker.log
            return bool(await self.connection.fetchval(ready, f"{LEASE_PREFIX}{name}@"))

        await eventually(is_ready, what=f"{name} is ready")
        return worker

    async def upload(
        self,
        company: str,
        content: bytes,
        *,
        forced: bool = False,
        again: bool = False,
        name: str = "books.se",
    ) -> str:
        """Judges and stores a file, as the command line does; its run."""
        file = io.BytesIO(content)
        judgement = SieFile(file, name=name).judge(force=forced)
        received = await uploads.receive(
            self.connection,
            company_id=company,
            name="",
            file=file,
            file_name=name,
            judgement=judgement,
            forced=forced,
            again=again,
        )
        return received.run_id

    async def end_of(self, run_id: str) -> asyncpg.Record:
        """The run, once it has an end."""
        query = """
            SELECT * FROM engine.sync_run
            WHERE run_id = $1 AND state IN ('completed', 'failed', 'cancelled')
        """
        try:
            return await eventually(
                lambda: self.connection.fetchrow(query, run_id), what=f"the end of {run_id}"
            )
        except AssertionError as error:
            logs = "\n".join(worker.log for worker in self.workers)
            raise AssertionError(f"{error}; the workers said:\n{logs}") from error

    async def holder_of(self, run_id: str) -> Worker:
        """The worker that has the run."""
        query = "SELECT holder FROM engine.lease WHERE name = $1"
        holder = await self.value(query, f"run:{run_id}")
        (worker,) = [one for one in self.workers if holder.startswith(f"{one.name}@")]
        return worker

    async def publish(self, *messages: Message) -> None:
        """Sends messages as they are, in order."""
        for future in [await self.publisher.send(message) for message in messages]:
            await self.publisher.acknowledged(future)

    async def reconnect(self) -> None:
        """A new connection, once the database answers again."""

        async def connect() -> asyncpg.Connection | None:
            try:
                return await asyncpg.connect(self.endpoints.postgres_dsn)
            except (asyncpg.PostgresError, OSError):
                return None

        self.connection = await eventually(connect, what="PostgreSQL answers")

    async def database(self) -> Database:
        """A pool as a worker has it; the caller stops it."""
        database = Database(
            self.endpoints.postgres_dsn, transaction_timeout_seconds=30, lock_timeout_seconds=30
        )
        await database.start()
        return database

    async def value(self, query: str, *arguments: Any) -> Any:
        return await self.connection.fetchval(query, *arguments)

    async def movements(self, company: str, year: Any) -> dict[str, Any]:
        """The movement of each account in a year, from the balances that are kept."""
        rows = await self.connection.fetch(
            """
            SELECT account, sum(movement) AS movement FROM ledger.account_balance
            WHERE company_id = $1 AND fiscal_year = $2 GROUP BY account
            """,
            company,
            year,
        )
        return {row["account"]: row["movement"] for row in rows}

    async def caught_up(self) -> None:
        """Returns when both projections stand at the end of their topics."""

        async def is_caught_up() -> bool:
            at = {
                TopicPartition(projection.topic, partition): row.next_offset
                for projection in PROJECTIONS
                for partition, row in (await offsets.read(self.connection, projection)).items()
            }
            return await topics.end_offsets(self.endpoints.kafka_url, list(at)) == at

        await eventually(is_caught_up, what="the projections at the end of their topics")

    async def balances_are_right(self) -> bool:
        """Whether the kept balances equal a recomputation from all postings."""
        different = await self.connection.fetchval("""
            SELECT count(*) FROM (
                SELECT company_id, fiscal_year, account, date_trunc('month', voucher_date)::date
                    AS month, sum(amount) AS movement, count(*) AS postings
                FROM ledger.posting WHERE state <> 'struck' GROUP BY 1, 2, 3, 4
            ) AS computed FULL JOIN ledger.account_balance AS kept
                USING (company_id, fiscal_year, account, month)
            WHERE (computed.movement, computed.postings)
                IS DISTINCT FROM (kept.movement, kept.postings)
        """)
        return bool(different == 0)


@asynccontextmanager
async def fresh_engine(
    stack: Stack, endpoints: Endpoints, directory: Path
) -> AsyncIterator[Engine]:
    """Topics made anew and a database of its own; what was started is ended afterwards."""
    await forget_topics(endpoints.kafka_url)
    name = f"scenario_{next(_numbers)}"
    await _administer(endpoints, f"CREATE DATABASE {name} OWNER bokflow")
    dsn = endpoints.postgres_dsn.replace("/bokflow?", f"/{name}?")
    own = Endpoints(
        kafka_url=endpoints.kafka_url,
        postgres_dsn=dsn,
        postgres_admin_dsn=endpoints.postgres_admin_dsn,
    )
    connection = await _migrated(own)
    publisher = Publisher(endpoints.kafka_url)
    engine = Engine(stack, own, directory, connection, publisher)
    try:
        yield engine
    finally:
        for worker in engine.workers:
            if worker.process.poll() is None:
                worker.wake()
                worker.kill()
        await publisher.close()
        await engine.connection.close()
        await _administer(endpoints, f"DROP DATABASE {name} WITH (FORCE)")


async def _migrated(own: Endpoints) -> asyncpg.Connection:
    settings = Settings.from_environment(
        {
            "BOKFLOW_KAFKA_URL": own.kafka_url,
            "BOKFLOW_POSTGRES_DSN": own.postgres_dsn,
            "BOKFLOW_PARTITIONS": str(PARTITIONS),
        }
    )
    await bring_up_to_date(settings)
    return await asyncpg.connect(own.postgres_dsn)


async def _administer(endpoints: Endpoints, statement: str) -> None:
    dsn = endpoints.postgres_admin_dsn.replace("/bokflow?", "/postgres?")
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def forget_topics(kafka_url: str) -> None:
    await delete_topics(kafka_url, [topic.name for topic in TOPICS])


async def delete_topics(kafka_url: str, names: list[str]) -> None:
    """Deletes those of the topics that there are, and waits until they are gone."""
    existing = [name for name in names if name in await topics.partition_counts(kafka_url)]
    if existing:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
        await admin.start()
        try:
            await admin.delete_topics(existing)
        finally:
            await admin.close()

    async def are_gone() -> bool:
        return not set(names) & set(await topics.partition_counts(kafka_url))

    await eventually(are_gone, what="the topics are gone")

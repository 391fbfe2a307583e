"""Kafka and PostgreSQL from packages: started, found again, taken over, refused."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.embedded import process
from streams.embedded.endpoints import Endpoints, read_endpoints
from streams.embedded.errors import (
    AlreadyRunning,
    DirectoryUnusable,
    DiskFull,
    EndedAbruptly,
    NotRunning,
    PortUnavailable,
    PostgresVersionMismatch,
    ServiceFailed,
)
from streams.embedded.kafka import KafkaProfile
from streams.embedded.kafka_ports import kept
from streams.embedded.postgres import Postgres, PostgresProfile
from streams.embedded.stack import Stack, StackProfile
from tests.servers import server_directory

pytestmark = pytest.mark.engine

TOPIC = "bokflow.ledger"
LARGE = bytes(12 * 2**20 - 1024)


async def produce(endpoints: Endpoints, message: bytes) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=endpoints.kafka_url,
        enable_idempotence=True,
        max_request_size=13 * 2**20,
    ) as producer:
        await producer.send_and_wait(TOPIC, message)


async def first_messages(endpoints: Endpoints, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=endpoints.kafka_url,
        max_partition_fetch_bytes=13 * 2**20,
        fetch_max_bytes=26 * 2**20,
    )
    async with consumer:
        partition = TopicPartition(TOPIC, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        return [(await consumer.getone()).value for _ in range(count)]


async def query(endpoints: Endpoints, sql: str) -> object:
    connection = await asyncpg.connect(endpoints.postgres_dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def assert_all_is_there(endpoints: Endpoints) -> None:
    assert await first_messages(endpoints, 2) == [b"first", LARGE]
    assert await query(endpoints, "SELECT number FROM kept.voucher") == "A1"


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    """A directory like those that users have: neither plain ASCII nor without a space."""
    with server_directory("bok föring") as directory:
        yield directory / "år"


async def fill(endpoints: Endpoints) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=endpoints.kafka_url)
    await admin.start()
    large = {"max.message.bytes": str(12 * 2**20)}
    await admin.create_topics([NewTopic(TOPIC, 1, 1, topic_configs=large)])
    await admin.close()
    await produce(endpoints, b"first")
    await produce(endpoints, LARGE)
    await query(endpoints, "CREATE SCHEMA kept")
    await query(endpoints, "CREATE TABLE kept.voucher AS SELECT 'A1' AS number")


@pytest.fixture(scope="module")
def data_dir(path: Path) -> Path:
    """A data directory whose engine was started from nothing, filled and stopped."""
    lines: list[str] = []
    stack = Stack(path)
    endpoints = stack.start(lines.append)
    try:
        assert read_endpoints(path) == endpoints
        assert "Setting up the storage of PostgreSQL" in lines
        asyncio.run(fill(endpoints))
    finally:
        stack.stop()
    with pytest.raises(NotRunning, match="run `bokflow up`"):
        read_endpoints(path)
    return path


@pytest.fixture
def stack(data_dir: Path) -> Iterator[Stack]:
    stack = Stack(
        data_dir, StackProfile(postgres=PostgresProfile(settings={"shared_buffers": "32MB"}))
    )
    yield stack
    stack.stop()


async def test_a_second_start_finds_topics_tables_and_port_again(stack: Stack) -> None:
    port = kept(stack.data_dir / "kafka" / "ports.json")

    endpoints = stack.start(lambda line: None)

    assert port is not None
    assert endpoints.kafka_url == f"127.0.0.1:{port.broker}"
    await assert_all_is_there(endpoints)


async def test_the_engines_role_may_make_schemas_and_nothing_beyond(stack: Stack) -> None:
    endpoints = stack.start(lambda line: None)

    assert await query(endpoints, "SHOW is_superuser") == "off"
    assert await query(endpoints, "SHOW fsync") == "on"
    assert await query(endpoints, "SHOW shared_buffers") == "32MB"
    await query(endpoints, "CREATE SCHEMA another")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await query(endpoints, "CREATE ROLE other")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await query(endpoints, "CREATE DATABASE other")


def kill_an_up(data_dir: Path) -> Endpoints:
    holder = [sys.executable, "-m", "tests.streams.embedded.hold_stack", str(data_dir)]
    with subprocess.Popen(holder, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"started\n"
        with pytest.raises(AlreadyRunning, match=f"process {owner.pid}"):
            Stack(data_dir).start(lambda line: None)
        endpoints = read_endpoints(data_dir)
        owner.kill()
    with pytest.raises(EndedAbruptly):
        read_endpoints(data_dir)
    return endpoints


async def test_what_a_killed_up_left_running_is_taken_over_and_stopped(stack: Stack) -> None:
    before = kill_an_up(stack.data_dir)
    lines: list[str] = []

    endpoints = stack.start(lines.append)

    assert endpoints == before
    assert len([line for line in lines if "is taken over" in line]) == 2
    await assert_all_is_there(endpoints)
    left = [psutil.Process(pid) for pid in stack.pids().values()]
    assert len(left) == 2
    stack.stop()
    assert not any(process.is_alive(each) for each in left)


async def test_stale_pid_files_and_a_taken_port_are_survived(stack: Stack) -> None:
    ports_path = stack.data_dir / "kafka" / "ports.json"
    taken = kept(ports_path)
    assert taken is not None
    # This process has these numbers now, as another program may have after a reboot.
    (stack.data_dir / "kafka" / "kafka.pid").write_text(f"{os.getpid()}\n")
    (stack.data_dir / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{stack.data_dir / 'postgres'}\n1795569504\n5432\n/nowhere\n\n1 1\nready\n"
    )
    (stack.data_dir / "postgres" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with socket.create_server(("127.0.0.1", taken.broker)):
        endpoints = stack.start(lambda line: None)

        assert endpoints.kafka_url != f"127.0.0.1:{taken.broker}"
        assert endpoints == read_endpoints(stack.data_dir)
        await assert_all_is_there(endpoints)


async def test_killed_servers_are_started_again_where_they_were(stack: Stack) -> None:
    endpoints = stack.start(lambda line: None)
    await query(endpoints, "CREATE TABLE kept.committed AS SELECT 1 AS one")
    assert stack.restart_ended(lambda line: None) == ()
    for pid in stack.pids().values():
        os.kill(pid, signal.SIGKILL)
        assert process.has_ended(psutil.Process(pid), limit_seconds=5)

    assert stack.restart_ended(lambda line: None) == ("Kafka", "PostgreSQL")

    await assert_all_is_there(endpoints)
    assert await query(endpoints, "SELECT one FROM kept.committed") == 1


def test_a_pinned_port_that_is_taken_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        profile = StackProfile(kafka=KafkaProfile(port=port))

        with pytest.raises(PortUnavailable, match=f"port {port}"):
            Stack(tmp_path, profile).start(lambda line: None)


def test_a_java_that_cannot_start_says_why(tmp_path: Path) -> None:
    profile = StackProfile(kafka=KafkaProfile(heap_mebibytes=1))

    with pytest.raises(ServiceFailed, match="heap") as raised:
        Stack(tmp_path, profile).start(lambda line: None)

    assert raised.value.service == "Kafka"
    Stack(tmp_path).stop()  # Nothing was started, so nothing is there to stop.


def test_a_broker_that_refuses_its_settings_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    profile = StackProfile(kafka=KafkaProfile(properties={"num.io.threads": "0"}))

    with pytest.raises(ServiceFailed, match=r"num\.io\.threads"):
        Stack(tmp_path, profile).start(lambda line: None)

    with pytest.raises(NotRunning):
        read_endpoints(tmp_path)


def test_a_file_in_place_of_the_data_directory_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    for path in (file, file / "below"):
        with pytest.raises(DirectoryUnusable, match="--data-dir"):
            Stack(path).start(lambda line: None)


def test_a_disk_without_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="free some space") as raised:
        Stack(tmp_path, StackProfile(free_bytes_min=2**60)).start(lambda line: None)

    assert raised.value.free_bytes < 2**60


def test_data_of_another_postgresql_are_refused(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    directory.mkdir()
    (directory / "PG_VERSION").write_text("17\n")

    with pytest.raises(PostgresVersionMismatch, match="PostgreSQL 17") as raised:
        Postgres(tmp_path, PostgresProfile()).start(lambda line: None)

    assert (raised.value.found, raised.value.expected) == ("17", "18")

"""What a user is told where no engine or no fitting database is."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from projections.migrate import RECORD
from streams.command_line.connect import kafka_url, postgres_dsn
from streams.embedded import lock
from streams.embedded.endpoints import Endpoints, endpoints_path, write_endpoints
from tests.books import Books
from tests.servers import PostgresServer
from tests.streams.command_line.command_line import CommandLine

ENDPOINTS = Endpoints(kafka_url="k:1", postgres_dsn="postgresql://here", postgres_admin_dsn="")


def test_an_engine_that_is_not_running_is_told(tmp_path: Path) -> None:
    command_line = CommandLine({})

    assert command_line.refusal("companies", "--data-dir", str(tmp_path)) == "not_running"
    write_endpoints(tmp_path, ENDPOINTS)
    assert command_line.refusal("companies", "--data-dir", str(tmp_path)) == "ended_abruptly"


def test_an_engine_that_is_starting_is_told(tmp_path: Path) -> None:
    release = lock.acquire(tmp_path)
    try:
        told = CommandLine({}).refusal("companies", "--data-dir", str(tmp_path))
    finally:
        release()

    assert told == "still_starting"


def test_a_directory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    endpoints_path(tmp_path).mkdir()

    told = CommandLine({}).refusal("companies", "--data-dir", str(tmp_path))

    assert told == "data_dir_unusable"


def test_the_environment_comes_before_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOKFLOW_POSTGRES_DSN", raising=False)
    monkeypatch.delenv("BOKFLOW_KAFKA_URL", raising=False)
    release = lock.acquire(tmp_path)
    try:
        write_endpoints(tmp_path, ENDPOINTS)
        from_directory = (postgres_dsn(tmp_path), kafka_url(tmp_path))
    finally:
        release()
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", "postgresql://there")
    monkeypatch.setenv("BOKFLOW_KAFKA_URL", "there:9092")

    assert from_directory == ("postgresql://here", "k:1")
    assert postgres_dsn(tmp_path) == "postgresql://there"
    assert kafka_url(tmp_path) == "there:9092"


@pytest.mark.parametrize(
    ("dsn", "code"),
    [
        ("postgresql://127.0.0.1:1/bokflow", "database_unreachable"),
        ("postgresql://nobody:secret-word@[::bad/x", "dsn_unreadable"),
        ("postgresql://nobody:secret-word@here:port/x", "dsn_unreadable"),
        ("nonsense", "dsn_unreadable"),
    ],
)
def test_a_database_that_does_not_answer_is_told_without_its_password(dsn: str, code: str) -> None:
    command_line = CommandLine({"BOKFLOW_POSTGRES_DSN": dsn})

    assert command_line.refusal("status") == code
    assert "secret" not in command_line.run("status", exit_code=1).output


@pytest.mark.engine
def test_a_database_without_tables_is_told(postgres_server: PostgresServer) -> None:
    dsn = postgres_server.admin_dsn.replace("/bokflow?", "/template1?")

    assert CommandLine({"BOKFLOW_POSTGRES_DSN": dsn}).refusal("status") == "not_migrated"


@pytest.mark.engine
def test_a_database_of_a_newer_engine_is_told(command_line: CommandLine) -> None:
    async def migrated(books: Books) -> None:
        await books.connection.execute(RECORD, 9_999, "future")

    command_line.fill(migrated)

    assert command_line.refusal("status") == "database_too_new"


@pytest.mark.engine
def test_a_database_that_breaks_off_is_told(command_line: CommandLine) -> None:
    async def dropped(books: Books) -> None:
        await books.connection.execute("DROP VIEW ledger.voucher CASCADE")

    command_line.fill(dropped)

    assert command_line.refusal("runs", "bageriet") == "database_failed"


@pytest.mark.engine
def test_a_database_that_is_not_there_is_told(postgres_server: PostgresServer) -> None:
    dsn = postgres_server.dsn.replace("/bokflow?", "/nowhere?")

    async def check_that_it_is_missing() -> None:
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(dsn)

    asyncio.run(check_that_it_is_missing())
    assert CommandLine({"BOKFLOW_POSTGRES_DSN": dsn}).refusal("status") == "database_unreachable"

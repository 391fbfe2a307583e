"""Where the engine's database and broker are, and a connection to the database."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from projections.migrate import DatabaseTooNew, DatabaseTooOld, check
from streams.command_line.refusal import EXIT_USAGE, CommandRefused
from streams.embedded.endpoints import Endpoints, read_endpoints
from streams.embedded.errors import DirectoryUnusable, EndedAbruptly, NotRunning, StillStarting
from streams.settings import Settings, SettingsWrong

CONNECT_SECONDS_MAX = 10
STATEMENT_SECONDS_MAX = 300
CLOSE_SECONDS_MAX = 2
SESSION = {
    "application_name": "bokflow command line",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": f"{STATEMENT_SECONDS_MAX}s",
}


def postgres_dsn(data_dir: Path) -> str:
    """The database that the environment names, else that of the engine in the directory."""
    return os.environ.get("BOKFLOW_POSTGRES_DSN") or _endpoints(data_dir).postgres_dsn


def kafka_url(data_dir: Path) -> str:
    """The broker that the environment names, else that of the engine in the directory."""
    return os.environ.get("BOKFLOW_KAFKA_URL") or _endpoints(data_dir).kafka_url


@asynccontextmanager
async def connected(data_dir: Path) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database that is at this engine's state. Raises CommandRefused."""
    connection = await _connect(postgres_dsn(data_dir))
    try:
        await check(connection)
        yield connection
    except DatabaseTooOld as error:
        raise CommandRefused("not_migrated", error=error) from error
    except DatabaseTooNew as error:
        raise CommandRefused("database_too_new", error=error) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionResetError) as error:
        raise CommandRefused("database_failed", error=error) from error
    finally:
        await _close(connection)


async def _connect(dsn: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS_MAX, server_settings=SESSION)
    except ValueError as error:
        # Without the error's own words, which may quote a piece of the password.
        raise CommandRefused("dsn_unreadable") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        told = str(error) or f"{CONNECT_SECONDS_MAX} s"  # The latter is a TimeoutError.
        raise CommandRefused("database_unreachable", error=told) from error


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_SECONDS_MAX)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()


def engine_settings(data_dir: Path) -> Settings:
    """The engine's settings, with the servers of this machine's engine where none are named.

    Raises CommandRefused.
    """
    try:
        return Settings.with_servers(kafka_url(data_dir), postgres_dsn(data_dir))
    except SettingsWrong as error:
        raise CommandRefused("settings_wrong", exit_code=EXIT_USAGE, error=error) from error


def _endpoints(data_dir: Path) -> Endpoints:
    try:
        return read_endpoints(data_dir)
    except StillStarting as error:
        raise CommandRefused("still_starting", data_dir=data_dir) from error
    except EndedAbruptly as error:
        raise CommandRefused("ended_abruptly", data_dir=data_dir) from error
    except NotRunning as error:
        raise CommandRefused("not_running", data_dir=data_dir) from error
    except DirectoryUnusable as error:
        raise CommandRefused("data_dir_unusable", data_dir=data_dir, error=error.reason) from error

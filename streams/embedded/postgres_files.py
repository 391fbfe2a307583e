"""What an embedded PostgreSQL is told in files: its settings, and the first SQL it runs."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from streams.embedded.errors import DirectoryUnusable
from streams.embedded.postgres_account import Account

PORT = 5432  # Of the socket's name only: nothing listens on TCP.
# macOS allows 103 bytes and Linux 107.
SOCKET_PATH_BYTES_MAX = 103
CONFIGURATION = "bokflow.conf"

LEDGER_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "log_min_duration_statement": "-1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One file per weekday, which the next week's replaces.
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}

# Every statement can be run again.
CREATE_ROLE_AND_DATABASE = r"""
SELECT 'CREATE ROLE bokflow LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bokflow') \gexec
SELECT 'CREATE DATABASE bokflow'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'bokflow') \gexec
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE bokflow TO bokflow;
"""


def write_configuration(
    directory: Path,
    *,
    socket_directory: Path,
    overrides: Mapping[str, str],
    account: Account | None,
) -> None:
    quoted_directory = str(socket_directory).replace('"', '""')
    settings = {
        **LEDGER_SETTINGS,
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": f'"{quoted_directory}"',
        "unix_socket_permissions": "0700",
        **overrides,
    }
    lines = (f"{name} = '{_escaped(value)}'\n" for name, value in settings.items())
    (directory / CONFIGURATION).write_text("".join(lines), "utf-8")
    if account:
        account.take(directory / CONFIGURATION)


def include_configuration(directory: Path) -> None:
    with (directory / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"\n# Written anew at every start.\ninclude = '{CONFIGURATION}'\n")


def socket_directory_for(directory: Path, account: Account | None) -> Path:
    """The data directory, whose owner alone may connect; another one where clients cannot."""
    socket_path = directory / f".s.PGSQL.{PORT}"
    # Clients take a comma for the end of the first of several hosts.
    if len(os.fsencode(socket_path)) <= SOCKET_PATH_BYTES_MAX and "," not in str(directory):
        return directory
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    substitute = Path(f"/tmp/bokflow-{name}")
    owner_uid = account.uid if account else os.geteuid()
    try:
        substitute.mkdir(mode=0o700)
        if account:
            account.take(substitute)
    except FileExistsError:
        pass
    found = substitute.lstat()
    # Anybody may make a directory in /tmp, and would then see what the engine says to PostgreSQL.
    if found.st_uid != owner_uid or found.st_mode & 0o7777 != 0o700 or substitute.is_symlink():
        raise DirectoryUnusable(substitute, "it belongs to somebody else")
    return substitute


def remove_socket(directory: Path) -> None:
    for name in (f".s.PGSQL.{PORT}.lock", f".s.PGSQL.{PORT}"):
        (directory / name).unlink(missing_ok=True)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")

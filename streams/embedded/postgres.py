"""A PostgreSQL server from a package: reached by a socket that only its owner may open."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil

from streams.embedded import log_file, postgres_account, postgres_files, process
from streams.embedded.errors import (
    PostgresVersionMismatch,
    ServiceFailed,
    ServiceSilent,
    StopTimedOut,
)
from streams.embedded.postgres_programs import PostgresPrograms

SUPERUSER = "postgres"
ROLE = "bokflow"
DATABASE = "bokflow"
POLL_SECONDS = 0.1
LAST_SECONDS_MAX = 20.0
# When the first process of a server was killed, its children hold the memory for a moment.
MEMORY_STILL_USED = "pre-existing shared memory block"
MEMORY_ATTEMPTS_MAX = 10
MEMORY_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class PostgresProfile:
    # On top of those that a ledger needs: see postgres_files.LEDGER_SETTINGS.
    settings: Mapping[str, str] = field(default_factory=dict)
    # Recovery after a crash reads up to max_wal_size again.
    ready_seconds_max: float = 180.0
    stop_seconds_max: float = 60.0


class Postgres:
    """The server of one data directory."""

    def __init__(self, data_dir: Path, profile: PostgresProfile) -> None:
        self._data_dir = data_dir
        self._directory = data_dir / "postgres"
        self._startup_log = self._directory / "startup.log"
        self._profile = profile
        self._account = postgres_account.account_for(self._directory)
        self._programs = PostgresPrograms(self._account)
        self._pid_file = process.PidFile(
            self._directory / "postmaster.pid",
            is_ours=lambda found: str(self._directory) in found.cmdline(),
        )

    @property
    def dsn(self) -> str:
        return self._dsn(role=ROLE, database=DATABASE)

    @property
    def admin_dsn(self) -> str:
        return self._dsn(role=SUPERUSER, database=DATABASE)

    @property
    def pid(self) -> int | None:
        found = self._pid_file.find()
        return None if found is None else found.pid

    def is_running(self) -> bool:
        return self._pid_file.find() is not None

    def start(self, progress: Callable[[str], None]) -> None:
        """Start the server, or take over the one that a killed `up` has left behind."""
        self._programs.open_to_account(self._data_dir, progress)
        if not (self._directory / "PG_VERSION").exists():
            progress("Setting up the storage of PostgreSQL")
            self._initialise()
        self._check_version()
        found = self._pid_file.find()
        if found is not None:
            progress(f"PostgreSQL still runs (process {found.pid}) and is taken over")
            self._wait_until_it_answers(found)
        else:
            progress("Starting PostgreSQL")
            self._launch()
        self._create_role_and_database()

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, what they had committed is kept."""
        found = self._pid_file.find()
        if found is None:
            return
        limit_seconds = self._profile.stop_seconds_max
        self._control("stop", "--mode=fast", limit_seconds=limit_seconds)
        # pg_ctl is done when the pid file has gone; the process itself ends a moment later.
        if not process.has_ended(found, limit_seconds=LAST_SECONDS_MAX):
            raise StopTimedOut("PostgreSQL", pid=found.pid, limit_seconds=limit_seconds)

    def _initialise(self) -> None:
        # Beside the final place: a directory whose making was cut off must not pass for whole.
        unfinished = self._directory.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._account:
            self._account.take(unfinished)
        made = self._programs.run(
            "initdb",
            [
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                "--auth=trust",  # Whoever may open the socket is the owner of the data.
                "--encoding=UTF8",
                # Sorts alike on every machine, whatever its C library.
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
        )
        if made.exit_code != 0:
            raise self._failure("could not set up its storage", made.output)
        postgres_files.include_configuration(unfinished)
        unfinished.rename(self._directory)

    def _check_version(self) -> None:
        found = (self._directory / "PG_VERSION").read_text().strip()
        version = self._programs.run("postgres", ["--version"])
        if version.exit_code != 0:
            raise self._failure("cannot be run on this machine", version.output)
        expected = version.output.split()[-1].partition(".")[0]
        if found != expected:
            raise PostgresVersionMismatch(self._directory, found=found, expected=expected)

    def _launch(self) -> None:
        socket_directory = postgres_files.socket_directory_for(self._directory, self._account)
        # No server of ours runs. PostgreSQL itself only asks whether any process has the number,
        # were it one that was killed and that nobody has collected.
        self._pid_file.remove()
        postgres_files.remove_socket(socket_directory)
        postgres_files.write_configuration(
            self._directory,
            socket_directory=socket_directory,
            overrides=self._profile.settings,
            account=self._account,
        )
        for _ in range(MEMORY_ATTEMPTS_MAX):
            self._startup_log.unlink(missing_ok=True)
            output = self._control(
                "start",
                f"--log={self._startup_log}",
                limit_seconds=self._profile.ready_seconds_max,
            )
            if self.is_running() and self._answers():
                return
            if MEMORY_STILL_USED not in self._log_tail():
                break
            time.sleep(MEMORY_PAUSE_SECONDS)
        raise self._failure("could not be started", output)

    def _control(self, action: str, *arguments: str, limit_seconds: float) -> str:
        command = [action, f"--pgdata={self._directory}", "--silent", "--wait"]
        command += [f"--timeout={limit_seconds:.0f}", *arguments]
        return self._programs.run("pg_ctl", command, limit_seconds=limit_seconds + 5.0).output

    def _wait_until_it_answers(self, found: psutil.Process) -> None:
        deadline = time.monotonic() + self._profile.ready_seconds_max
        while not self._answers():
            if not process.is_alive(found):
                raise self._failure("ended before it was ready", "")
            if time.monotonic() > deadline:
                raise ServiceSilent(
                    "PostgreSQL",
                    limit_seconds=self._profile.ready_seconds_max,
                    log_path=self._directory / "log",
                    log_tail=self._log_tail(),
                )
            time.sleep(POLL_SECONDS)

    def _answers(self) -> bool:
        who = [f"--username={SUPERUSER}", "--dbname=postgres"]
        return self._programs.run("pg_isready", [*self._address(), *who]).exit_code == 0

    def _create_role_and_database(self) -> None:
        options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--username={SUPERUSER}"]
        created = self._programs.run(
            "psql",
            [*self._address(), *options, "--dbname=postgres", "--file=-"],
            script=postgres_files.CREATE_ROLE_AND_DATABASE,
        )
        if created.exit_code != 0:
            raise self._failure("refuses to make the engine's database", created.output)

    def _address(self) -> list[str]:
        return [f"--host={self._socket_directory()}", f"--port={postgres_files.PORT}"]

    def _dsn(self, *, role: str, database: str) -> str:
        host = quote(self._socket_directory())
        return f"postgresql://{role}@/{database}?host={host}&port={postgres_files.PORT}"

    def _socket_directory(self) -> str:
        """As the server says itself, in the fifth line of its pid file."""
        lines = self._pid_file.path.read_text("utf-8").splitlines()
        return lines[4] if len(lines) > 4 else str(self._directory)

    def _failure(self, problem: str, output: str) -> ServiceFailed:
        tail = "\n".join(text for text in (output, self._log_tail()) if text)
        log_path = self._directory / "log"
        return ServiceFailed("PostgreSQL", problem, log_path=log_path, log_tail=tail)

    def _log_tail(self) -> str:
        logs = sorted((self._directory / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
        return log_file.tail(self._startup_log, *logs[-1:])

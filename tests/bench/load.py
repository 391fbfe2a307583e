"""What processes took while something was measured: processor time, and memory at its peak."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.2
MEBIBYTE = 2**20
BENCH = "benchmark"  # It looks on: neither foreign nor of the engine.
BACKENDS = "PostgreSQL backends"
OTHERS = "PostgreSQL, others"
Groups = dict[str, list[psutil.Process]]


@dataclass
class Load:
    """Of each group of processes; `Load.measured` fills it."""

    wall_seconds: float = 0.0
    busy_seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)
    machine_busy_seconds: float = 0.0  # All processes of the machine.

    def share(self, group: str) -> float:
        return self.busy_seconds.get(group, 0.0) / self.wall_seconds

    @property
    def others_share(self) -> float:
        """What the machine did for processes that are in no group."""
        return max(self.machine_busy_seconds - sum(self.busy_seconds.values()), 0.0) / (
            self.wall_seconds
        )


class Sampler:
    """Looks every SAMPLE_SECONDS at the groups, in a thread; processes may come and go."""

    def __init__(self, groups: Callable[[], Groups], *, memory: bool) -> None:
        self._groups = groups
        self._memory = memory
        self._before: dict[psutil.Process, float] = {}
        self._last: dict[str, dict[psutil.Process, float]] = defaultdict(dict)
        self._peak: dict[str, int] = defaultdict(int)
        self._end = threading.Event()

    @contextmanager
    def measured(self) -> Iterator[Load]:
        """The load is filled when the block ends."""
        load = Load()
        self._look(is_first=True)
        machine_before, started_at = _machine_busy(), time.monotonic()
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield load
        finally:
            load.wall_seconds = time.monotonic() - started_at
            load.machine_busy_seconds = _machine_busy() - machine_before
            self._end.set()
            thread.join()
            self._look(is_first=False)
            load.peak_bytes = dict(self._peak)
            load.busy_seconds = {
                name: sum(used - self._before.get(one, 0.0) for one, used in some.items())
                for name, some in self._last.items()
            }

    def _watch(self) -> None:
        while not self._end.wait(SAMPLE_SECONDS):
            self._look(is_first=False)

    def _look(self, *, is_first: bool) -> None:
        for name, processes in self._groups().items():
            size_bytes = 0
            for one in processes:
                try:
                    times = one.cpu_times()
                    size_bytes += _size_bytes(one) if self._memory else 0
                except psutil.Error:
                    continue  # It has ended; what it had used by the last look is counted.
                used = times.user + times.system
                self._last[name][one] = used
                if is_first:
                    self._before[one] = used
            self._peak[name] = max(self._peak[name], size_bytes)


def postgres_groups(data_dir: Path) -> Groups:
    """The server's processes: those that serve sessions, and the others."""
    groups: Groups = {BACKENDS: [], OTHERS: []}
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        first = psutil.Process(int(lines[0]))
        groups[OTHERS].append(first)
        for child in first.children():
            try:
                is_backend = "[local]" in " ".join(child.cmdline())
            except psutil.Error:
                continue  # A session that has just ended.
            groups[BACKENDS if is_backend else OTHERS].append(child)
    except (OSError, psutil.Error):
        return groups
    return groups


def engine_groups(data_dir: Path) -> Groups:
    """All processes below this one, by what they are, and the PostgreSQL of the directory."""
    groups = {BENCH: [psutil.Process()], **postgres_groups(data_dir)}
    for child in psutil.Process().children():
        try:
            words = child.cmdline()
            if any(word.startswith("-Dbokflow.directory=") for word in words):
                groups.setdefault("Kafka", []).append(child)
            elif "tests.bench.vendor" in words:
                groups.setdefault("simulator", []).append(child)
            elif "import" in words:
                groups.setdefault("command", []).append(child)
            elif "worker" in words:
                name = child.environ().get("BOKFLOW_WORKER_NAME", "worker")
                groups.setdefault(name, []).append(child)
        except psutil.Error:
            continue  # It has just ended.
    return groups


def bounds(load: Load, workers: list[str]) -> str:
    """Where the time went: of one processor, so that all together may exceed 100 %."""
    python = sum(load.share(name) for name in workers)
    backends = load.share(BACKENDS)
    bench = load.share(BENCH)
    rest = sum(load.share(name) for name in load.busy_seconds) - python - backends - bench
    return (
        f"Python {python:.0%}, PostgreSQL backends {backends:.0%}, "
        f"neither at least {max(0.0, 1 - python - backends):.0%}; "
        f"Kafka, command and PostgreSQL's others {rest:.0%}, the benchmark {bench:.0%}, "
        f"foreign processes {load.others_share:.0%}"
    )


def _size_bytes(process: psutil.Process) -> int:
    """Its proportional part of what it shares with others, where the system tells."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))


def _machine_busy() -> float:
    times = psutil.cpu_times()
    return times.user + times.system + float(getattr(times, "nice", 0.0))

"""The most memory that each process of the engine held, sampled while work goes on."""

import threading
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.2


class MemoryWatch:
    """Samples the proportional set size (PSS) of named processes and all below them."""

    def __init__(self) -> None:
        self.peak_bytes: dict[str, int] = {}
        self._roots: dict[str, psutil.Process] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def add(self, name: str, pid: int) -> None:
        self._roots = {**self._roots, name: psutil.Process(pid)}

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            for name, root in self._roots.items():
                held = _held_bytes(root)
                self.peak_bytes[name] = max(self.peak_bytes.get(name, 0), held)


def _held_bytes(root: psutil.Process) -> int:
    try:
        return sum(_pss_bytes(one.pid) for one in [root, *root.children(recursive=True)])
    except psutil.NoSuchProcess:
        return 0


def _pss_bytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    line = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024

"""The lock that the `bokflow up` process of a data directory holds for as long as it lives."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from streams.embedded.errors import AlreadyRunning

# A reader that looks whether the lock is held holds it itself for an instant.
ATTEMPTS_MAX = 10
ATTEMPT_PAUSE_SECONDS = 0.03


def acquire(data_dir: Path) -> Callable[[], None]:
    """Take the lock; the kernel gives it back when the process ends, however it ends."""
    descriptor = os.open(lock_path(data_dir), os.O_RDWR | os.O_CREAT, 0o644)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt == ATTEMPTS_MAX:
                os.close(descriptor)
                raise AlreadyRunning(data_dir, owner(data_dir)) from None
            time.sleep(ATTEMPT_PAUSE_SECONDS)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    # The file stays: removing a lock file lets two processes hold two files of one name.
    return lambda: os.close(descriptor)


def is_held(data_dir: Path) -> bool:
    try:
        descriptor = os.open(lock_path(data_dir), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def owner(data_dir: Path) -> int | None:
    """The process that took the lock last, if it has written its number yet."""
    try:
        return int(lock_path(data_dir).read_text())
    except (FileNotFoundError, ValueError):
        return None


def lock_path(data_dir: Path) -> Path:
    return data_dir / "up.lock"

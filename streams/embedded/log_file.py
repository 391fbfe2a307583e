"""The last lines of a log file, and a log file kept below a limit."""

import os
import shutil
from pathlib import Path

TAIL_LINES = 20
TAIL_BYTES_MAX = 16_384


def tail(*paths: Path) -> str:
    """The last lines of these files, one file after the other."""
    return "\n".join(text for text in map(_tail_of_one, paths) if text)


def _tail_of_one(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES_MAX))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-TAIL_LINES:])


def rotate(path: Path, *, size_bytes_max: int) -> None:
    """Move what a log holds to `NAME.1` once it is too long.

    The writer keeps its file: it appends, so it goes on at the start of the emptied one.
    """
    if path.exists() and path.stat().st_size > size_bytes_max:
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)

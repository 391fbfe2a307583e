"""A file that the user names, open to be read."""

from pathlib import Path
from typing import BinaryIO


def opened(path: Path) -> BinaryIO:
    """The file, open. Raises OSError, also for a device or a pipe, which may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError("it is no ordinary file")
    return open(path, "rb")

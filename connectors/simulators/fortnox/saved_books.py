"""Books in a file, with how far their bookkeeper has come: a restart finds them as they were.

The file is replaced as a whole, so that a process which is killed leaves the old or the new one.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from connectors.simulators.fortnox.bookkeeper import Bookkeeper, Progress
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import BooksContents


@dataclass(frozen=True)
class Saved:
    contents: BooksContents
    progress: Progress


_SAVED = TypeAdapter(Saved)


class BooksFile:
    """The file of one company."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, books: Books) -> Progress | None:
        """Fills empty books; None where nothing is saved, or what another version has saved."""
        try:
            saved = _SAVED.validate_json(self._path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        books.put_back(saved.contents)
        return saved.progress

    def step(self, bookkeeper: Bookkeeper) -> None:
        """One change, which nobody can read before it is saved."""
        with bookkeeper.books.lock:
            bookkeeper.step()
            self.save(bookkeeper)

    def save(self, bookkeeper: Bookkeeper) -> None:
        saved = Saved(bookkeeper.books.contents(), bookkeeper.progress)
        partial = self._path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(_SAVED.dump_json(saved))
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, self._path)

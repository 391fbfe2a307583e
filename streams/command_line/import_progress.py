"""The progress of an import on stderr, from the first look at its file."""

from contextlib import AbstractContextManager

from streams.command_line.run_progress import RunProgress, run_progress
from streams.command_line.show import printable
from streams.command_line.texts import label


def import_progress(file: str, language: str) -> AbstractContextManager[RunProgress]:
    """A bar for as long as the block lasts."""
    return run_progress(label("phase.reading", language, file=printable(file)), language)

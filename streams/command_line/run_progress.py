"""The progress of a run on stderr, where that is a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from projections.queries.run_state import RunState
from streams.command_line.show import count, printer
from streams.command_line.texts import LABELS, label


class RunProgress:
    """One bar for one run: queued, publishing, confirming."""

    def __init__(self, progress: Progress, task: TaskID, language: str) -> None:
        self._progress = progress
        self._task = task
        self._language = language

    def say(self, description: str) -> None:
        """Something that has no measure is going on."""
        self._progress.update(self._task, description=description, total=None)

    def read(self, messages: int, until: int) -> None:
        """So many messages of so many have been read."""
        self._progress.update(self._task, completed=messages, total=until)

    def show(self, state: RunState) -> None:
        """Moves the bar to where the run is."""
        phase = f"phase.{state.state}"
        if phase in LABELS:
            known = state.expected or None  # None: the bar swings to and fro.
            told = label(phase, self._language)
            if state.done and not known:
                done = count(state.done, self._language)
                told = label("phase.done", self._language, phase=told, count=done)
            self._progress.update(
                self._task,
                description=told,
                total=None if state.state == "queued" else known,
                completed=state.done,
            )


@contextmanager
def run_progress(description: str, language: str) -> Iterator[RunProgress]:
    """A bar for as long as the block lasts; it leaves nothing behind."""
    console = printer(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield RunProgress(progress, progress.add_task(description, total=None), language)

"""What is seen of a rebuild while it goes on."""

from io import StringIO

from rich.console import Console
from rich.progress import Progress

from streams.command_line.rebuild_page import RebuildProgress


def test_a_stage_that_has_no_measure_goes_on_after_one_that_has_ended() -> None:
    """A bar that has come to its end stands still, with its time: it would look like a hang."""
    progress = Progress(console=Console(file=StringIO()), disable=True)
    shown = RebuildProgress(progress, "en")

    shown.show("ledger", "reading", 0, 500)
    shown.show("ledger", "reading", 500, 500)
    assert [task.finished for task in progress.tasks] == [True]
    shown.show("ledger", "keys", 500, 500)

    (task,) = progress.tasks
    assert task.total is None
    assert not task.finished


def test_each_projection_is_counted_from_its_start() -> None:
    progress = Progress(console=Console(file=StringIO()), disable=True)
    shown = RebuildProgress(progress, "en")

    shown.show("ledger", "reading", 400, 500)
    shown.show("status", "reading", 0, 20)
    shown.show("status", "reading", 5, 20)

    (task,) = progress.tasks
    assert (task.completed, task.total) == (5, 20)

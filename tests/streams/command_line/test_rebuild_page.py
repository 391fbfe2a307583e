"""What is seen of a rebuild while it goes on, and told of it afterwards."""

from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from streams.command_line.rebuild_page import (
    DifferingPlace,
    RebuildOutcome,
    RebuildProgress,
    show_rebuilt,
)


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


@pytest.mark.parametrize(
    ("language", "doubted", "told"),
    [
        ("en", ("bageriet",), "holds now, without what its topic has lost: it differs in 1 places"),
        ("sv", ("bageriet",), "gäller nu, utan det som ämnet har förlorat: 1 ställen skiljer"),
        ("en", (), "The one that was in use differed in 1 places"),
        ("sv", (), "Den som var i bruk avvek på 1 ställen"),
    ],
)
def test_where_the_topic_has_lost_messages_it_is_the_rebuilt_one_that_lacks_them(
    capsys: pytest.CaptureFixture[str], language: str, doubted: tuple[str, ...], told: str
) -> None:
    outcome = RebuildOutcome(
        projection="ledger",
        took_over=True,
        version=2,
        messages=3,
        passed=0,
        newly_rejected=0,
        first_newly_rejected=(),
        is_compared=True,
        differing=(DifferingPlace(company_id="bageriet", fiscal_year=None, table="voucher"),),
        doubted=doubted,
        seconds=1.0,
        stage_seconds={},
        readers_waited_seconds=0.1,
    )

    show_rebuilt([outcome], language)

    assert told in capsys.readouterr().out

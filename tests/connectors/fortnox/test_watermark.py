"""Nothing is missed at the changes of the clock, however the source compares its times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from connectors.fortnox.watermark import OVERLAP, STOCKHOLM, watermark_at

# The hour from 03:00 comes twice (as 02:00), or does not come (from 02:00).
AUTUMN = datetime(2025, 10, 26, 1, tzinfo=UTC)
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
AROUND = [timedelta(minutes=minutes) for minutes in range(-150, 151)]

Brings = Callable[[str, datetime], bool]


def by_the_wall(since: str, stamp: datetime) -> bool:
    """The source keeps what the clock showed, and compares that."""
    return f"{stamp.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" >= since


def by_the_first_moment(since: str, stamp: datetime) -> bool:
    """The source reads our time as a moment; one that comes twice as the first."""
    wall = datetime.fromisoformat(since).replace(tzinfo=STOCKHOLM)
    return stamp >= wall.replace(fold=0).astimezone(UTC)


def by_the_second_moment(since: str, stamp: datetime) -> bool:
    wall = datetime.fromisoformat(since).replace(tzinfo=STOCKHOLM)
    return stamp >= wall.replace(fold=1).astimezone(UTC)


@pytest.mark.parametrize("change", [AUTUMN, SPRING])
@pytest.mark.parametrize("brings", [by_the_wall, by_the_first_moment, by_the_second_moment])
def test_whatever_is_stamped_from_the_overlap_on_is_brought(
    change: datetime, brings: Brings
) -> None:
    moments = [change + minutes for minutes in AROUND]

    missed = [
        (read_at, stamp)
        for read_at in moments
        for since in (watermark_at(read_at),)
        for stamp in moments
        if stamp >= read_at - OVERLAP and not brings(since, stamp)
    ]

    assert missed == []


@pytest.mark.parametrize(
    ("read_at", "watermark"),
    [
        (datetime(2026, 3, 10, 11, 30, 59, tzinfo=UTC), "2026-03-10 12:28"),
        (datetime(2026, 7, 10, 22, 1, tzinfo=UTC), "2026-07-10 23:59"),
        (AUTUMN - timedelta(minutes=59), "2025-10-26 01:59"),  # 02:01, for the first time.
        (AUTUMN - timedelta(minutes=30), "2025-10-26 01:28"),
        (AUTUMN + timedelta(minutes=30), "2025-10-26 01:28"),  # 02:30 once more.
        (AUTUMN + timedelta(minutes=62), "2025-10-26 03:00"),
        (SPRING + timedelta(minutes=1), "2026-03-29 01:59"),  # 03:01, and two minutes before.
    ],
)
def test_the_overlap_is_small_but_before_the_hour_that_comes_twice(
    read_at: datetime, watermark: str
) -> None:
    assert watermark_at(read_at) == watermark

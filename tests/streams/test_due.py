"""When the next automatic run is due."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.due import next_due

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # Half an hour before the clocks go forward.
HOUR = timedelta(hours=1)


def due_after(
    *,
    interval: timedelta = HOUR,
    failures: int = 0,
    retry_after: timedelta | None = None,
    jitter: float = 0.0,
) -> timedelta:
    retry_at = None if retry_after is None else NOW + retry_after
    due = next_due(NOW, interval=interval, failures=failures, retry_at=retry_at, jitter=jitter)
    return due - NOW


@pytest.mark.parametrize(
    ("failures", "hours"),
    [(0, 1), (1, 1), (2, 2), (3, 4), (4, 6), (5, 6), (1_000_000, 6)],
)
def test_each_failure_after_the_first_doubles_the_delay_up_to_six_hours(
    failures: int, hours: int
) -> None:
    assert due_after(failures=failures) == hours * HOUR


def test_a_short_interval_grows_eightfold_at_most() -> None:
    assert due_after(interval=timedelta(seconds=30), failures=20) == timedelta(minutes=4)


def test_an_interval_beyond_the_cap_stays_as_it_is() -> None:
    assert due_after(interval=12 * HOUR, failures=5) == 12 * HOUR


def test_jitter_adds_up_to_a_tenth() -> None:
    assert due_after(jitter=0.5) == HOUR + timedelta(minutes=3)
    assert due_after(jitter=1.0) == HOUR + timedelta(minutes=6)


def test_a_source_that_names_a_time_is_not_asked_before() -> None:
    assert due_after(retry_after=3 * HOUR) == 3 * HOUR
    assert due_after(retry_after=timedelta(minutes=1)) == HOUR


def test_a_source_that_names_a_time_far_away_is_asked_after_a_day() -> None:
    assert due_after(retry_after=timedelta(days=400)) == 24 * HOUR

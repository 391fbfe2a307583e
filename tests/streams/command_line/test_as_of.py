"""The time that `--at` means: in Stockholm, and of a day its end."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.command_line.as_of import read_time
from streams.command_line.refusal import CommandRefused

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2025-03-31", "2025-03-31T21:59:59.999+00:00"),
        ("2025-12-31", "2025-12-31T22:59:59.999+00:00"),
        ("2025-10-26", "2025-10-26T22:59:59.999+00:00"),  # A day of 25 hours.
        ("2025-03-31T14:00", "2025-03-31T12:00:00+00:00"),
        ("2025-03-31 14:00:05", "2025-03-31T12:00:05+00:00"),
        ("2025-03-31T14:00Z", "2025-03-31T14:00:00+00:00"),
        ("2025-03-31T14:00-05:00", "2025-03-31T19:00:00+00:00"),
        ("2026-03-29", NOW.isoformat()),  # Today has not ended.
        ("2026-03-29T14:00", NOW.isoformat()),
    ],
)
def test_a_time_is_read(text: str, wanted: str) -> None:
    assert read_time(text, now=NOW) == datetime.fromisoformat(wanted)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid_time"),
        ("yesterday", "invalid_time"),
        ("2025-13-01", "invalid_time"),
        ("14:00", "invalid_time"),
        ("9999-12-31", "invalid_time"),
        ("2026-03-30", "time_to_come"),
        ("2026-03-29T14:01", "time_to_come"),
        ("9999-12-31T23:59", "time_to_come"),
    ],
)
def test_what_is_no_time_or_has_not_been_is_refused(text: str, code: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        read_time(text, now=NOW)

    assert refused.value.code == code


def test_the_first_time_there_is_can_be_asked_for() -> None:
    assert read_time("0001-01-01T12:00Z", now=NOW) < NOW - timedelta(days=700_000)

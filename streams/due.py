"""When a company's next automatic run is due: its interval, spread out, and longer while it fails.

Pure: the caller brings the time and the chance.
"""

from datetime import datetime, timedelta

JITTER_SHARE = 0.1  # Of the delay: companies that came together drift apart.
BACK_OFF_FACTOR_MAX = 8
BACK_OFF_MAX = timedelta(hours=6)
# A source that asks for more than this is asked again all the same.
RETRY_DELAY_MAX = timedelta(hours=24)


def next_due(
    now: datetime,
    *,
    interval: timedelta,
    failures: int,
    retry_at: datetime | None,
    jitter: float,
) -> datetime:
    """The next due time after `failures` failed runs in a row; not before the source's `retry_at`.

    `jitter` is a random number from 0 to 1. One failure is met at the usual pace, each further one
    doubles the delay, up to eightfold and six hours; an interval that is longer stays as it is.
    """
    factor = min(1 << min(max(failures - 1, 0), 30), BACK_OFF_FACTOR_MAX)
    delay = min(interval * factor, max(interval, BACK_OFF_MAX))
    due = now + delay
    if retry_at is not None:
        due = max(due, min(retry_at, now + RETRY_DELAY_MAX))
    return due + delay * JITTER_SHARE * jitter

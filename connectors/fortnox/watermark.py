"""From when on Fortnox is asked again: a time of its wall clock, which has no zone. Pure.

It takes `lastmodified` to the minute and in Swedish local time (facts, section 3), and does not
say how it compares: what a wall clock showed, or moments. In autumn an hour comes twice. A change
of its second half may then bear an earlier time than one of its first, and a time of that hour
may be read as either of two moments. So we ask from before that hour.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
# For a change that bears the time of its beginning, and could be seen only after its end.
OVERLAP = timedelta(minutes=2)


def watermark_at(moment: datetime) -> str:
    """What to ask for after a read that began at that moment of the source's own clock."""
    since = moment.astimezone(UTC) - OVERLAP
    while _comes_twice(since.astimezone(STOCKHOLM)):
        since -= timedelta(hours=1)
    return f"{since.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"


def _comes_twice(wall: datetime) -> bool:
    """Whether a clock on a wall in Stockholm shows this time twice."""
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()

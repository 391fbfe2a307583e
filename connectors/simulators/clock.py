"""The clock of a vendor's server, which a test can stop, set and move."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class VendorClock:
    """Goes with the machine's clock until it is set; from then on it stands still."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment and moment.astimezone(UTC)

    def now(self) -> datetime:
        return self._moment or datetime.now(UTC)

    def set(self, moment: datetime) -> None:
        """Stands still at that moment, which has a zone."""
        assert moment.tzinfo is not None, "a time without a zone is a mistake"
        self._moment = moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)


def wall_time(moment: datetime) -> str:
    """What a clock on a wall in Stockholm shows, to the minute: an hour comes twice in autumn."""
    return f"{moment.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"

"""The vendor's limit: 25 requests in any five seconds, for each tenant (facts, section 3)."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class RateLimit:
    requests: int = 25
    seconds: float = 5.0


class RateWindow:
    """The requests of the last seconds. One that is refused is counted apart, and takes no room."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.violations = 0
        self._admitted: deque[float] = deque()

    def wait_seconds(self, at: float) -> float:
        """0 where a request at that second is admitted, else how long it comes too early."""
        while self._admitted and self._admitted[0] <= at - self.limit.seconds:
            self._admitted.popleft()
        if len(self._admitted) < self.limit.requests:
            self._admitted.append(at)
            return 0.0
        self.violations += 1
        return self._admitted[0] + self.limit.seconds - at


def most_in_window(times: Iterable[float], seconds: float) -> int:
    """The most of these times that lie in any window of that length."""
    ordered = sorted(times)
    return max(
        (bisect_left(ordered, first + seconds) - place for place, first in enumerate(ordered)),
        default=0,
    )

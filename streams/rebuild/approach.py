"""Whether a build comes near the version in use, which goes on being written, or never will.

It comes nearer in rounds: each applies what the version in use has applied during the one before.
"""

from projections.migrate import Projection
from schemas.errors import SyncError

CLOSE_MESSAGES = 20  # So few are left to the takeover, for which everybody waits.
# So many may be, where it comes no nearer: a round has a cost of its own.
NEAR_MESSAGES_MAX = 200
GAIN = 0.9  # A tenth nearer is nearer.
ROUNDS_WITHOUT_GAIN_MAX = 10


class NeverCaughtUp(SyncError):
    """The version in use is written as fast as a build can follow."""

    def __init__(self, projection: Projection, *, behind_messages: int) -> None:
        super().__init__(
            f"the build of the {projection.name} has come no nearer for {ROUNDS_WITHOUT_GAIN_MAX}"
            f" rounds, and stays {behind_messages:,} messages behind"
        )
        self.behind_messages = behind_messages


class Approach:
    """The rounds of one build."""

    def __init__(self, projection: Projection, *, close_messages: int = CLOSE_MESSAGES) -> None:
        self._projection = projection
        self._close_messages = close_messages
        self._nearest: int | None = None
        self._before = 0  # In the last round.
        self._rounds_without_gain = 0

    def is_close(self, behind_messages: int) -> bool:
        """After a round that had so many messages to apply. Raises NeverCaughtUp."""
        before, self._before = self._before, behind_messages
        if behind_messages <= self._close_messages:
            return True
        if self._nearest is None or behind_messages <= self._nearest * GAIN:
            self._nearest, self._rounds_without_gain = behind_messages, 0
            return False
        # On the way back from a burst: it has been counted, and only so many are forgiven.
        if NEAR_MESSAGES_MAX < behind_messages <= before * GAIN:
            return False
        self._rounds_without_gain += 1
        if self._rounds_without_gain < ROUNDS_WITHOUT_GAIN_MAX:
            return False
        if behind_messages <= NEAR_MESSAGES_MAX:
            return True
        raise NeverCaughtUp(self._projection, behind_messages=behind_messages)

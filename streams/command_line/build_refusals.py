"""What can keep a command from building tables of its own, as refusals.

It is imported by commands that build, once they are called: what it knows is slow to load.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import BrokerUnavailable, StoreFull, StoreUnavailable, SyncError
from streams import log
from streams.command_line.refusal import EXIT_INTERRUPTED, CommandRefused
from streams.offsets import VersionGone, VersionSuperseded
from streams.rebuild.approach import NeverCaughtUp
from streams.rebuild.builds import BuildLost
from streams.rebuild.gaps import TopicTruncated
from streams.rebuild.room import DiskTooFull
from streams.refusals import MessageUnsolved


@contextmanager
def build_refusals() -> Iterator[None]:
    """Turns what a build can end by into CommandRefused; what it logs goes to stderr."""
    log.to_stderr()
    try:
        with _told_of_all():
            yield
    except MessageUnsolved as error:
        raise CommandRefused("message_unsolved", error=error) from error
    except (BuildLost, VersionGone) as error:
        raise CommandRefused("build_lost", error=error) from error
    except VersionSuperseded as error:
        raise CommandRefused("database_too_new", error=error) from error
    except BrokerUnavailable as error:
        raise CommandRefused("kafka_unreachable", error=error.detail) from error
    except StoreUnavailable as error:
        raise CommandRefused("database_failed", error=error.detail) from error


@contextmanager
def rebuild_refusals() -> Iterator[None]:
    """The same of a build of all companies: however it ends, what is in use is untouched."""
    log.to_stderr()
    try:
        with _told_of_all():
            yield
    except SyncError as error:
        raise CommandRefused("rebuild_failed", error=error) from error
    except KeyboardInterrupt:
        raise CommandRefused("rebuild_interrupted", exit_code=EXIT_INTERRUPTED) from None


@contextmanager
def _told_of_all() -> Iterator[None]:
    """What is told in the same words of every build."""
    try:
        yield
    except TopicTruncated as error:
        raise CommandRefused("topic_truncated", error=error) from error
    except (DiskTooFull, StoreFull) as error:
        raise CommandRefused("disk_too_full", error=error) from error
    except NeverCaughtUp as error:
        raise CommandRefused("never_caught_up", error=error) from error

"""What a build ends by, as the command line tells it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from projections.migrate import LEDGER
from schemas.errors import StoreFull, SyncError
from streams.command_line.build_refusals import build_refusals, rebuild_refusals
from streams.command_line.refusal import CommandRefused
from streams.rebuild.approach import NeverCaughtUp
from streams.rebuild.gaps import Gap, TopicTruncated
from streams.rebuild.room import DiskTooFull


@pytest.mark.parametrize("told_of", [build_refusals, rebuild_refusals])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TopicTruncated(LEDGER, {3: Gap("it begins at offset 7", 7)}), "topic_truncated"),
        (DiskTooFull("could not extend file"), "disk_too_full"),
        (StoreFull("could not extend file"), "disk_too_full"),
        (NeverCaughtUp(LEDGER, behind_messages=5_000), "never_caught_up"),
    ],
)
def test_one_company_and_all_of_them_are_refused_in_the_same_words(
    told_of: Callable[[], AbstractContextManager[None]], error: SyncError, code: str
) -> None:
    with pytest.raises(CommandRefused) as refused, told_of():
        raise error

    assert refused.value.code == code
    assert str(error) in refused.value.sentence("sv")
    assert str(error) in refused.value.sentence("en")

"""When a build is near enough to take over, and when it will never be."""

import pytest

from projections.migrate import LEDGER
from streams.rebuild.approach import (
    CLOSE_MESSAGES,
    NEAR_MESSAGES_MAX,
    ROUNDS_WITHOUT_GAIN_MAX,
    Approach,
    NeverCaughtUp,
)


def test_a_build_that_comes_nearer_goes_on_until_it_is_close() -> None:
    approach = Approach(LEDGER)
    behind, rounds = 1_000_000, 0

    while not approach.is_close(behind):
        behind, rounds = behind * 8 // 10, rounds + 1

    assert behind <= CLOSE_MESSAGES
    assert rounds > ROUNDS_WITHOUT_GAIN_MAX  # However many it takes.


def test_one_that_never_comes_nearer_ends_and_says_how_far_it_is_behind() -> None:
    approach = Approach(LEDGER)
    for _ in range(ROUNDS_WITHOUT_GAIN_MAX):
        assert not approach.is_close(5_000)

    with pytest.raises(NeverCaughtUp, match="stays 5,001 messages behind"):
        approach.is_close(5_001)


def test_a_round_that_is_worse_is_forgiven_if_a_better_one_follows() -> None:
    approach = Approach(LEDGER)
    for behind in (5_000, 9_000) * (ROUNDS_WITHOUT_GAIN_MAX - 1):
        assert not approach.is_close(behind)
    assert not approach.is_close(4_000)

    for _ in range(ROUNDS_WITHOUT_GAIN_MAX - 1):
        assert not approach.is_close(4_000)


def test_a_burst_after_a_quiet_round_ends_nothing_while_each_round_is_nearer_than_the_last() -> (
    None
):
    approach = Approach(LEDGER)
    assert not approach.is_close(30)
    behind = 20_000

    while not approach.is_close(behind):
        behind = behind * 7 // 10

    assert behind <= CLOSE_MESSAGES


def test_bursts_that_never_end_are_not_forgiven_for_ever() -> None:
    approach = Approach(LEDGER)
    for behind in (5_000, 9_000) * (ROUNDS_WITHOUT_GAIN_MAX - 1):
        assert not approach.is_close(behind)
    assert not approach.is_close(5_000)

    with pytest.raises(NeverCaughtUp, match="stays 9,000 messages behind"):
        approach.is_close(9_000)


def test_a_steady_stream_of_few_messages_does_not_hold_the_takeover_up() -> None:
    """A round's own time is enough for them to come."""
    approach = Approach(LEDGER)

    told = [approach.is_close(NEAR_MESSAGES_MAX) for _ in range(ROUNDS_WITHOUT_GAIN_MAX + 1)]

    assert told == [False] * ROUNDS_WITHOUT_GAIN_MAX + [True]

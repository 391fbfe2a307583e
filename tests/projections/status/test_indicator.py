"""The colour of a company: every reason, and which of several comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from projections.status.actions import actions
from projections.status.indicator import (
    FRESH_FOR,
    REASONS,
    STALLED_AFTER,
    Facts,
    Indicator,
    Reason,
    fresh_until,
    indicator,
)
from projections.status.texts import GREEN, MESSAGES, message
from schemas.sources import SOURCES, UPLOADED

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
# What makes each reason hold, on a company that is otherwise well.
CAUSES: dict[Reason, dict[str, Any]] = {
    "disconnected": {"disconnected_at": NOW},
    "reconnect_required": {"reconnect_reason": "token_revoked"},
    "emptied": {"emptied_at": NOW},
    "never_synced": {"last_sync_at": None},
    "stalled": {"open_since": NOW - STALLED_AFTER},
    "failing": {"failures_in_a_row": 3},
    "stale": {"fresh_until": NOW},
}


def colour_of(**facts: Any) -> Indicator:
    """The indicator of a directly connected company that was synced just now."""
    values: dict[str, Any] = {"source": "fortnox", "last_sync_at": NOW}
    return indicator(Facts(**(values | facts)), now=NOW)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"fresh_until": NOW + INSTANT},
        {"failures_in_a_row": 2},
        {"open_since": NOW - STALLED_AFTER + INSTANT},
        {"last_sync_at": NOW - timedelta(days=4000), "fresh_until": None},
    ],
)
def test_a_company_is_green_until_something_is_wrong(facts: dict[str, Any]) -> None:
    assert colour_of(**facts) == Indicator("green")


@pytest.mark.parametrize(
    ("source", "until"),
    [("fortnox", NOW + FRESH_FOR), ("sie", None), ("visma-administration", None)],
)
def test_only_what_is_fetched_grows_old(source: str, until: datetime | None) -> None:
    assert fresh_until(source, NOW) == until
    assert fresh_until(source, None) is None


def test_a_run_that_the_engine_calls_stalled_need_not_wait_for_the_clock() -> None:
    assert colour_of(open_since=NOW, is_stalled=True).reason == "stalled"


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_makes_it_red(reason: Reason) -> None:
    found = colour_of(**CAUSES[reason])

    assert (found.colour, found.reason) == ("red", reason)


@pytest.mark.parametrize("reason", REASONS)
def test_the_first_reason_that_holds_is_told(reason: Reason) -> None:
    later = REASONS[REASONS.index(reason) :]
    facts: dict[str, Any] = {}
    for other in reversed(later):
        facts |= CAUSES[other]

    assert colour_of(**facts).reason == reason


@pytest.mark.parametrize("reason", REASONS)
def test_reconnecting_is_the_action_where_it_is_the_remedy(reason: Reason) -> None:
    remedied = reason in ("disconnected", "reconnect_required")

    assert colour_of(**CAUSES[reason]).action == ("reconnect" if remedied else None)
    assert colour_of(**CAUSES[reason], source="sie").action is None


def test_a_run_that_is_going_does_not_change_the_colour() -> None:
    assert colour_of(open_since=NOW).colour == "green"
    assert colour_of(open_since=NOW, failures_in_a_row=3).colour == "red"


@pytest.mark.parametrize("source", SOURCES)
def test_every_reason_has_a_sentence_in_both_languages(source: str) -> None:
    assert set(MESSAGES) == set(REASONS) == set(get_args(Reason))
    texts = [message(reason, source) for reason in REASONS] + [message(None, source)]
    assert texts[-1] == GREEN
    sentences = [sentence for text in texts for sentence in (text.sv, text.en)]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") and sentence.count(".") == 1 for sentence in sentences)


@pytest.mark.parametrize("reason", ["emptied", "never_synced"])
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_to_be_done_is_what_the_source_lets_one_do(reason: Reason, source: str) -> None:
    told = message(reason, source)

    assert ("SIE" in told.sv, "SIE" in told.en) == ((source in UPLOADED),) * 2
    assert ("synk" in told.sv, "sync" in told.en) == ((source not in UPLOADED),) * 2


def test_an_emptied_company_is_told_that_all_of_it_is_to_be_loaded_again() -> None:
    fetched, uploaded = message("emptied", "fortnox"), message("emptied", "sie")

    assert "alla räkenskapsår" in fetched.sv
    assert "a sync of all fiscal years" in fetched.en
    assert "SIE-filerna" in uploaded.sv
    assert "the SIE files" in uploaded.en


@pytest.mark.parametrize(
    ("facts", "is_syncing", "obstacles"),
    [
        ({"source": "fortnox"}, False, (None, "not_there_yet")),
        ({"source": "fortnox"}, True, ("already_running", "not_there_yet")),
        ({"source": "fortnox", "disconnected_at": NOW}, False, ("not_connected", "not_there_yet")),
        (
            {"source": "fortnox", "reconnect_reason": "x"},
            True,
            ("reconnect_required", "not_there_yet"),
        ),
        (
            {"source": "visma-administration"},
            False,
            ("not_supported_by_source", "not_there_yet"),
        ),
        ({"source": "sie"}, True, ("not_supported_by_source", "not_supported_by_source")),
    ],
)
def test_an_action_says_why_it_is_not_available(
    facts: dict[str, Any], is_syncing: bool, obstacles: tuple[str | None, str | None]
) -> None:
    found = actions(Facts(**facts), is_syncing=is_syncing, has_bookkeeping=True)

    assert (found.sync_now.reason, found.reconnect.reason) == obstacles
    assert [found.sync_now.available, found.reconnect.available] == [
        obstacle is None for obstacle in obstacles
    ]
    assert found.purge.available
    assert found.purge.reason is None


def test_what_is_not_there_cannot_be_purged() -> None:
    found = actions(Facts("fortnox"), is_syncing=False, has_bookkeeping=False)

    assert (found.purge.available, found.purge.reason) == (False, "no_bookkeeping")

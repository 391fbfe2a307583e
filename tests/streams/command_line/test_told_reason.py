"""A reason and its detail say each thing once, and no English in Swedish where it can be helped."""

from datetime import date

import pytest

from schemas.errors import ReconnectRequired, SourceRefused, SourceUnavailable, SyncError
from streams.command_line.told_reason import of_file, told_reason, told_tie
from streams.publication import UnknownYear
from streams.reading_thread import ConnectorFailed
from streams.sources import OrganisationNumberDiffers
from streams.sync_runner import AttemptsExhausted, SourceTooSlow


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UnknownYear([date(1999, 1, 1)]), "källan har inte det räkenskapsåret: 1999-01-01"),
        (SourceUnavailable("fortnox", "vouchers: 503"), "källan svarar inte: vouchers: 503"),
        (SourceRefused("fortnox", "sie/4: 400"), "källan avvisade frågan: sie/4: 400"),
        (
            ReconnectRequired("fortnox", "invalid_login", "vouchers: 401"),
            "måste anslutas på nytt: inloggningen godtas inte: vouchers: 401",
        ),
        (
            OrganisationNumberDiffers(found="559123-4567", known="556677-8899"),
            "ett annat organisationsnummer: 559123-4567",
        ),
        (SourceTooSlow(60), "det tog för lång tid: 60 s"),
        (AttemptsExhausted(3), "för många försök, se arbetarnas loggar: 3"),
        (
            ConnectorFailed(KeyError("x")),
            "fel i kopplingen till källan, se arbetarens logg: KeyError",
        ),
    ],
)
def test_what_the_engine_says_of_a_failure_is_told_once(error: SyncError, told: str) -> None:
    reason = vars(type(error))["reason"]

    assert told_reason(reason, str(error), "sv") == told


def test_a_detail_that_is_not_known_is_told_whole() -> None:
    assert told_reason("incomplete", "half of it", "sv") == "ofullständig: half of it"
    assert told_reason("something_new", "of another version", "sv") == (
        "something_new: of another version"
    )
    assert told_reason("requested", "", "sv") == "på begäran"
    assert told_reason(None, "", "sv") == ""


def test_a_reason_that_repeats_the_state_is_not_told() -> None:
    assert told_tie("disconnected", "disconnected", "sv") == "frånkopplad"
    assert told_tie("connected", None, "en") == "connected"
    assert told_tie("reconnect_required", "invalid_login", "en") == (
        "has to be connected again: the login is not accepted"
    )


def test_the_years_that_a_run_did_without_are_told_of_one_that_ended_well() -> None:
    missing = str(UnknownYear([date(1999, 1, 1)]))

    assert told_reason(None, missing, "sv") == "källan har inte det räkenskapsåret: 1999-01-01"
    assert told_reason(None, "", "sv") == ""


def test_a_file_that_a_purge_has_ended_does_not_come_again_by_itself() -> None:
    assert told_reason(of_file("superseded_by_purge"), "", "en").endswith("import the file again")
    assert of_file("requested") == "requested"

"""The settings, as the environment says them."""

import json

import pytest

from streams.settings import Settings, SettingsWrong

SERVERS = {"BOKFLOW_KAFKA_URL": "kafka:9092", "BOKFLOW_POSTGRES_DSN": "postgresql:///bokflow"}


def _tokens(token: str) -> dict[str, str]:
    return {**SERVERS, "BOKFLOW_FORTNOX_TOKENS": json.dumps({"bageriet": token})}


def test_blanks_around_a_token_are_no_part_of_it() -> None:
    settings = Settings.from_environment(_tokens(" a.token-1_x=\n"))

    assert settings.fortnox_tokens["bageriet"].get_secret_value() == "a.token-1_x="


@pytest.mark.parametrize("token", ["", " ", "hem ligt", "hem\nligt", "hemlig\u00e5", "hem\x00lig"])
def test_a_token_that_no_header_can_carry_stops_the_start_and_is_not_shown(token: str) -> None:
    with pytest.raises(SettingsWrong, match=r"FORTNOX_TOKENS_BAGERIET: .*visible ASCII") as caught:
        Settings.from_environment(_tokens(token))

    assert "hem" not in f"{caught.value} {caught.value.__cause__}"

"""The demo's accounting system and its workers know of each other."""

import json
from pathlib import Path

import pytest

from streams.demo_source import BROKEN, CONNECTED, SYNC_SECONDS, TENANTS, DemoSource
from streams.settings import Settings, SettingsWrong


def test_the_workers_have_a_token_for_every_company_and_one_of_them_is_not_accepted(
    tmp_path: Path,
) -> None:
    source = DemoSource(tmp_path)

    servers = {"BOKFLOW_KAFKA_URL": "kafka:9092", "BOKFLOW_POSTGRES_DSN": "postgresql://db/bokflow"}
    settings = Settings.from_environment({**source.worker_environment, **servers})

    tokens = {name: token.get_secret_value() for name, token in settings.fortnox_tokens.items()}
    assert tokens.keys() == set(TENANTS)
    arguments = source.child.command
    assert {f"--tenant={name}={token}" for name, token in tokens.items()} <= set(arguments)
    assert f"--revoked={tokens[BROKEN]}" in arguments
    assert f"--books={tmp_path / 'demo' / 'fortnox'}" in arguments
    port = settings.fortnox_url.split(":")[-1].partition("/")[0]
    assert f"--port={port}" in arguments
    assert settings.sync_interval_seconds == SYNC_SECONDS


def test_a_token_that_the_user_gives_is_there_beside_those_of_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"bageriet": "demo-zeta", CONNECTED: "another"}
    monkeypatch.setenv("BOKFLOW_FORTNOX_TOKENS", json.dumps(given))

    tokens = json.loads(DemoSource(tmp_path).worker_environment["BOKFLOW_FORTNOX_TOKENS"])

    assert tokens["bageriet"] == "demo-zeta"
    assert tokens[CONNECTED] == "demo-delta"  # The demo goes on as it does.


def test_tokens_that_cannot_be_read_are_refused_as_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOKFLOW_FORTNOX_TOKENS", "{bageriet")

    with pytest.raises(SettingsWrong, match="fortnox_tokens"):
        _ = DemoSource(tmp_path).worker_environment

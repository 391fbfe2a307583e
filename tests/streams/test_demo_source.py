"""The demo's accounting system and its workers know of each other."""

from pathlib import Path

from streams.demo_source import BROKEN, CONNECTED, SYNC_SECONDS, DemoSource
from streams.settings import Settings


def test_the_workers_have_a_token_for_every_company_and_one_of_them_is_not_accepted(
    tmp_path: Path,
) -> None:
    source = DemoSource(tmp_path)

    servers = {"BOKFLOW_KAFKA_URL": "kafka:9092", "BOKFLOW_POSTGRES_DSN": "postgresql://db/bokflow"}
    settings = Settings.from_environment({**source.worker_environment, **servers})

    tokens = {name: token.get_secret_value() for name, token in settings.fortnox_tokens.items()}
    assert tokens.keys() == {CONNECTED, BROKEN}
    arguments = source.child.command
    assert {f"--tenant={name}={token}" for name, token in tokens.items()} <= set(arguments)
    assert f"--revoked={tokens[BROKEN]}" in arguments
    assert f"--books={tmp_path / 'demo' / 'fortnox'}" in arguments
    port = settings.fortnox_url.split(":")[-1].partition("/")[0]
    assert f"--port={port}" in arguments
    assert settings.sync_interval_seconds == SYNC_SECONDS

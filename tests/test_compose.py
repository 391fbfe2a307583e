"""compose.yaml and the Dockerfile against what they run: no container engine is needed."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DEFAULT_OF_VARIABLE = re.compile(r"\$\{\w+:-([^}]*)\}")
MESSAGE_BYTES_MAX = 13 * 1024 * 1024

SERVICES: dict[str, Any] = COMPOSE["services"]
ENGINE_SERVICES = sorted(name for name, service in SERVICES.items() if "build" in service)


def instructions(name: str) -> list[str]:
    """What follows each instruction of this name in the Dockerfile."""
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def test_the_broker_and_the_database_have_exact_versions() -> None:
    assert re.fullmatch(r"apache/kafka:4\.\d+\.\d+", SERVICES["kafka"]["image"])
    assert SERVICES["postgres"]["image"] == "postgres:18"


def test_the_broker_makes_no_topics_and_takes_the_largest_message() -> None:
    environment = SERVICES["kafka"]["environment"]

    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert environment["KAFKA_MESSAGE_MAX_BYTES"] == MESSAGE_BYTES_MAX
    assert environment["KAFKA_REPLICA_FETCH_MAX_BYTES"] == MESSAGE_BYTES_MAX


def test_data_outlives_the_containers() -> None:
    logs, mounted = SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"], SERVICES["kafka"]["volumes"]

    assert mounted == [f"kafka:{logs}"]
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
    assert set(COMPOSE["volumes"]) == {"kafka", "postgres"}


@pytest.mark.parametrize("name", ENGINE_SERVICES)
def test_every_variable_is_a_setting(name: str) -> None:
    settings = {f"BOKFLOW_{field.upper()}" for field in Settings.model_fields}

    assert set(SERVICES[name]["environment"]) <= settings


def test_the_settings_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES["worker"]["environment"].items():
        if value is not None:  # Else it is passed on where the environment has it.
            monkeypatch.setenv(variable, DEFAULT_OF_VARIABLE.sub(r"\1", value))

    settings = Settings()

    assert settings.kafka_url == "kafka:9092"


def test_the_role_of_the_engine_is_no_superuser() -> None:
    role = COMPOSE["configs"]["role"]["content"]

    assert "POSTGRES_USER" not in SERVICES["postgres"]["environment"]
    assert "CREATE ROLE bokflow LOGIN" in role
    assert "SUPERUSER" not in role
    mounted = SERVICES["postgres"]["configs"][0]
    assert mounted["source"] == "role"
    assert mounted["target"].startswith("/docker-entrypoint-initdb.d/")


def test_the_password_of_the_engine_is_that_of_the_database() -> None:
    password = SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"]

    for name in ENGINE_SERVICES:
        dsn = SERVICES[name]["environment"]["BOKFLOW_POSTGRES_DSN"]
        assert dsn == f"postgresql://bokflow:{password}@postgres/bokflow"


def test_two_workers_start_after_a_finished_migration() -> None:
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert SERVICES["worker"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "kafka": {"condition": "service_healthy"},
        "postgres": {"condition": "service_healthy"},
    }


def test_the_migration_starts_once_the_others_are_healthy_and_runs_once() -> None:
    depends_on = SERVICES["migrate"]["depends_on"]

    assert depends_on == {
        "kafka": {"condition": "service_healthy"},
        "postgres": {"condition": "service_healthy"},
    }
    assert all("healthcheck" in SERVICES[name] for name in depends_on)
    assert SERVICES["migrate"]["restart"] == "no"


def test_nothing_is_reachable_from_outside_the_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_installs_only_what_is_locked() -> None:
    installs = [run for run in instructions("RUN") if "pip install" in run]
    dependencies, project = installs

    assert "--require-hashes" in dependencies
    assert set(re.findall(r"-r (\S+)", dependencies)) == {
        "requirements/build.txt",
        "requirements/engine.txt",
    }
    assert "--no-deps --no-build-isolation" in project


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.M)
    folders = {
        pattern.split(".")[0]
        for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    }

    assert set(kept) == folders | {"LICENSE", "pyproject.toml", "requirements"}
    assert all((ROOT / name).exists() for name in kept)
    for locked in ("requirements/build.txt", "requirements/engine.txt"):
        assert "--hash=sha256:" in (ROOT / locked).read_text(encoding="utf-8")


def test_the_image_runs_a_supported_python_without_rights() -> None:
    bases = {base.split(" AS ")[0] for base in instructions("FROM")}
    least = PROJECT["project"]["requires-python"].removeprefix(">=")

    assert bases == {f"python:{least}-slim"}
    assert instructions("USER") == ["bokflow"]


def test_the_image_starts_the_command_of_the_project() -> None:
    (entry_point,) = instructions("ENTRYPOINT")
    (command,) = json.loads(entry_point)
    module, _, function = PROJECT["project"]["scripts"][command].partition(":")
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")

    assert re.search(rf"^(?:def )?{function}\b", source, re.MULTILINE)

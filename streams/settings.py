"""The settings, read once from BOKFLOW_* variables; a misspelt one stops the start."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import from_json
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.topics import PARTITIONS_DEFAULT

PREFIX = "BOKFLOW_"
# Set for the test run and for child processes; not settings of the engine.
OTHER_VARIABLES = ("BOKFLOW_ALL_TESTS", "BOKFLOW_PARENT_PIPE")


def _from_json(value: Any) -> Any:
    """What stands in a variable is a text."""
    return from_json(value) if isinstance(value, str) else value


def _token(given: SecretStr) -> SecretStr:
    """What a header can carry: an error of another one would quote it."""
    token = given.get_secret_value().strip()
    if not re.fullmatch("[!-~]+", token):
        raise ValueError("an access token is visible ASCII")
    return SecretStr(token)


Token = Annotated[SecretStr, AfterValidator(_token)]


class SettingsWrong(Exception):
    """The environment says something that the engine does not understand."""


class Settings(BaseSettings):
    """What an operator can decide. Durations are in seconds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    kafka_url: str  # host:port[,host:port]
    postgres_dsn: SecretStr
    log: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    partitions: int = Field(default=PARTITIONS_DEFAULT, ge=1, le=1000)
    replication_factor: int = Field(default=1, ge=1, le=9)
    worker_name: str = Field(default="worker", pattern=r"^[A-Za-z0-9._-]{1,64}$")

    session_timeout_seconds: float = Field(default=12.0, ge=0.5, le=300)
    batch_wait_seconds: float = Field(default=0.05, ge=0.005, le=5)
    stuck_seconds: float = Field(default=120.0, ge=5)
    lease_seconds: float = Field(default=15.0, ge=1, le=300)
    runs_at_once: int = Field(default=2, ge=0, le=64)  # 0: this worker only projects.
    transaction_timeout_seconds: float = Field(default=120.0, ge=1)
    lock_timeout_seconds: float = Field(default=20.0, ge=1)
    retry_delay_seconds_max: float = Field(default=10.0, ge=0.1, le=300)

    sync_interval_seconds: float = Field(default=3600.0, ge=1)  # Between automatic runs.
    whole_read_seconds: float = Field(default=86_400.0, ge=1)  # An older whole read is done again.
    run_seconds_max: float = Field(default=7_200.0, ge=1)  # Then a run has failed.
    stalled_seconds: float = Field(default=900.0, ge=1)  # Without an outcome: stalled.
    fortnox_url: str = "https://api.fortnox.se/3"
    # Access tokens by company, as JSON; "*" is for all that have none of their own.
    fortnox_tokens: Annotated[dict[str, Token], BeforeValidator(_from_json)] = Field(
        default_factory=dict
    )

    @classmethod
    def with_servers(cls, kafka_url: str, postgres_dsn: str) -> Self:
        """The settings of this process, with these servers. Raises SettingsWrong."""
        servers = {"BOKFLOW_KAFKA_URL": kafka_url, "BOKFLOW_POSTGRES_DSN": postgres_dsn}
        return cls.from_environment({**os.environ, **servers})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The settings of this process. Raises SettingsWrong with every fault by name."""
        variables = os.environ if environment is None else environment
        values = {}
        for name, value in variables.items():
            if not name.startswith(PREFIX) or name in OTHER_VARIABLES:
                continue
            field = name.removeprefix(PREFIX).lower()
            if field not in cls.model_fields:
                known = ", ".join(sorted(f"{PREFIX}{known.upper()}" for known in cls.model_fields))
                raise SettingsWrong(f"{name} is no setting; there are {known}")
            values[field] = value
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            faults = [
                f"{PREFIX}{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            ]
            raise SettingsWrong("; ".join(faults)) from error

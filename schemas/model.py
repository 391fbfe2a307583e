"""The base of every event, command and model: immutable."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Fields that a newer writer has added are passed over, so that an old reader survives it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

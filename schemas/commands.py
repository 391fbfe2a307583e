"""The commands of `bokflow.commands`: what anyone may ask the engine to do.

A command is a wish in the past tense of its asking; whether it is met, the lifecycle tells.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints, field_validator

from schemas.limits import CompanyId, Text, Timestamp
from schemas.model import Model
from schemas.parts import PARTS

CommandId = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Command(Model):
    """What every command carries. A field that we do not know is refused: it may be a misspelt
    limit, and a purge without its limit would take everything.
    """

    model_config = ConfigDict(extra="forbid")

    company_id: CompanyId
    # Unique per company; without one, the message's topic, partition and offset stand for it.
    command_id: CommandId | None = None
    requested_by: Text = ""
    expires_at: Timestamp | None = None  # Default: 1 h for sync and cancel, 24 h for others.

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: object) -> object:
        """PostgreSQL holds no U+0000, and nobody means one."""
        texts = value if isinstance(value, tuple) else (value,)
        if any(isinstance(text, str) and "\x00" in text for text in texts):
            raise ValueError("a text holds no U+0000")
        return value


class ConnectionRequested(Command):
    type: Literal["connection_requested.v1"] = "connection_requested.v1"
    source: Text
    name: Text = ""
    organisation_number: Text | None = None


class SyncRequested(Command):
    type: Literal["sync_requested.v1"] = "sync_requested.v1"
    # Texts, not Parts: an unknown part is answered by a rejection, and not set aside.
    parts: tuple[Text, ...] = PARTS
    fiscal_years: tuple[date, ...] | None = None
    trigger: Literal["manual", "automatic", "push", "reload"] = "manual"


class SyncCancelRequested(Command):
    type: Literal["sync_cancel_requested.v1"] = "sync_cancel_requested.v1"
    run_id: Text | None = None  # None: whatever runs.


class PurgeRequested(Command):
    type: Literal["purge_requested.v1"] = "purge_requested.v1"
    fiscal_years: tuple[date, ...] | None = None
    reload: bool = False


class ReconnectRequested(Command):
    type: Literal["reconnect_requested.v1"] = "reconnect_requested.v1"
    source: Text | None = None


class DisconnectRequested(Command):
    type: Literal["disconnect_requested.v1"] = "disconnect_requested.v1"


class CompanyRemovalRequested(Command):
    type: Literal["company_removal_requested.v1"] = "company_removal_requested.v1"


AnyCommand = (
    ConnectionRequested
    | SyncRequested
    | SyncCancelRequested
    | PurgeRequested
    | ReconnectRequested
    | DisconnectRequested
    | CompanyRemovalRequested
)

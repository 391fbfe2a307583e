"""The error tree: two bases name the way out, every other error names its condition."""

from typing import Literal


class SyncError(Exception):
    """Anything that keeps a fact from reaching the ledger."""


class TransientError(SyncError):
    """Trying the same thing again may succeed."""


class RejectedError(SyncError):
    """Trying again will never succeed: the message goes to the dead letters."""

    reason = "rejected"


class MessageUnreadable(RejectedError):
    """The bytes are no JSON document of ours."""

    reason = "unreadable"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the message cannot be read: {detail}")
        self.detail = detail


class EventTypeUnknown(RejectedError):
    """The document names a type that this version of the engine does not know."""

    reason = "unknown_type"

    def __init__(self, event_type: str) -> None:
        super().__init__(
            f"no event has the type {event_type!r}; a newer engine may have written it"
        )
        self.event_type = event_type


class SchemaViolated(RejectedError):
    """The document has a known type and does not hold what that type demands."""

    reason = "wrong_schema"

    def __init__(self, event_type: str, detail: str) -> None:
        super().__init__(f"{event_type} does not hold what it must: {detail}")
        self.event_type = event_type
        self.detail = detail


class KeyMismatched(RejectedError):
    """The message's key names another company than its event."""

    reason = "wrong_key"

    def __init__(self, key: str, company_id: str) -> None:
        super().__init__(f"the key is {key!r}, the event belongs to {company_id!r}")
        self.key = key
        self.company_id = company_id


class ValueRefused(RejectedError):
    """PostgreSQL refuses a value of the message (error classes 22, 23 and 54)."""

    reason = "value_refused"

    def __init__(self, sqlstate: str, detail: str) -> None:
        super().__init__(f"PostgreSQL refuses a value ({sqlstate}): {detail}")
        self.sqlstate = sqlstate
        self.detail = detail


class UploadRefused(RejectedError):
    """A file that the company does not take; `code` is stable, the sentences are for people."""

    reason = "upload_refused"

    def __init__(self, code: str, *, sv: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.sv = sv
        self.en = en

    def sentence(self, language: str) -> str:
        return self.sv if language == "sv" else self.en


class NotFound(RejectedError):
    """What was asked for is not there."""

    reason = "not_found"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)

    @property
    def told_as(self) -> str:
        """Which text tells people of it: one reason may have several."""
        return self.reason


# Why a source does not let us in; its users have a text for each.
LossCode = Literal["invalid_login", "licence_missing", "scope_missing"]


class ReconnectRequired(RejectedError):
    """The source does not let us in any more; only the customer can change that."""

    reason = "reconnect_required"

    def __init__(self, source: str, code: LossCode, detail: str) -> None:
        super().__init__(f"{source} does not let us in ({code}): {detail}")
        self.source = source
        self.code = code


class SourceRefused(RejectedError):
    """The source answers a request in a way that trying again will not change."""

    reason = "source_refused"

    def __init__(self, source: str, detail: str) -> None:
        super().__init__(f"{source} refuses: {detail}")
        self.source = source
        self.detail = detail


class SourceUnavailable(TransientError):
    """The source does not answer, or not now; the connector has tried more than once."""

    reason = "source_unavailable"  # Of the run that it has failed.

    def __init__(self, source: str, detail: str, *, retry_after_seconds: float | None = None):
        super().__init__(f"{source}: {detail}")
        self.source = source
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds  # Where the source has said so.


class StoreUnavailable(TransientError):
    """PostgreSQL does not answer, or gave up a transaction that may succeed next time."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"PostgreSQL: {detail}")
        self.detail = detail


class StoreFull(StoreUnavailable):
    """PostgreSQL's disk is full: somebody has to make room."""


class MessageTooLarge(RejectedError):
    """Kafka takes no message of this size: not now, and not later."""

    reason = "too_large"

    def __init__(self, topic: str, detail: str) -> None:
        super().__init__(f"{topic} does not take the message: {detail}")
        self.topic = topic
        self.detail = detail


class BrokerUnavailable(TransientError):
    """Kafka does not answer."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"Kafka: {detail}")
        self.detail = detail

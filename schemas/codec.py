"""Bytes to events and back: the only place that knows how a message looks.

Value: one JSON document with `type`; fields that have their default are left out. Headers follow
the Kafka protocol binding of CloudEvents 1.0, binary mode (ce_id, ce_type, ce_source, ce_time,
ce_specversion), plus `causationid`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from schemas.commands import AnyCommand
from schemas.errors import EventTypeUnknown, KeyMismatched, MessageUnreadable, SchemaViolated
from schemas.ledger_events import AnyLedgerEvent, ReadEvent
from schemas.lifecycle_events import AnyLifecycleEvent
from schemas.model import Model
from schemas.quick_page import quick_page
from schemas.topics import COMMANDS, LEDGER, LIFECYCLE, Topic

SOURCE = "bokflow"
Headers = tuple[tuple[str, bytes], ...]
AnyEvent = AnyLedgerEvent | AnyLifecycleEvent

_LEDGER: TypeAdapter[AnyLedgerEvent] = TypeAdapter(
    Annotated[AnyLedgerEvent, Field(discriminator="type")]
)
_LIFECYCLE: TypeAdapter[AnyLifecycleEvent] = TypeAdapter(
    Annotated[AnyLifecycleEvent, Field(discriminator="type")]
)
_COMMAND: TypeAdapter[AnyCommand] = TypeAdapter(Annotated[AnyCommand, Field(discriminator="type")])
_ERRORS_SHOWN_MAX = 3
Decoded = TypeVar("Decoded")


@dataclass(frozen=True)
class Message:
    """A message as it goes to Kafka."""

    topic: str
    key: bytes | None
    headers: Headers
    value: bytes


def encode(event: AnyEvent, *, caused_by: str | None = None) -> Message:
    """The message of an event; `caused_by` is the id of the event or command that led to it."""
    topic = LEDGER if isinstance(event, AnyLedgerEvent) else LIFECYCLE
    value = orjson.dumps(_document(event.type, event))
    return _message(topic, event, event.type, value, caused_by)


def encode_vouchers(
    kind: type[ReadEvent],
    stamp: Mapping[str, object],
    vouchers: Sequence[bytes],
    content: Mapping[str, object],
) -> Message:
    """The message of a page whose vouchers are JSON already, made and checked by their reader.

    It is the same as that of the event with those vouchers, without making models of them;
    `content` are the kind's other fields.
    """
    event = ReadEvent.model_validate(stamp)
    event_type = str(kind.model_fields["type"].default)
    head = orjson.dumps({**_document(event_type, event), **content}).removesuffix(b"}")
    value = b"".join((head, b',"vouchers":[', b",".join(vouchers), b"]}"))
    return _message(LEDGER, event, event_type, value, None)


def encode_command(command: AnyCommand) -> Message:
    """The message of a command: one JSON document, as anyone may write it."""
    value = orjson.dumps(_document(command.type, command))
    headers = (("content-type", b"application/json"),)
    return Message(COMMANDS.name, command.company_id.encode(), headers, value)


def _document(event_type: str, event: Model) -> dict[str, Any]:
    return {"type": event_type, **event.model_dump(mode="json", exclude_defaults=True)}


def _message(
    topic: Topic,
    event: AnyEvent | ReadEvent,
    event_type: str,
    value: bytes,
    caused_by: str | None,
) -> Message:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event.event_id.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_time", event.occurred_at.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
    if caused_by is not None:
        headers.append(("causationid", caused_by.encode()))
    return Message(topic.name, event.company_id.encode(), tuple(headers), value)


def decode_ledger(value: bytes | None, *, key: bytes | None = None) -> AnyLedgerEvent:
    """The ledger event in a message. Raises RejectedError with what is wrong."""
    event = _decode(_LEDGER, value)
    _check_key(key, event.company_id)
    return event


def decode_ledger_quickly(value: bytes | None, *, key: bytes | None = None) -> AnyLedgerEvent:
    """As `decode_ledger`, for who folds: a page of vouchers may hold rows in place of models."""
    page = None if value is None else quick_page(value)
    if page is None:
        return decode_ledger(value, key=key)
    _check_key(key, page.company_id)
    return page


def decode_lifecycle(value: bytes | None, *, key: bytes | None = None) -> AnyLifecycleEvent:
    """The lifecycle event in a message. Raises RejectedError with what is wrong."""
    event = _decode(_LIFECYCLE, value)
    _check_key(key, event.company_id)
    return event


def decode_command(value: bytes | None) -> AnyCommand:
    """The command in a message; its key is free. Raises RejectedError with what is wrong."""
    return _decode(_COMMAND, value)


def _decode(adapter: TypeAdapter[Decoded], value: bytes | None) -> Decoded:
    if value is None:
        raise MessageUnreadable("it has no value")
    try:
        return adapter.validate_json(value)
    except ValidationError as error:
        raise _translated(error) from error


def _check_key(key: bytes | None, company_id: str) -> None:
    if key is not None and key != company_id.encode():
        raise KeyMismatched(key.decode(errors="backslashreplace"), company_id)


def _summary(errors: Iterable[Any]) -> str:
    lines = [f"{'.'.join(map(str, e['loc'][1:])) or 'document'}: {e['msg']}" for e in errors]
    more = len(lines) - _ERRORS_SHOWN_MAX
    return "; ".join(lines[:_ERRORS_SHOWN_MAX]) + (f"; and {more} more" if more > 0 else "")


def _translated(error: ValidationError) -> Exception:
    errors = error.errors(include_url=False, include_input=False)
    match errors[0]["type"]:
        case "json_invalid":
            return MessageUnreadable(errors[0]["msg"])
        case "union_tag_invalid":
            return EventTypeUnknown(str(errors[0]["ctx"]["tag"]))
        case "union_tag_not_found" | "model_attributes_type" | "dict_type":
            return MessageUnreadable("it is no JSON object with a type")
    return SchemaViolated(str(errors[0]["loc"][0]), _summary(errors))

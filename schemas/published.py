"""The schemas for other languages: JSON Schema per event and command, and one AsyncAPI document.

AsyncAPI 3.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0), made from the models.
"""

from typing import Any, get_args

from schemas.commands import AnyCommand
from schemas.ledger_events import AnyLedgerEvent
from schemas.lifecycle_events import AnyLifecycleEvent
from schemas.model import Model
from schemas.topics import COMMANDS, LEDGER, LIFECYCLE, TOPICS, Topic

ASYNCAPI_VERSION = "3.0.0"
DOCUMENT_VERSION = "1.0.0"
_KINDS: dict[str, tuple[type[Model], ...]] = {
    COMMANDS.name: get_args(AnyCommand),
    LIFECYCLE.name: get_args(AnyLifecycleEvent),
    LEDGER.name: get_args(AnyLedgerEvent),
}


def type_name(kind: type[Model]) -> str:
    """The `type` that a kind of event or command has on the wire: `sync_queued.v1`."""
    name: str = kind.model_fields["type"].default
    return name


def kinds() -> dict[str, type[Model]]:
    """Every kind of event and command, by its type."""
    return {type_name(kind): kind for of_topic in _KINDS.values() for kind in of_topic}


def json_schemas() -> dict[str, dict[str, Any]]:
    """A JSON Schema (2020-12) of each event and command as it stands on the wire, by its type."""
    return {name: _schema(kind) for name, kind in sorted(kinds().items())}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document: topics as channels, and what the engine sends and receives there."""
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Bokflow",
            "version": DOCUMENT_VERSION,
            "description": "Bookkeeping as events: commands in, lifecycle and ledger out.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {_operation_name(topic): _operation(topic) for topic in TOPICS},
        "components": {
            "messages": {name: _message(name, kind) for name, kind in sorted(kinds().items())}
        },
    }


def _schema(kind: type[Model]) -> dict[str, Any]:
    """The model's schema; `type` is always written, unlike what has its default."""
    schema = kind.model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    required = {name for name, field in kind.model_fields.items() if field.is_required()}
    schema["required"] = sorted(required | {"type"})
    return schema


def _channel(topic: Topic) -> dict[str, Any]:
    names = [type_name(kind) for kind in _KINDS.get(topic.name, ())]
    return {
        "address": topic.name,
        "description": topic.purpose,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.value_bytes_max,
                }
            }
        },
    }


def _operation_name(topic: Topic) -> str:
    return f"{'receive' if topic is COMMANDS else 'send'}-{topic.name}"


def _operation(topic: Topic) -> dict[str, Any]:
    action = "receive" if topic is COMMANDS else "send"
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(name: str, kind: type[Model]) -> dict[str, Any]:
    summary = (kind.__doc__ or kind.__name__).strip().splitlines()[0]
    key = {"type": "string", "description": "The company."}
    return {
        "name": name,
        "summary": summary,
        "payload": _schema(kind),
        "bindings": {"kafka": {"key": key}},
    }

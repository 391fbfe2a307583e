"""The schemas for other languages are those of the models."""

import json
from pathlib import Path

from schemas.published import asyncapi, json_schemas, kinds
from schemas.topics import TOPICS


def test_every_kind_has_a_json_schema_that_demands_its_type() -> None:
    schemas = json_schemas()

    assert set(schemas) == set(kinds())
    assert all("type" in schema["required"] for schema in schemas.values())
    assert all(schema["properties"]["type"]["const"] == name for name, schema in schemas.items())


def test_the_asyncapi_document_has_every_topic_and_message() -> None:
    document = asyncapi()

    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    named = [name for channel in document["channels"].values() for name in channel["messages"]]
    assert sorted(named) == sorted(document["components"]["messages"]) == sorted(kinds())


def test_the_published_document_is_current() -> None:
    published = Path(__file__).parents[2] / "docs" / "asyncapi.json"

    assert json.loads(published.read_text("utf-8")) == json.loads(json.dumps(asyncapi())), (
        "run: .venv/bin/bokflow schemas asyncapi > docs/asyncapi.json"
    )

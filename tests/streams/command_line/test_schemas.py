"""`bokflow schemas` prints what is said, for other languages."""

import json

from schemas.published import asyncapi, json_schemas
from tests.streams.command_line.command_line import CommandLine


def test_all_schemas_are_printed_as_one_document() -> None:
    for form in ("table", "json"):
        found = json.loads(CommandLine({}).run("schemas", "-o", form).stdout)

        assert found == {"json_schemas": json_schemas(), "asyncapi": asyncapi()}


def test_one_schema_can_be_asked_for() -> None:
    command_line = CommandLine({})

    assert command_line.json("schemas", "sync_requested.v1") == json_schemas()["sync_requested.v1"]
    assert command_line.json("schemas", "asyncapi") == asyncapi()
    assert command_line.refusal("schemas", "nonsense.v1") == "unknown_schema"

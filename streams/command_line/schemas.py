"""`bokflow schemas`: what services send and read, for other languages."""

from typing import Annotated

import typer

from schemas.published import asyncapi, json_schemas
from streams.command_line.answer import print_json, refusals
from streams.command_line.options import DATA_DIR, DataDir, Lang, Options, Output
from streams.command_line.refusal import CommandRefused

ASYNCAPI = "asyncapi"

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="An event's or command's type, such as sync_requested.v1, or asyncapi; else all.",
    ),
]


def schemas(
    name: Name = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Print the JSON Schemas of events and commands, and the AsyncAPI document. Always JSON."""
    options = Options.of(data_dir, output, lang)
    with refusals(options):
        documents = json_schemas()
        if name is None:
            print_json({"json_schemas": documents, ASYNCAPI: asyncapi()})
        elif name == ASYNCAPI:
            print_json(asyncapi())
        elif name in documents:
            print_json(documents[name])
        else:
            names = ", ".join([*documents, ASYNCAPI])
            raise CommandRefused("unknown_schema", name=name, names=names)

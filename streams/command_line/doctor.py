"""`bokflow doctor`: looks at every piece of the engine, and says what to do where one is ill."""

import asyncio
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from streams.command_line.answer import ask, print_json, refusals
from streams.command_line.connect import engine_settings
from streams.command_line.options import DATA_DIR, DataDir, Lang, Options, Output
from streams.command_line.refusal import EXIT_REFUSED
from streams.command_line.show import add_row, new_table, printer
from streams.command_line.texts import label
from streams.command_line.words import word

if TYPE_CHECKING:
    from streams.checkup import Finding

MARKS = {"ok": "green", "warning": "yellow", "error": "red"}
Resume = Annotated[
    bool, typer.Option("--resume", help="Let partitions that a message has stopped try again.")
]


def doctor(
    resume: Resume = False,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Look at PostgreSQL, Kafka, workers, offsets and dead letters; exit 1 if one is ill."""
    from streams import offsets
    from streams.log_identity import LOST

    options = Options.of(data_dir, output, lang)
    with refusals(options):
        if resume:
            resumed = ask(options, partial(offsets.resume_stopped, but_not=LOST))
            typer.echo(label("resumed", options.language, count=resumed), err=True)
        findings = asyncio.run(_examined(data_dir))
        if options.is_json:
            print_json([asdict(finding) for finding in findings])
        else:
            _show(findings, options.language)
    if any(finding.state == "error" for finding in findings):
        raise typer.Exit(EXIT_REFUSED)


async def _examined(data_dir: DataDir) -> "list[Finding]":
    from streams.checkup import examine

    return [finding async for finding in examine(engine_settings(data_dir))]


def _show(findings: "list[Finding]", language: str) -> None:
    table = new_table(language, ["check", "status", "detail", "advice"])
    for finding in findings:
        style = None if finding.state == "ok" else MARKS[finding.state]
        state = word(finding.state, language)
        add_row(table, finding.check, state, finding.detail, finding.advice, style=style)
    printer().print(table)

"""`bokflow dead-letters`: messages that could not be applied, and why."""

import asyncio
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer

from schemas.topics import COMMANDS
from streams.command_line.answer import ask, refusals, tell
from streams.command_line.connect import kafka_url
from streams.command_line.options import (
    DATA_DIR,
    DataDir,
    Lang,
    Options,
    Output,
    check_company_id,
)
from streams.command_line.refusal import EXIT_REFUSED, EXIT_USAGE, CommandRefused
from streams.command_line.show import NOTHING, Cell, count, moment, print_rows, printable, printer
from streams.command_line.texts import label
from streams.command_line.words import word

if TYPE_CHECKING:  # Commands that do not read Kafka start without its client.
    from aiokafka import ConsumerRecord

    from streams.command_line.dead_letter_reader import DeadLetter, DeadLetterContent
    from streams.command_line.redrive import Redriven

TABLE_ROWS = 50
COLUMNS = ("id", "last_at", "company", "message", "reason", "error")
SPARE = ("reason",)  # The error says it at length.

app = typer.Typer(
    help="Look at messages that could not be applied, and take them up again.",
    no_args_is_help=True,
    add_completion=False,
)
LetterId = Annotated[
    str, typer.Argument(metavar="ID", help="As in the list: partition and offset, 3:17.")
]
OfCompany = Annotated[
    str | None, typer.Option("--company", metavar="ID", help="Only those of one company.")
]
Limit = Annotated[
    int | None, typer.Option(min=1, help="How many of the latest; 50 in a table, else all.")
]


@app.command("list")
def list_letters(
    company: OfCompany = None,
    limit: Limit = None,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """List the dead letters, the latest last."""
    from streams.command_line.dead_letter_reader import read_all

    options = Options.of(data_dir, output, lang)
    with refusals(options):
        if company is not None:
            check_company_id(company)
        found = asyncio.run(read_all(kafka_url(options.data_dir), company))
        rows = limit if limit or options.is_json else TABLE_ROWS
        found = found[-rows:] if rows else found
        tell(options, found, _show_list)


@app.command("show")
def show_letter(
    letter_id: LetterId,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Show one dead letter whole: its headers, its bytes and why it is there."""
    from streams.command_line.dead_letter_reader import read_one

    options = Options.of(data_dir, output, lang)
    with refusals(options):
        partition, offset = _place(letter_id)
        found = asyncio.run(
            read_one(kafka_url(options.data_dir), partition=partition, offset=offset)
        )
        tell(options, found, _show_one)


@app.command("redrive")
def redrive_letter(
    letter_id: LetterId,
    data_dir: DataDir = DATA_DIR,
    output: Output = "table",
    lang: Lang = None,
) -> None:
    """Take up a message again, as it was, once what it failed on has been mended.

    A command is sent again. Of bookkeeping or lifecycle the company is built anew from all its
    messages, this one in its place; exit 1 where it still cannot be applied.
    """
    from streams.command_line.dead_letter_reader import read_record

    options = Options.of(data_dir, output, lang)
    with refusals(options):
        partition, offset = _place(letter_id)
        record = asyncio.run(
            read_record(kafka_url(options.data_dir), partition=partition, offset=offset)
        )

        found = _redriven(options, record)
        tell(options, found, _show_redriven)
    if found.status == "rejected":
        raise typer.Exit(EXIT_REFUSED)


def _redriven(options: Options, record: "ConsumerRecord") -> "Redriven":
    """Raises CommandRefused, NotFound."""
    from streams.command_line.build_refusals import build_refusals
    from streams.command_line.redrive import place_of, redrive
    from streams.command_line.redrive_message import redrive_message

    async def question(connection: asyncpg.Connection) -> "Redriven":
        return await redrive(connection, record)

    if place_of(record).topic == COMMANDS.name:
        return ask(options, question)
    with build_refusals():
        return asyncio.run(redrive_message(options, record))


def _place(letter_id: str) -> tuple[int, int]:
    """Partition and offset among the dead letters. Raises CommandRefused."""
    place = re.fullmatch("([0-9]{1,9}):([0-9]{1,18})", letter_id)
    if place is None:
        raise CommandRefused("invalid_dead_letter_id", exit_code=EXIT_USAGE, text=letter_id)
    return int(place[1]), int(place[2])


def _show_redriven(found: "Redriven", language: str) -> None:
    key = "redriven" if found.status == "sent" else f"redriven.{found.status}"
    facts = {"id": found.id, "company_id": found.company_id, "error": printable(found.error)}
    typer.echo(label(key, language, **facts))


def _show_list(found: "list[DeadLetter]", language: str) -> None:
    if not found:
        typer.echo(label("no_dead_letters", language), err=True)
        return
    rows = [_row(letter, language) for letter in found]
    print_rows(rows, language, COLUMNS, right=["id"], expendable=SPARE)


def _row(letter: "DeadLetter", language: str) -> dict[str, Cell]:
    return {
        "id": letter.id,
        "last_at": _local(letter.last_at),
        "company": letter.company_id,
        "message": f"{letter.topic}/{letter.partition}/{letter.offset}",
        "reason": word(letter.reason, language),
        "error": letter.error.partition("\n")[0],
    }


def _local(text: str) -> str:
    """A header's time as people say it; what is no time with a zone stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment(at) if at.tzinfo else text


def _show_one(found: "DeadLetterContent", language: str) -> None:
    console = printer()
    for name, told in _facts(found, language).items():
        console.print(f"{label(name, language)}: {printable(told)}", soft_wrap=True)
    for name, text in found.headers.items():
        console.print(f"{printable(name)}: {printable(text)}", style="dim", soft_wrap=True)
    console.print(printable(found.value or found.value_base64 or ""), soft_wrap=True)


def _facts(found: "DeadLetterContent", language: str) -> dict[str, str]:
    return {
        "id": found.id,
        "topic": found.topic,
        "partition": NOTHING if found.partition is None else str(found.partition),
        "offset": NOTHING if found.offset is None else str(found.offset),
        "company": found.company_id,
        "type": found.type,
        "agent": found.agent,
        "reason": word(found.reason, language),
        "error": found.error,
        "first_at": _local(found.first_at),
        "last_at": _local(found.last_at),
        "size_bytes": count(found.size_bytes, language),
    }

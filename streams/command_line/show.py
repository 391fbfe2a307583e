"""How results look in a terminal: aligned tables, amounts and times as people write them."""

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.containers import Lines
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from streams.command_line.texts import label
from streams.organisation_number import hyphenated

LOCAL = ZoneInfo("Europe/Stockholm")
NOTHING = "–"
NO_BREAK_SPACE = "\u00a0"
HELD = "\uf8ff"  # In its place where lines are broken: for rich any space is one to break at.
# Where the output is no terminal, nothing limits its width but this.
PIPED_COLUMNS = 240
WIDEST_COLUMNS = 10_000
WRAPPED_COLUMNS = 26
COLOURS = {"green": "green", "red": "red"}
# Bookkeeping texts come from outside: no control character of theirs reaches a terminal.
_CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f]")

Cell = str | Text


def printer(*, stderr: bool = False) -> Console:
    """A console that is as wide as the terminal, or as wide as it needs to be in a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_COLUMNS
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


class Wrapped(Text):
    """A text whose lines end at no no-break space: a number keeps its thousands."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        held = self.copy()
        held.plain = held.plain.replace(NO_BREAK_SPACE, HELD)
        lines = held.wrap(console, width, **options)
        for line in lines:
            line.plain = line.plain.replace(HELD, NO_BREAK_SPACE)
        return lines


def new_table(language: str, columns: Sequence[str], *, right: Sequence[str] = ()) -> Table:
    """A table with the columns' labels; those of `right` are aligned on their right side."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        is_right = column in right
        table.add_column(
            label(column, language),
            justify="right" if is_right else "left",
            no_wrap=is_right,
            overflow="fold",
        )
    return table


def add_row(table: Table, *cells: Cell, style: str | None = None) -> None:
    """A row of texts, none of which is taken for markup."""
    texts = [cell if isinstance(cell, Text) else Wrapped(printable(cell)) for cell in cells]
    table.add_row(*texts, style=style)


def print_rows(
    rows: Sequence[Mapping[str, Cell]],
    language: str,
    columns: Sequence[str],
    *,
    right: Sequence[str] = (),
    expendable: Sequence[str] = (),
) -> None:
    """Prints a fitting table of the rows."""
    printer().print(fitting_table(rows, language, columns, right=right, expendable=expendable))


def fitting_table(
    rows: Sequence[Mapping[str, Cell]],
    language: str,
    columns: Sequence[str],
    *,
    right: Sequence[str] = (),
    expendable: Sequence[str] = (),
) -> Table:
    """The columns that say something in some row, as wide as the terminal.

    Where they are wider than the terminal, long texts are wrapped; then the expendable columns are
    left out, the first of them first, until the others fit.
    """
    console = printer()
    kept = [name for name in columns if any(row[name] for row in rows)]
    spare = [name for name in expendable if name in kept]
    table = _filled(rows, language, kept, right)
    if _wanted_width(console, table) > console.width:
        table = _wrapped(table)
    while spare and _wanted_width(console, table) > console.width:
        kept.remove(spare.pop(0))
        table = _wrapped(_filled(rows, language, kept, right))
    return table


def _filled(
    rows: Sequence[Mapping[str, Cell]], language: str, columns: Sequence[str], right: Sequence[str]
) -> Table:
    table = new_table(language, columns, right=right)
    for row in rows:
        add_row(table, *(row[name] or NOTHING for name in columns))
    return table


def _wrapped(table: Table) -> Table:
    for column in table.columns:
        if not column.no_wrap:
            column.max_width = WRAPPED_COLUMNS
    return table


def _wanted_width(console: Console, table: Table) -> int:
    """How wide it would be if the terminal did not limit it."""
    return Measurement.get(console, console.options.update_width(WIDEST_COLUMNS), table).maximum


def printable(text: str) -> str:
    """The text without control characters."""
    return _CONTROL_CHARACTERS.sub("\ufffd", text)


def dot(colour: str) -> Text:
    """The indicator as a coloured dot."""
    return Text("●", style=COLOURS[colour])


def amount(value: Decimal, language: str) -> str:
    """Two decimals and thousands: `-1 234,50` in Swedish, `-1,234.50` in English."""
    text = f"{value:,.2f}"
    if language == "en":
        return text
    return text.translate({ord(","): NO_BREAK_SPACE, ord("."): ","})


def count(number: int, language: str) -> str:
    """A whole number with thousands."""
    return f"{number:,}".replace(",", NO_BREAK_SPACE if language == "sv" else ",")


def moment(value: datetime | None) -> str:
    """The local time to the second."""
    return NOTHING if value is None else value.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")


def day(value: date | None) -> str:
    return NOTHING if value is None else value.isoformat()


def organisation_number(value: str | None) -> str:
    """With its hyphen: 556677-8899."""
    return NOTHING if value is None else hyphenated(value)

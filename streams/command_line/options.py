"""The options that every command takes after its name, and how its arguments are read."""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

import typer

from schemas.limits import COMPANY_ID_PATTERN
from streams.command_line.refusal import EXIT_USAGE, CommandRefused

OutputForm = Literal["table", "json"]
Language = Literal["sv", "en"]
DATA_DIR = Path(".bokflow")

DataDir = Annotated[
    Path, typer.Option("--data-dir", metavar="DIR", help="Where the engine of this machine is.")
]
Output = Annotated[OutputForm, typer.Option("-o", "--output", help="For people or for programs.")]
Lang = Annotated[
    Language | None,
    typer.Option("--lang", help="The language of texts.", show_default="that of the system"),
]
Company = Annotated[str, typer.Argument(metavar="COMPANY", help="The id of the company.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for the outcome; show its progress meanwhile.")
]
Year = Annotated[
    str | None,
    typer.Option(
        metavar="YEAR",
        help="A fiscal year: the calendar year that it starts in, or its first day.",
    ),
]
Years = Annotated[
    list[str] | None,
    typer.Option(
        "--year",
        metavar="YEAR",
        help="Only this fiscal year, by its calendar year or first day; may be repeated.",
    ),
]


@dataclass(frozen=True)
class Options:
    """What the shared options say."""

    data_dir: Path
    output: OutputForm
    language: Language

    @classmethod
    def of(cls, data_dir: Path, output: OutputForm, language: Language | None) -> Self:
        """The options as given; the language is otherwise that of the environment."""
        return cls(data_dir, output, language or _language_of_system())

    @property
    def is_json(self) -> bool:
        return self.output == "json"


def check_company_id(company_id: str) -> None:
    """Raises CommandRefused where that can be no company's id."""
    if not re.fullmatch(COMPANY_ID_PATTERN, company_id):
        raise CommandRefused("invalid_company_id", exit_code=EXIT_USAGE, company_id=company_id)


def read_year(text: str | None) -> int | date | None:
    """`2021` or `2021-07-01`. Raises CommandRefused."""
    if text is None:
        return None
    try:
        if re.fullmatch("[0-9]{4}", text):
            return int(text)
        return date.fromisoformat(text)
    except ValueError:
        raise CommandRefused("invalid_year", exit_code=EXIT_USAGE, text=text) from None


def _language_of_system() -> Language:
    return "sv" if os.environ.get("LANG", "").startswith("sv") else "en"

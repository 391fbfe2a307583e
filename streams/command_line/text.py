"""A text of the command line, in the languages that it speaks."""

from typing import NamedTuple


class Text(NamedTuple):
    sv: str
    en: str

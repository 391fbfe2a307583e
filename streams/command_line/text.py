"""A text that end users read."""

from typing import NamedTuple


class Text(NamedTuple):
    sv: str
    en: str

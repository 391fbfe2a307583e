"""How a record is spelt: its label, and its fields with the quotes that they need."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

# None is a field that is not there.
WrittenField = str | date | Decimal | Mapping[str, str] | None

# What needs no quotes. A dot, a minus or a colon does no harm to any reader.
_BARE = re.compile(r'[^\s"{}\\\x00-\x1f\x7f]+')
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_CONTROL_BUT_TAB = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_BACKSLASHES = re.compile(r'(\\*)("|$)')


def spelt(label: str, fields: Sequence[WrittenField]) -> str:
    """The line of a record; fields that are not there are left out at its end."""
    there = len(fields)
    while there and fields[there - 1] is None:
        there -= 1
    return " ".join((label, *map(_spelt_field, fields[:there])))


@lru_cache(maxsize=4_096)
def quoted(text: str) -> str:
    """A text as it stands in a file: control characters become blanks, quotes are escaped."""
    text = _CONTROL.sub(" ", text)
    if _BARE.fullmatch(text):
        return text
    escaped = _BACKSLASHES.sub(lambda m: m[1] * 2 + ('\\"' if m[2] else ""), text)
    return f'"{escaped}"'


def without_control_characters(line: str) -> str:
    """A line that is spelt already; tabs may part its fields."""
    return _CONTROL_BUT_TAB.sub(" ", line)


def _spelt_field(field: WrittenField) -> str:
    match field:
        case str():
            return quoted(field)
        case Decimal():
            return f"{field:f}"
        case date():
            return field.isoformat().replace("-", "")
        case None:
            return '""'
    pairs = (f"{quoted(dimension)} {quoted(number)}" for dimension, number in field.items())
    return "{" + " ".join(pairs) + "}"

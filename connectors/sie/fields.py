"""A line of the file as a record: its label and its fields (SIE 4B, section 5; facts, section 2).

Fields are parted by spaces and tabs only. Of the backslashes right before a quote every second one
counts, and an odd one makes the quote a part of the text; all other backslashes are text.
"""

import re
from dataclasses import dataclass

BLANKS = " \t"
_LABEL = re.compile(r"[ \t]*(#[^ \t]+)")
_BARE = re.compile(r"[^ \t]+")
_BARE_IN_LIST = re.compile(r"[^ \t}]+")
_BLANKS = re.compile(r"[ \t]*")
_LAST_BRACE = re.compile(r"\}[ \t]*+$")
# A quote closes a field where a blank, a brace or the end of the line follows it. Nothing here
# goes back over what it has passed: lines of a megabyte are met.
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.|"(?![ \t}]|$))*+)"', re.DOTALL)
_ESCAPES = re.compile(r'(?<!\\)(\\++)(?="|$)')
_ESCAPES_IN_BARE = re.compile(r'(?<!\\)(\\++)(?=")')

ObjectList = tuple[str, ...]
Field = str | ObjectList


@dataclass
class Record:
    """A label with its fields; an object list is a tuple of its texts."""

    label: str  # In capitals, with its #.
    fields: list[Field]
    opens: bool = False  # A brace that opens a block ends the line.
    closes: bool = False  # A brace that closes a block ends the line.
    quote_unclosed: bool = False
    quote_inside: bool = False

    def text(self, place: int) -> str:
        """The field at the place; empty where there is none."""
        if place >= len(self.fields):
            return ""
        field = self.fields[place]
        return field if isinstance(field, str) else " ".join(field)

    def joined(self, place: int) -> str:
        """The field at the place with all that follow it."""
        return " ".join(self.text(at) for at in range(place, len(self.fields)))

    def list_at(self, place: int) -> bool:
        """Puts an empty object list at the place if there is none; False if it had to."""
        if place < len(self.fields) and isinstance(self.fields[place], tuple):
            return True
        self.fields.insert(min(place, len(self.fields)), ())
        return False

    def objects(self, place: int) -> ObjectList:
        field = self.fields[place]
        assert isinstance(field, tuple), "list_at has been called"
        return field


def label_of(line: str) -> str:
    """The line's label in capitals, or an empty text."""
    match = _LABEL.match(line)
    return match.group(1).upper() if match else ""


def read_record(line: str) -> Record | None:
    """The record in a line, or None where the line has no label."""
    match = _LABEL.match(line)
    if not match:
        return None
    record = Record(match.group(1).upper(), [])
    position = _past_blanks(line, match.end())
    while position < len(line):
        position = _past_blanks(line, _read_field(line, position, record))
    return record


def _read_field(line: str, position: int, record: Record) -> int:
    character = line[position]
    if character == "{":
        return _read_list(line, position, record)
    if character == "}" and _LAST_BRACE.match(line, position):
        record.closes = True
        return len(line)
    if character == '"':
        text, position = _quoted(line, position, record)
    else:
        text, position = _bare(_BARE, line, position)
    record.fields.append(text)
    return position


def _read_list(line: str, position: int, record: Record) -> int:
    texts: list[str] = []
    at = _past_blanks(line, position + 1)
    while at < len(line) and line[at] != "}":
        if line[at] == '"':
            text, at = _quoted(line, at, record)
        else:
            text, at = _bare(_BARE_IN_LIST, line, at)
        texts.append(text)
        at = _past_blanks(line, at)
    if at < len(line):
        record.fields.append(tuple(texts))
        return at + 1
    if texts:  # A list without its end: there is nothing to tell which fields are outside it.
        record.fields.append(tuple(texts))
    else:
        record.opens = True
    return at


def _quoted(line: str, position: int, record: Record) -> tuple[str, int]:
    match = _QUOTED.match(line, position)
    if match is None:  # Programs that cut long texts cut the quote with them.
        record.quote_unclosed = True
        return unescaped(line[position + 1 :].rstrip(BLANKS)), len(line)
    text = match.group(1)
    if "\\" in text:
        bare = re.sub(r"\\.", "", text)
        text = unescaped(text)
    else:
        bare = text
    record.quote_inside = record.quote_inside or '"' in bare
    return text, match.end()


def _bare(pattern: re.Pattern[str], line: str, position: int) -> tuple[str, int]:
    match = pattern.match(line, position)
    assert match is not None, "a blank or a closing brace is never where a field begins"
    text = match.group()
    return (_ESCAPES_IN_BARE.sub(_halved, text) if "\\" in text else text), match.end()


def unescaped(text: str) -> str:
    """The text of a quoted field, without the backslashes that are none of it."""
    return _ESCAPES.sub(_halved, text)


def _halved(match: re.Match[str]) -> str:
    return "\\" * (len(match.group(1)) // 2)


def _past_blanks(line: str, position: int) -> int:
    match = _BLANKS.match(line, position)
    assert match is not None, "no blank at all is a match too"
    return match.end()

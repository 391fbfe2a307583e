"""#KSUMMA, the file's own checksum: CRC-32 over labels and fields in code page 437.

SIE 4B, section 5.6; what is left out between the two #KSUMMA stands in facts, section 6.
"""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Literal

from connectors.sie.encoding import CHUNK_BYTES, Encoding, chunks, decoder
from connectors.sie.lines import LINE_CHARACTERS_MAX

Verdict = Literal["absent", "matches", "differs", "uncheckable"]
_LABEL = b"#KSUMMA"
_BETWEEN_FIELDS = b" \t\r\n{}"
_TOKEN = re.compile(
    rb'"(?P<quoted>(?:[^"\\]++|\\.|"(?![ \t}]|$))*+)"|"(?P<unclosed>.*)|(?P<bare>[^ \t{}]+)',
    re.DOTALL,
)
_ESCAPED_QUOTE = b'\\"'
_ESCAPED_BACKSLASH = b'\\\\"'
_STAND_IN = b"\x00"  # For an escaped quote, while the others are looked at.


class _Endless(Exception):
    """A line that must not fill the memory."""


def verify(file: BinaryIO, encoding: Encoding, *, chunk_bytes: int = CHUNK_BYTES) -> Verdict:
    """Compares the value of the last #KSUMMA with what stands between it and the first."""
    crc: int | None = None
    try:
        for block in _blocks(_as_cp437(file, encoding, chunk_bytes)):
            if _LABEL not in block.upper():
                crc = crc if crc is None else zlib.crc32(summed_bytes(block), crc)
                continue
            for line in re.split(rb"[\r\n]+", block):
                if not line.lstrip(b" \t").upper().startswith(_LABEL):
                    crc = crc if crc is None else zlib.crc32(summed_bytes(line), crc)
                elif crc is None:
                    crc = None if _value(line) else 0
                elif _value(line):
                    return "matches" if _value(line) == str(crc) else "differs"
    except (UnicodeEncodeError, _Endless):
        return "uncheckable"  # A character that code page 437 does not have, or an endless line.
    return "absent"


def _value(line: bytes) -> str:
    """The value as an unsigned number; programs write it with a sign, too."""
    text = line.strip(b" \t\x1a")[len(_LABEL) :].strip(b' \t"').decode("ascii", "replace")
    return str(int(text) & 0xFFFFFFFF) if re.fullmatch("-?[0-9]{1,10}", text) else text


def _as_cp437(file: BinaryIO, encoding: Encoding, chunk_bytes: int) -> Iterator[bytes]:
    if encoding in ("cp437", "ascii"):
        yield from chunks(file, chunk_bytes=chunk_bytes)
        return
    decoding = decoder(encoding)
    for chunk in chunks(file, chunk_bytes=chunk_bytes):
        yield decoding.decode(chunk).encode("cp437")
    yield decoding.decode(b"", final=True).encode("cp437")


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at line ends."""
    rest = b""
    for piece in pieces:
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        if end == 0:
            rest += piece
            if len(rest) > LINE_CHARACTERS_MAX:
                raise _Endless
            continue
        yield rest + piece[:end]
        rest = piece[end:]
    yield rest


def summed_bytes(block: bytes) -> bytes:
    """The bytes that count: at once where all quotes are ordinary, else line by line."""
    if _STAND_IN not in block and _ESCAPED_BACKSLASH not in block:
        parts = block.replace(_ESCAPED_QUOTE, _STAND_IN).split(b'"')
        outside = b'"'.join(parts[::2])
        if _is_ordinary(outside, parts[1::2], len(parts)):
            parts[::2] = outside.translate(None, _BETWEEN_FIELDS).split(b'"')
            return b"".join(parts).replace(_STAND_IN, b'"')
    return b"".join(map(_summed_of_line, re.split(rb"[\r\n]+", block)))


def _is_ordinary(outside: bytes, inside: list[bytes], parts: int) -> bool:
    """Whether every quote opens after a blank or brace, closes before one, and on its line."""
    quotes = len(inside)
    quoted = b"".join(inside)
    return (
        parts % 2 == 1
        and b"\n" not in quoted
        and b"\r" not in quoted
        and sum(map(outside.count, (b' "', b'\t"', b'{"'))) == quotes
        and sum(map(outside.count, (b'" ', b'"\t', b'"}', b'"\r', b'"\n'))) == quotes
    )


def _summed_of_line(line: bytes) -> bytes:
    found = []
    for match in _TOKEN.finditer(line):
        text = match["quoted"] or match["unclosed"] or match["bare"] or b""
        found.append(text.replace(_ESCAPED_QUOTE, b'"'))
    return b"".join(found)

"""Which encoding a file has, told from its bytes and never from its #FORMAT (facts, section 8)."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

Encoding = Literal["cp437", "windows-1252", "utf-8", "ascii"]
CHUNK_BYTES = 512 * 1024
BYTE_ORDER_MARK = codecs.BOM_UTF8

# å ä ö Å Ä Ö and é as each code page writes them.
_CP437_LETTERS = bytes([0x86, 0x84, 0x94, 0x8E, 0x8F, 0x99, 0x82, 0x81])
_WINDOWS_LETTERS = bytes([0xE4, 0xE5, 0xF6, 0xC4, 0xC5, 0xD6, 0xE9, 0xFC])
# In UTF-8 they all begin with this byte, which is no Swedish letter in either code page.
_UTF8_LEAD = b"\xc3"
_CONTROL_CHARACTERS = bytes([*range(1, 9), 11, 12, *range(14, 26), *range(27, 32), 127])
# Windows-1252 with the five bytes that it leaves open, as browsers read them: never an error.
_WINDOWS_1252 = "".join(
    bytes([byte]).decode("windows-1252", errors="ignore") or chr(byte) for byte in range(256)
)


@dataclass(frozen=True)
class ByteScan:
    """What one pass over all bytes shows."""

    size_bytes: int
    encoding: Encoding
    control_characters: int
    valid: bool  # False: it is UTF-8 but for some bytes.


def scan(file: BinaryIO, *, chunk_bytes: int = CHUNK_BYTES) -> ByteScan:
    """Reads the whole file: å ä ö may first appear in its last voucher."""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    size = above_127 = utf8_letters = cp437 = windows = control = 0
    file.seek(0)
    marked, valid = file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK, True
    for chunk in chunks(file, chunk_bytes=chunk_bytes):
        size += len(chunk)
        control += _occurrences(chunk, _CONTROL_CHARACTERS)
        if chunk.isascii():
            valid = valid and not utf8.getstate()[0]
            continue
        above_127 += 1
        utf8_letters += chunk.count(_UTF8_LEAD)
        cp437 += _occurrences(chunk, _CP437_LETTERS)
        windows += _occurrences(chunk, _WINDOWS_LETTERS)
        valid = valid and _decodes(utf8, chunk)
    valid = valid and not utf8.getstate()[0]
    encoding: Encoding = "ascii"
    if marked or (valid and above_127):
        encoding = "utf-8"
    elif above_127:
        encoding = _majority(utf8_letters, cp437, windows)
    return ByteScan(size, encoding, control, valid or encoding != "utf-8")


def chunks(file: BinaryIO, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The file from its start, piece by piece."""
    file.seek(0)
    while chunk := file.read(chunk_bytes):
        yield chunk


def decoder(encoding: Encoding) -> codecs.IncrementalDecoder:
    """A decoder that accepts every byte."""
    if encoding == "windows-1252":
        return _WindowsDecoder()
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return codecs.getincrementaldecoder(name)(errors="replace")


class _WindowsDecoder(codecs.IncrementalDecoder):
    def decode(self, input: bytes, final: bool = False) -> str:  # type: ignore[override]
        return codecs.charmap_decode(input, "strict", _WINDOWS_1252)[0]


def _occurrences(chunk: bytes, letters: bytes) -> int:
    return len(chunk) - len(chunk.translate(None, letters))


def _decodes(utf8: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        utf8.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _majority(utf8: int, cp437: int, windows: int) -> Encoding:
    """The encoding that more letters speak for.

    UTF-8 with an invalid byte is met where a program cuts texts by bytes, inside a letter. The Ä
    of UTF-8 has a byte that is a letter of code page 437, so that the two may come out even.
    """
    if utf8 and utf8 >= max(cp437, windows):
        return "utf-8"
    return "windows-1252" if windows > cp437 else "cp437"

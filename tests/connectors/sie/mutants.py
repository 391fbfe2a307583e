"""Files that went wrong on their way: steps that damage real ones, and shapes that are hostile."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

from connectors.sie.generator import generate
from tests.connectors.sie.builders import HEAD, VOUCHER

MEGABYTE = 1024 * 1024
MUTANT_BYTES_MAX = MEGABYTE
_SHARES = 1_000
_LINE_ENDS = (b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\n", b"\x1a\r\n", b" ")
_ENCODINGS = ("utf-8", "windows-1252", "utf-8-sig", "utf-16", "cp850", "shift-jis")
_PIECES = (
    *(b"{", b"}", b'"', b"\\", b'\\"', b'" ', b'"" ', b"{ ", b"{}", b"{1 2}", b'{"'),
    *(b"\x00", b"\x1a", b"\t", b" ", b"\r", b"\n", b"\xff", b"\xc3", b"\x84", b"\xe5", b"\xef\xbf"),
    *(b"9", b"-", b".", b"0.", b"1e9", b" 000", b"#", b"# ", b"x", b"x ", b"1 x ", b"\xa0"),
    *(b"\n{\n", b"\n}\n", b"\n#VER A 1 20240305\n", b"\n#VER A 1 20240305 {\n", b"\n#KSUMMA\n"),
    *(b"\n#TRANS 1930 {} 1.00\n", b"\n#RTRANS 1930 {} 1.00\n", b"\n#KONTO 1930 x\n", b"\n#RAR 0\n"),
)


def made_up(*, checksum: bool) -> bytes:
    """A small year of a company that nobody has."""
    file = BytesIO()
    generate(seed=11, years=1, vouchers_per_year=25).write(0, file, checksum=checksum)
    return file.getvalue()


@dataclass(frozen=True)
class Step:
    """One thing that goes wrong: where it begins and ends, in thousandths, and which or how often.

    A failing example shows its steps, and can be made again from them.
    """

    kind: str
    start: int
    end: int
    number: int

    def apply(self, content: bytes) -> bytes:
        start, end = sorted(len(content) * share // _SHARES for share in (self.start, self.end))
        return KINDS[self.kind](content, start, end, self.number)[:MUTANT_BYTES_MAX]


def _cut(content: bytes, start: int, end: int, number: int) -> bytes:
    return content[:end] if number % 2 else content[start:]


def _take_out(content: bytes, start: int, end: int, number: int) -> bytes:
    return content[:start] + content[end if number % 2 else start + number % 64 :]


def _swap_bytes(content: bytes, start: int, end: int, number: int) -> bytes:
    length = min(1 + number % 16, end - start)
    first, second = content[start : start + length], content[end : end + length]
    return (
        content[:start] + second + content[start + length : end] + first + content[end + length :]
    )


def _swap_lines(content: bytes, start: int, end: int, number: int) -> bytes:
    lines = content.split(b"\n")
    first, second = (len(lines) * place // (len(content) + 1) for place in (start, end))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def _overwrite(content: bytes, start: int, end: int, number: int) -> bytes:
    piece = _PIECES[number % len(_PIECES)]
    return content[:start] + piece + content[start + len(piece) :]


def _insert(content: bytes, start: int, end: int, number: int) -> bytes:
    number, which = divmod(number, len(_PIECES))
    piece, times = _PIECES[which], (1, 7, 1_000, 20_000)[number % 4]
    return content[:start] + piece * times + content[start:]


def _lengthen(content: bytes, start: int, end: int, number: int) -> bytes:
    """A line that does not end: its text for a megabyte."""
    line = content[start:end].replace(b"\r", b"").replace(b"\n", b" ")[:5_000] or b"x"
    return content[:start] + line * (MEGABYTE // len(line)) + content[start:]


def _repeat(content: bytes, start: int, end: int, number: int) -> bytes:
    times = min(2 + number % 40, 1 + MEGABYTE // (end - start + 1))
    return content[:start] + content[start:end] * times + content[end:]


def _end_lines_otherwise(content: bytes, start: int, end: int, number: int) -> bytes:
    line_end = _LINE_ENDS[number % len(_LINE_ENDS)]
    return content[:start] + content[start:end].replace(b"\r\n", line_end) + content[end:]


def _encode_otherwise(content: bytes, start: int, end: int, number: int) -> bytes:
    encoding = _ENCODINGS[number % len(_ENCODINGS)]
    changed = content[start:end].decode("cp437").encode(encoding, "replace")
    return content[:start] + changed + content[end:]


def _grow_numbers(content: bytes, start: int, end: int, number: int) -> bytes:
    digits = b"9" * (1, 9, 16, 17, 65, 5_000)[number % 6]
    return (
        content[:start] + re.sub(rb"[0-9]+", digits, content[start:end], count=20) + content[end:]
    )


KINDS: dict[str, Callable[[bytes, int, int, int], bytes]] = {
    "cut": _cut,
    "take out": _take_out,
    "swap bytes": _swap_bytes,
    "swap lines": _swap_lines,
    "overwrite": _overwrite,
    "insert": _insert,
    "lengthen": _lengthen,
    "repeat": _repeat,
    "end lines otherwise": _end_lines_otherwise,
    "encode otherwise": _encode_otherwise,
    "grow numbers": _grow_numbers,
}


def _file(*lines: bytes) -> bytes:
    ends = (line.encode() for line in VOUCHER)
    return b"\n".join((*(line.encode() for line in HEAD), *lines, *ends, b""))


def _voucher(*rows: bytes) -> bytes:
    return _file(b"#VER B 1 20240305", b"{", *rows, b"}")


def _long_line(before: bytes, piece: bytes, *, megabytes: int = 1) -> bytes:
    return _voucher(before + piece * (megabytes * MEGABYTE // len(piece)) + b"x")


def _vouchers(series: Callable[[int], bytes], number: Callable[[int], int], count: int) -> bytes:
    rows = b"{\n#TRANS 1930 {} 1.00\n#TRANS 3001 {} -1.00\n}"
    return _file(
        *(b"#VER %b %d 20240305\n%b" % (series(at), number(at), rows) for at in range(count))
    )


def _rows(row: bytes, count: int) -> bytes:
    return _voucher(*(row % (-1 if at % 2 else 1) for at in range(count)))


def _objects(pairs: bytes) -> bytes:
    return _voucher(b"#TRANS 1930 {" + pairs + b"} 1.00", b"#TRANS 3001 {} -1.00")


_ROW_STARTS = {
    "label": b"#TRANS ",
    "account": b'#TRANS "19',
    "objects": b"#TRANS 1930 {1 ",
    "amount": b"#TRANS 1930 {} ",
    "text": b'#TRANS 1930 {} 1.00 20240305 "',
}
SHAPES: dict[str, Callable[[], bytes]] = {
    **{
        f"a megabyte of {piece.decode()!r} after the {name} of a row": partial(
            _long_line, before, piece
        )
        for name, before in _ROW_STARTS.items()
        for piece in (b"{", b"} ", b'"', b"\\", b'\\" ')
    },
    **{
        f"two megabytes of {piece!r}": partial(_file, piece * (2 * MEGABYTE // len(piece)))
        for piece in (b"{", b"}", b'"', b"\\", b"\r", b"\n", b" \n", b"\t", b"\x00", b"\xff", b"#")
    },
    "one line of 20 megabytes": partial(
        _long_line, b"#TRANS 1930 {} 1.00 20240305 ", b"text ", megabytes=20
    ),
    "a name of a megabyte of backslashes": partial(_file, b'#KONTO 1940 "' + b"\\" * MEGABYTE),
    "blank lines after every line": lambda: made_up(checksum=False).replace(b"\r\n", b"\n" * 1_000),
    "many codes of one account": lambda: _file(*(b"#SRU 1930 %d" % at for at in range(50_000))),
    "many vouchers without rows": lambda: _file(*[b"#VER A 1 20240305"] * 10_000),
    "many vouchers that never close": lambda: _file(*[b"#VER A 1 20240305\n{"] * 20_000),
    "vouchers in falling order": partial(_vouchers, lambda _: b"A", lambda at: 30_000 - at, 30_000),
    "vouchers of one number": partial(_vouchers, lambda _: b"A", lambda _: 1, 10_000),
    "as many series as vouchers": partial(_vouchers, lambda at: b"S%d" % at, lambda _: 1, 30_000),
    "a voucher of 100,000 rows": partial(_rows, b"#TRANS 1930 {} %d.00", 100_000),
    "a voucher of 50,000 rows that were added": partial(_rows, b"#RTRANS 1930 {} %d.00", 50_000),
    "thousands of dimensions": lambda: _objects(b" ".join(b"%d x" % at for at in range(50_000))),
    "one dimension thousands of times": lambda: _objects(b"1 x " * 50_000),
    "thousands of nameless dimensions": lambda: _objects(b'"" x ' * 4_000),
    "thousands of groups of thousands": lambda: _rows(b"#TRANS 1930 {} %d" + b" 000" * 4_000, 1),
    "an amount of a million digits": lambda: _rows(b"#TRANS 1930 {} %d" + b"9" * MEGABYTE, 1),
    "an amount of a million decimals": lambda: _rows(b"#TRANS 1930 {} %d." + b"0" * MEGABYTE, 2),
    "a year of a million digits": lambda: _file(b"#RAR " + b"9" * MEGABYTE + b" 20240101 20241231"),
    "an unclosed quote before its checksum": lambda: _file(
        b"#KSUMMA", b'"x ' * MEGABYTE, b"#KSUMMA 1"
    ),
}

"""A window over a text that may not fit into memory."""

from io import BytesIO

import pytest

from connectors.sie.lines import LINE_CHARACTERS_MAX, LineWindow
from tests.connectors.sie.builders import VOUCHER, a_file, a_voucher_of, only_set_aside


def _lines(content: bytes, chunk_bytes: int = 4_096) -> list[tuple[int, str]]:
    window = LineWindow(BytesIO(content), "ascii", chunk_bytes=chunk_bytes)
    lines = []
    while window.fill():
        lines.append((window.line, window.peek() or ""))
        window.advance()
    return lines


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 4_096])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_line_end_ends_a_line(chunk_bytes: int, end: bytes, last: bool) -> None:
    content = end.join((b"one", b"two", b"three\x85\x0b\x1c")) + (end if last else b"")

    lines = _lines(content, chunk_bytes)

    assert [(line, text[:5]) for line, text in lines] == [(1, "one"), (2, "two"), (3, "three")]


def test_blank_lines_are_counted_and_passed_over() -> None:
    content = b"\n \t\r\n\none\r\r \n  two\n \n\n "

    assert _lines(content) == [(4, "one"), (7, "  two")]


def test_an_empty_file_has_no_lines() -> None:
    assert _lines(b"") == _lines(b"\x1a") == []


@pytest.mark.parametrize("chunk_bytes", [100_000, 512 * 1024])
def test_an_endless_line_is_cut_and_its_voucher_set_aside(chunk_bytes: int) -> None:
    row = "#TRANS 1930 {} 125.00" + " " * 3 * LINE_CHARACTERS_MAX
    file = a_file(*a_voucher_of(row, "#TRANS 3001 {} -125.00"), chunk_bytes=chunk_bytes)
    assert only_set_aside(file).reason == "outside_limits"

    again = a_file(*a_voucher_of(row), *VOUCHER, chunk_bytes=chunk_bytes)
    assert again.judge().vouchers == 1

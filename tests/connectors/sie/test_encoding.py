"""The encoding is told from all bytes, however they come."""

from io import BytesIO

import pytest

from connectors.sie.encoding import Encoding, decoder, scan


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"plain", "ascii"),
        ("Räksmörgås".encode("cp437"), "cp437"),
        ("Räksmörgås".encode("windows-1252"), "windows-1252"),
        ("Räksmörgås".encode(), "utf-8"),
        (b"\xef\xbb\xbfplain", "utf-8"),
        ("åäö".encode("cp437") + "å".encode("windows-1252"), "cp437"),
        ("å".encode("cp437") + "åäö".encode("windows-1252"), "windows-1252"),
        (b"\xb3\xb3", "cp437"),  # No letter of either: a box of code page 437.
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1, 2, 1_024])
def test_the_encoding_is_told_by_the_bytes(content: bytes, told: str, chunk_bytes: int) -> None:
    assert scan(BytesIO(content), chunk_bytes=chunk_bytes).encoding == told


def test_the_first_letter_may_stand_in_the_last_line() -> None:
    content = b"#VER A 1 20240305\r\n" * 100_000 + "Ö".encode("cp437")

    assert scan(BytesIO(content)).encoding == "cp437"


@pytest.mark.parametrize("text", ["Räksmörgås", "ÄPPLE", "kö"])
def test_a_letter_that_was_cut_in_two_leaves_a_text_utf_8(text: str) -> None:
    """Programs cut long texts by bytes."""
    found = scan(BytesIO(text.encode() + b" " + "å".encode()[:-1] + b" " + text.encode()))

    assert (found.encoding, found.valid) == ("utf-8", False)


@pytest.mark.parametrize("encoding", ["cp437", "windows-1252"])
def test_every_byte_can_be_read(encoding: Encoding) -> None:
    text = decoder(encoding).decode(bytes(range(256)), final=True)

    assert len(set(text)) == 256


def test_windows_1252_is_read_as_such() -> None:
    assert decoder("windows-1252").decode(b"\x80\xe5\x94") == "€å”"

"""Why a file is one that no company can take, with a sentence for people."""

from typing import Literal

from schemas.errors import UploadRefused

RefusalCode = Literal[
    "not_sie",
    "sie5_not_supported",
    "cut_off",
    "checksum_mismatch",
    "fiscal_year_missing",
    "fiscal_year_too_long",
    "type_not_supported",
]
SENTENCES: dict[RefusalCode, str] = {
    "not_sie": "{name} is no SIE file: {detail}.",
    "sie5_not_supported": "{name} is an SIE 5 file (XML), and only SIE 4 can be read.",
    "cut_off": "{name} was cut off: {detail}.",
    "checksum_mismatch": "The checksum of {name} (#KSUMMA) does not match what the file holds.",
    "fiscal_year_missing": "{name} does not say which fiscal year it is about (#RAR 0).",
    "fiscal_year_too_long": "{name} is about a fiscal year of more than 18 months ({detail}): "
    "it would replace every year that it overlaps.",
    "type_not_supported": "{name} is of SIE type {detail}; only type 4E can be taken.",
}


def refused(code: RefusalCode, *, name: str, detail: str = "") -> UploadRefused:
    """The refusal of a file."""
    return UploadRefused(code, SENTENCES[code].format(name=name, detail=detail))


def sniff(head: bytes, *, name: str) -> UploadRefused | None:
    """What the first bytes of a file tell, if they tell that it is no SIE 4 file."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1a")
    if not text:
        return refused("not_sie", name=name, detail="it is empty")
    # UTF-16 has a zero byte beside each ASCII character.
    markup = text.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\x00", b"").lower()
    if not markup.lstrip().startswith(b"<"):
        return None
    if b"sie.se/sie5" in markup or b"<sie" in markup:
        return refused("sie5_not_supported", name=name)
    kind = "HTML" if b"<html" in markup or b"<!doctype html" in markup else "XML"
    return refused("not_sie", name=name, detail=f"it is {kind}")

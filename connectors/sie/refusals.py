"""Why a file is one that no company can take, with a sentence for people."""

from typing import Literal, NamedTuple

from schemas.errors import UploadRefused

RefusalCode = Literal[
    "not_sie",
    "sie5_not_supported",
    "cut_off",
    "contradicts_itself",
    "checksum_mismatch",
    "fiscal_year_missing",
    "fiscal_year_too_long",
    "fiscal_year_overlaps",
    "too_many_years",
    "type_not_supported",
]


class Sentence(NamedTuple):
    sv: str
    en: str


SENTENCES: dict[RefusalCode, Sentence] = {
    "not_sie": Sentence(
        "{name} är ingen SIE-fil: {detail.sv}.", "{name} is no SIE file: {detail.en}."
    ),
    "sie5_not_supported": Sentence(
        "{name} är en SIE 5-fil (XML); bara typ 1 till 4 kan läsas.",
        "{name} is an SIE 5 file (XML); only types 1 to 4 can be read.",
    ),
    "cut_off": Sentence("{name} är avhuggen: {detail.sv}.", "{name} was cut off: {detail.en}."),
    "contradicts_itself": Sentence(
        "{name} har flera olika {detail.sv}: den är kanske två filer i en. Exportera varje år för"
        " sig.",
        "{name} has several different {detail.en}: it may be two files in one. Export each year"
        " by itself.",
    ),
    "checksum_mismatch": Sentence(
        "Kontrollsumman i {name} (#KSUMMA) stämmer inte med innehållet.",
        "The checksum of {name} (#KSUMMA) does not match what the file holds.",
    ),
    "fiscal_year_missing": Sentence(
        "{name} säger inte vilket räkenskapsår den gäller (#RAR 0).",
        "{name} does not say which fiscal year it is about (#RAR 0).",
    ),
    "fiscal_year_too_long": Sentence(
        "{name} gäller ett räkenskapsår på mer än 18 månader ({detail.sv}): det skulle ersätta"
        " alla år som det överlappar.",
        "{name} is about a fiscal year of more than 18 months ({detail.en}): it would replace"
        " every year that it overlaps.",
    ),
    "fiscal_year_overlaps": Sentence(
        "{name} har saldon för ett räkenskapsår som inte är något av företagets: {detail.sv}."
        " Bara en fil med verifikationer (4E) kan ersätta ett år.",
        "{name} has balances of a fiscal year that is none of the company's: {detail.en}."
        " Only a file with vouchers (4E) can replace a year.",
    ),
    "too_many_years": Sentence(
        "{name} har verifikationer i fler än {detail.sv} räkenskapsår: är datumen rätt?",
        "{name} has vouchers of more than {detail.en} fiscal years: are the dates right?",
    ),
    "type_not_supported": Sentence(
        "{name} anger en SIE-typ som inte finns (#SIETYP).",
        "{name} names an SIE type that there is not (#SIETYP).",
    ),
}
_NO_DETAIL = Sentence("", "")


def refused(code: RefusalCode, *, name: str, detail: Sentence = _NO_DETAIL) -> UploadRefused:
    """The refusal of a file."""
    text = SENTENCES[code]
    facts = {"name": name, "detail": detail}
    return UploadRefused(code, sv=text.sv.format_map(facts), en=text.en.format_map(facts))


def sniff(head: bytes, *, name: str) -> UploadRefused | None:
    """What the first bytes of a file tell, if they tell that it is no SIE 4 file."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1a")
    if not text:
        return refused("not_sie", name=name, detail=Sentence("den är tom", "it is empty"))
    # UTF-16 has a zero byte beside each ASCII character.
    markup = text.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\x00", b"").lower()
    if not markup.lstrip().startswith(b"<"):
        return None
    if b"sie.se/sie5" in markup or b"<sie" in markup:
        return refused("sie5_not_supported", name=name)
    kind = "HTML" if b"<html" in markup or b"<!doctype html" in markup else "XML"
    return refused("not_sie", name=name, detail=Sentence(f"den är {kind}", f"it is {kind}"))

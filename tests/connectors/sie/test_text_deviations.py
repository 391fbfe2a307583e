"""The deviations of letters, quotes and fields; test_deviations says which test shows which."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.sie.file import SieFile
from tests.connectors.sie.builders import (
    HEAD,
    VOUCHER,
    a_file,
    a_voucher_of,
    codes,
    of_bytes,
    only_voucher,
)

BALANCING = "#TRANS 3001 {} -125.00"
SWEDISH = "Årets bröd, kaffe på kö"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_under_format_pc8_is_told_by_its_bytes(encoding: str) -> None:
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{SWEDISH}"'), encoding=encoding)

    assert file.judge().encoding == "utf-8"
    assert only_voucher(file).text == SWEDISH
    assert not codes(file)


@pytest.mark.parametrize("encoding", ["windows-1252", "latin-1"])
def test_a_windows_code_page_under_format_pc8_is_told_by_its_bytes(encoding: str) -> None:
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{SWEDISH}"'), encoding=encoding)

    assert file.judge().encoding == "windows-1252"
    assert only_voucher(file).text == SWEDISH
    assert not codes(file)


def test_code_page_437_is_what_format_pc8_says() -> None:
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{SWEDISH}"'), encoding="cp437")

    assert file.judge().encoding == "cp437"
    assert only_voucher(file).text == SWEDISH


def _mixed(*lines: str) -> SieFile:
    """A file in code page 437 where each Å in the last letters of a code is Latin-1."""
    content = "\r\n".join((*HEAD, *lines, "")).encode("cp437")
    return of_bytes(content.replace("K-Å".encode("cp437"), "K-Å".encode("latin-1")))


def test_a_windows_path_in_another_code_page_changes_no_letter_elsewhere() -> None:
    file = _mixed("#FNR C:\\BOK-Å", '#VER A 1 20240305 "Räksmörgås på Å"', "{", "}")

    assert file.judge().encoding == "cp437"
    assert only_voucher(file).text == "Räksmörgås på Å"


def test_an_object_code_in_another_code_page_is_one_key_everywhere() -> None:
    file = _mixed(
        '#OBJEKT 1 "K-Å" "Kök på Åland"',
        "#OIB 0 1930 {1 K-Å} 10.00",
        "#PSALDO 0 202403 1930 {1 K-Å} 125.00",
        *a_voucher_of("#TRANS 1930 {1 K-Å} 125.00", BALANCING, ver="#VER A 1 20240305 Köpt"),
    )
    header, voucher = file.header(), only_voucher(file)

    (declared,) = header.objects
    assert declared.name == "Kök på Åland"
    assert voucher.postings[0].objects == {"1": declared.object}
    assert header.period_balances[0].object == declared.object
    assert [row.object for row in header.opening_balances if row.dimension] == [declared.object]


def test_a_text_that_was_cut_inside_a_letter_leaves_the_file_utf_8() -> None:
    rows = a_voucher_of(ver=f'#VER A 1 20240305 "{SWEDISH} cut h_"')
    content = "\r\n".join((*HEAD, *rows, "")).encode("utf-8").replace(b"h_", "ä".encode()[:1])
    file = of_bytes(content)

    assert file.judge().encoding == "utf-8"
    assert only_voucher(file).text == f"{SWEDISH} cut \ufffd"
    assert file.judge().remark_counts == {"text_damaged": 1}


def test_no_byte_above_127_is_ascii() -> None:
    assert a_file(*VOUCHER).judge().encoding == "ascii"


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("L\ufffdn till f\ufffdretaget", 2),
        ("LÃ¶n till fÃ¶retaget pÃ¥ Ã–n", 4),
        ("L”n f”r mars", 2),
        ("™vrigt kr„ver †terk”p", 4),
        ("BJ™RK i V„stra \u008fsen", 3),
    ],
)
def test_letters_that_were_damaged_before_are_kept_and_counted(text: str, letters: int) -> None:
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{text}"'), encoding="utf-8")

    assert only_voucher(file).text == text
    (remark,) = (shown for shown in file.judge().remarks if shown.code == "text_damaged")
    assert dict(remark.facts) == {"count": str(letters)}


@pytest.mark.parametrize("text", ["”Lön” och „hyra”", "Šiška Ž.", "Bröd™ – † 2023", "Ã la carte"])
def test_rare_signs_in_their_place_are_not_damaged(text: str) -> None:
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{text}"'), encoding="utf-8")

    assert not codes(file)


def test_a_quote_where_a_letter_was_is_text() -> None:
    file = a_file(*a_voucher_of(ver='#VER A 1 20240305 "F"rskott till Lind" Park" 20240306'))

    assert only_voucher(file).text == 'F"rskott till Lind'
    assert "quote_inside" in codes(file)


def test_a_quote_inside_a_word_is_text() -> None:
    file = a_file(*a_voucher_of(ver='#VER A 1 20240305 "F"rskott till Lind"s Park" 20240306'))

    assert only_voucher(file).text == 'F"rskott till Lind"s Park'
    assert only_voucher(file).registered_on == date(2024, 3, 6)


def test_a_quote_before_the_brace_of_an_object_list_closes() -> None:
    file = a_file(*a_voucher_of('#TRANS 1930 {1 "a"b"} 125.00', BALANCING))

    assert only_voucher(file).postings[0].objects == {"1": 'a"b'}
    assert codes(file) == {"quote_inside"}


def test_a_quote_never_closed_ends_with_its_line() -> None:
    row = '#TRANS 1930 {} 125.00 20240305 "A long text that was cu'
    file = a_file('#KONTO 1940 "A long name that was cu', *a_voucher_of(row, BALANCING))

    assert only_voucher(file).postings[0].text == "A long text that was cu"
    assert file.header().accounts[-1].name == "A long name that was cu"
    assert file.judge().remark_counts == {"quote_unclosed": 2}


@pytest.mark.parametrize(
    "line",
    [
        "#FNAMN Bageriet på hörnet AB",
        "#KONTO 1940 Bank of  Bread",
        "#PROSA Written for the auditor",
        "#DIM 20 Sales region",
        "#OBJEKT 1 10 Northern Sweden",
    ],
)
def test_a_name_without_quotes_is_joined(line: str) -> None:
    file = a_file(*VOUCHER, head=(line, *HEAD))

    judgement, header = file.judge(), file.header()
    assert judgement.remark_counts == {"name_unquoted": 1}
    (remark,) = judgement.remarks
    assert (remark.line, dict(remark.facts)) == (1, {"label": line.split()[0]})
    names = {
        judgement.company_name,
        header.accounts[0].name,
        *(dimension.name for dimension in header.dimensions),
        *(counted.name for counted in header.objects),
    }
    joined = {"Bageriet på hörnet AB", "Bank of Bread", "Sales region", "Northern Sweden"}
    assert len(names & joined) == (0 if line.startswith("#PROSA") else 1)


def test_tabs_columns_and_several_blanks_are_normal() -> None:
    file = a_file(
        "#KONTO\t1940\t\t\tBank",
        "\t#KTYP    1940       T",
        *a_voucher_of("#TRANS\t1930\t{ }   125.00", "  #TRANS  3001  {}\t-125.00 \t"),
    )

    assert len(only_voucher(file).postings) == 2
    assert (file.header().accounts[-1].name, file.header().accounts[-1].type) == ("Bank", "asset")
    assert not codes(file)


def test_quoted_numbers_and_codes_are_as_unquoted() -> None:
    row = '#TRANS "1930" {"1" "10"} "125.00" "20240306" "" "2"'
    file = a_file(
        '#FORMAT "PC8"',
        '#KTYP "1930" "T"',
        '#UB "0" "1930" "225.00"',
        "#RES 0 3001 -125.00",
        *a_voucher_of(row, BALANCING, ver='#VER "A" "1" "20240305"'),
    )

    voucher = only_voucher(file)
    assert (voucher.series, voucher.number, voucher.voucher_date) == ("A", "1", date(2024, 3, 5))
    assert voucher.postings[0].objects == {"1": "10"}
    assert voucher.postings[0].quantity == 2
    assert voucher.postings[0].posting_date == date(2024, 3, 6)
    assert file.header().accounts[0].type == "asset"
    assert file.header().control_totals[0].amount == Decimal("225.00")
    assert not codes(file)


def test_control_characters_in_a_text_are_kept_and_split_no_record() -> None:
    file = a_file(
        *a_voucher_of(ver='#VER A 1 20240305 "one\x0btwo\x1cthree\x85four"'), encoding="latin-1"
    )

    assert only_voucher(file).text.startswith("one\x0btwo\x1cthree")
    assert "control_characters" in codes(file)


def test_a_no_break_space_does_not_part_fields() -> None:
    file = a_file(*a_voucher_of(ver="#VER A 1 20240305 one\xa0two"))

    assert only_voucher(file).text == "one\xa0two"


def test_a_zero_character_is_replaced() -> None:
    file = a_file(*a_voucher_of(ver="#VER A 1 20240305 one\x00two"))

    assert only_voucher(file).text == "one\ufffdtwo"
    assert "characters_replaced" in codes(file)


def test_a_trailing_end_of_file_mark_is_no_text() -> None:
    content = "\r\n".join((*HEAD, *VOUCHER)).encode() + b"\x1a"

    assert only_voucher(of_bytes(content)).number == "1"
    assert not codes(of_bytes(content))


def test_labels_are_read_in_any_case() -> None:
    file = a_file("#ver A 1 20240305", "{", "#trans 1930 {} 125.00", "#Trans 3001 {} -125.00", "}")

    assert len(only_voucher(file).postings) == 2


def test_a_name_longer_than_we_keep_is_cut() -> None:
    file = a_file(f'#KONTO 1940 "{"x" * 5_000}"')

    assert len(file.header().accounts[-1].name) == 4_000
    assert codes(file) == {"text_cut"}

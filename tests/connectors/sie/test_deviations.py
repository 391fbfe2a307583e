"""The deviations that programs are known for, one test each (facts/sie.md, section 8)."""

import io
from datetime import date
from decimal import Decimal

import pytest

from connectors.sie.generator import generate
from connectors.sie.header import normalised_organisation_number
from schemas.errors import UploadRefused
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


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("windows-1252", "windows-1252"), ("cp437", "cp437")]
)
def test_other_bytes_under_format_pc8_are_told_by_themselves(encoding: str, told: str) -> None:
    file = a_file(
        *a_voucher_of(ver='#VER A 1 20240305 "Årets bröd, kaffe på kö"'), encoding=encoding
    )

    assert file.judge().encoding == told
    assert only_voucher(file).text == "Årets bröd, kaffe på kö"


def test_two_encodings_in_one_file_are_decided_by_majority() -> None:
    lines = "\r\n".join((*HEAD, '#VER A 1 20240305 "Räksmörgås på Å"', "{", "}", "")).encode(
        "cp437"
    )
    file = of_bytes(b"#FNR C:\\\xc5sa\r\n" + lines)

    assert file.judge().encoding == "cp437"
    assert only_voucher(file).text == "Räksmörgås på Å"


def test_no_byte_above_127_is_ascii() -> None:
    assert a_file(*VOUCHER).judge().encoding == "ascii"


def test_a_quote_where_a_letter_was_is_text() -> None:
    file = a_file(*a_voucher_of(ver='#VER A 1 20240305 "F"rskott till Lind" Park" 20240306'))

    assert only_voucher(file).text == 'F"rskott till Lind'
    assert "quote_inside" in codes(file)


def test_a_quote_inside_a_word_is_text() -> None:
    file = a_file(*a_voucher_of(ver='#VER A 1 20240305 "F"rskott till Lind"s Park" 20240306'))

    assert only_voucher(file).text == 'F"rskott till Lind"s Park'
    assert only_voucher(file).registered_on == date(2024, 3, 6)


def test_a_quote_never_closed_ends_with_its_line() -> None:
    row = '#TRANS 1930 {} 125.00 20240305 "A long text that was cu'
    file = a_file(*a_voucher_of(row, BALANCING))

    assert only_voucher(file).postings[0].text == "A long text that was cu"
    assert "quote_unclosed" in codes(file)


def test_a_name_without_quotes_is_joined() -> None:
    file = a_file(head=("#FNAMN Bageriet på hörnet AB", "#KONTO 1930 Bank of  Bread", *HEAD))

    assert file.judge().company_name == "Bageriet på hörnet AB"
    assert file.judge().warning_counts["name_unquoted"] == 2


def test_tabs_and_several_blanks_are_normal() -> None:
    file = a_file(*a_voucher_of("#TRANS\t1930\t{ }   125.00", "  #TRANS  3001  {}\t-125.00 \t"))

    assert len(only_voucher(file).postings) == 2
    assert not codes(file)


def test_a_budget_without_its_object_list_is_of_the_account() -> None:
    file = a_file("#PBUDGET 0 202401 3001 -1666.00", *VOUCHER)

    (budget,) = file.header().period_balances
    assert (budget.account, budget.amount, budget.dimension) == ("3001", Decimal("-1666.00"), "")
    assert "object_list_missing" in codes(file)


def test_quoted_numbers_and_codes_are_as_unquoted() -> None:
    row = '#TRANS "1930" {"1" "10"} "125.00" "20240306" "" "2"'
    file = a_file(*a_voucher_of(row, BALANCING, ver='#VER "A" "1" "20240305"'))

    voucher = only_voucher(file)
    assert (voucher.series, voucher.number, voucher.voucher_date) == ("A", "1", date(2024, 3, 5))
    assert voucher.postings[0].objects == {"1": "10"}
    assert voucher.postings[0].quantity == 2
    assert voucher.postings[0].posting_date == date(2024, 3, 6)


def test_a_year_before_without_dates_is_dropped() -> None:
    file = a_file(*VOUCHER, head=(*HEAD, "#RAR -1"))

    assert list(file.header().fiscal_years) == [0]
    assert "fiscal_year_unreadable" in codes(file)


@pytest.mark.parametrize("line", ['#SRU 1930 ""', "#SRU 1930", "#KTYP 1930", "#KTYP 1930 X"])
def test_an_empty_account_record_is_ignored(line: str) -> None:
    file = a_file(line)

    assert [(account.sru, account.type) for account in file.header().accounts] == [((), None)] * 2
    assert "record_ignored" in codes(file)


def test_a_code_of_an_undeclared_account_is_ignored() -> None:
    file = a_file("#SRU 9999 7201")

    assert {account.account for account in file.header().accounts} == {"1930", "3001"}
    assert "account_undeclared" in codes(file)


def test_lines_before_the_flag_and_text_without_a_label_are_skipped() -> None:
    file = a_file(*VOUCHER, head=("; a comment", *HEAD, "text without a label"))

    assert only_voucher(file).number == "1"
    assert file.judge().warning_counts["text_ignored"] == 2


def test_an_unknown_label_is_ignored_and_counted() -> None:
    file = a_file("#MOMSKOD 3001 05", "#MOMSKOD 3002 05", *VOUCHER)

    assert only_voucher(file).number == "1"
    assert file.judge().warning_counts == {"label_unknown": 2}


def test_a_name_longer_than_we_keep_is_cut() -> None:
    file = a_file(f'#KONTO 1940 "{"x" * 5_000}"')

    assert len(file.header().accounts[-1].name) == 4_000
    assert codes(file) == {"text_cut"}


def test_the_name_of_a_file_does_not_matter_where_its_content_tells() -> None:
    for name in ("a.se", "a.SE", "a.Se", "a.si", "a.SIE", "a.txt"):
        assert a_file(*VOUCHER, name=name).judge().sie_type == "4E"


@pytest.mark.parametrize(
    ("given", "normalised"),
    [
        ("556488-2362", "5564882362"),
        ("5564882362", "5564882362"),
        ("165564882362", "5564882362"),
        ("16556488-2362", "5564882362"),
        ("19640823-3234", "6408233234"),
        ("", None),
        ("000000-0000", None),
        ("556488-236", None),
    ],
)
def test_an_organisation_number_is_kept_as_given_and_compared_by_ten_digits(
    given: str, normalised: str | None
) -> None:
    judgement = a_file(head=(f"#ORGNR {given}", *HEAD)).judge()

    assert judgement.organisation_number == given
    assert normalised_organisation_number(given) == normalised


@pytest.mark.parametrize("text", ["L\ufffdn", "LÃ¶n till fÃ¶retaget", "L”n f”r mars"])
def test_text_that_was_damaged_before_is_kept_and_counted(text: str) -> None:
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{text}"'), encoding="utf-8")

    assert only_voucher(file).text == text
    assert "text_damaged" in codes(file)


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


def test_a_fiscal_year_that_would_swallow_others_is_refused() -> None:
    content = b"#FLAGGA 0\r\n#SIETYP 4\r\n#RAR 0 20220101 20521231\r\n#IB 0 1930 0.00\r\n"

    with pytest.raises(UploadRefused) as refusal:
        of_bytes(content).judge()

    assert refusal.value.code == "fiscal_year_too_long"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_file_without_a_checksum_that_was_cut_off_is_refused(share: float) -> None:
    file = io.BytesIO()
    generate(seed=3, years=1, vouchers_per_year=40).write(0, file, checksum=False)
    whole = file.getvalue()
    cut = whole[: int(len(whole) * share)].rstrip(b"\r\n")

    with pytest.raises(UploadRefused) as refusal:
        of_bytes(cut).judge()

    assert refusal.value.code in ("cut_off", "type_not_supported")
    assert of_bytes(whole.rstrip(b"\r\n")).judge().vouchers > 30

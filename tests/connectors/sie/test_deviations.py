"""The deviations that files are known for, row by row, and those of a file as a whole.

The rows are those of the facts about SIE, section 8, in their order.
"""

import io

import pytest

from connectors.sie.generator import generate
from schemas.errors import UploadRefused
from tests.connectors.sie import (
    test_header_deviations,
    test_text_deviations,
    test_voucher_deviations,
)
from tests.connectors.sie.builders import (
    HEAD,
    VOUCHER,
    a_file,
    a_voucher_of,
    of_bytes,
    only_voucher,
)

# What a file does, and the tests that show what becomes of it.
ROWS = {
    "UTF-8 though it says PC8": """
        test_utf_8_under_format_pc8_is_told_by_its_bytes
        test_a_text_that_was_cut_inside_a_letter_leaves_the_file_utf_8
    """,
    "Windows-1252 or Latin-1 though it says PC8": """
        test_a_windows_code_page_under_format_pc8_is_told_by_its_bytes
    """,
    "two encodings in one file": """
        test_a_windows_path_in_another_code_page_changes_no_letter_elsewhere
        test_an_object_code_in_another_code_page_is_one_key_everywhere
    """,
    "ASCII only": "test_no_byte_above_127_is_ascii",
    "letters lost, or encoded twice, at the source": """
        test_letters_that_were_damaged_before_are_kept_and_counted
        test_rare_signs_in_their_place_are_not_damaged
    """,
    "a quote in place of a letter": """
        test_a_quote_where_a_letter_was_is_text
        test_a_quote_inside_a_word_is_text
        test_a_quote_before_the_brace_of_an_object_list_closes
    """,
    "a quote that nothing closes": "test_a_quote_never_closed_ends_with_its_line",
    "a name of several words without quotes": "test_a_name_without_quotes_is_joined",
    "tabs, columns, runs of blanks": "test_tabs_columns_and_several_blanks_are_normal",
    "braces missing or in odd places": """
        test_a_missing_opening_brace_is_done_without
        test_a_missing_closing_brace_is_done_without
        test_a_brace_on_the_voucher_line_opens_it
        test_a_brace_on_the_line_of_a_row_closes_the_voucher
    """,
    "rows and periods without their object list": """
        test_a_row_without_its_object_list_has_no_objects
        test_a_period_without_its_object_list_is_of_the_account
    """,
    "amounts in other spellings": """
        test_an_amount_in_another_spelling_is_read
        test_an_amount_that_cannot_be_read_sets_its_voucher_aside
        test_a_balance_in_another_spelling_is_read
        test_a_balance_that_cannot_be_read_is_an_error_of_its_own
    """,
    "rows of zero": "test_zero_rows_are_kept_and_have_no_sign",
    "numbers and codes in quotes": "test_quoted_numbers_and_codes_are_as_unquoted",
    "#RAR 0 without dates": """
        test_a_year_without_dates_is_dropped
        test_a_year_without_dates_leaves_its_place_to_another
    """,
    "#ORGNR in many forms": """
        test_an_organisation_number_is_kept_as_given_and_compared_by_ten_digits
    """,
    "#ADRESS and #PROGRAM with fewer fields": """
        test_an_address_or_program_with_fewer_fields_is_accepted
    """,
    "account numbers of any length and letters": """
        test_an_account_is_text
        test_an_account_of_the_chart_is_text
        test_a_blank_account_of_the_chart_is_ignored
        test_a_booked_row_on_a_blank_account_sets_its_voucher_aside
    """,
    "#SRU, #KTYP and #TAXAR that say nothing": """
        test_an_empty_account_record_is_ignored
        test_a_code_of_an_undeclared_account_is_ignored
        test_a_tax_year_that_is_no_year_is_ignored
    """,
    "voucher dates missing, impossible or in ISO form": """
        test_a_voucher_date_in_iso_form_is_read
        test_a_missing_or_impossible_voucher_date_sets_it_aside_alone
    """,
    "numbers that are text, long series": "test_series_and_number_are_text",
    "the same number twice": "test_the_same_series_and_number_twice_are_two_vouchers",
    "a voucher that does not balance": """
        test_a_voucher_that_does_not_balance_is_neither_booked_nor_repaired
    """,
    "comments before #FLAGGA, text without a label": """
        test_lines_before_the_flag_and_text_without_a_label_are_skipped
    """,
    "an unknown label": "test_an_unknown_label_is_ignored_and_counted",
    "a row dated outside the year": "test_a_row_date_outside_the_year_is_kept",
    "a file that is something else than its name says": """
        test_an_empty_file_is_refused
        test_a_web_page_under_the_name_of_an_sie_file_is_refused
        test_sie_5_under_the_name_of_sie_4_is_refused_as_such
        test_sie_4_under_the_name_of_sie_5_is_read
    """,
    "extensions in capitals, or another one": "test_the_extension_does_not_matter",
}


def test_every_row_of_the_table_has_its_tests() -> None:
    tests = set(globals()).union(
        *map(vars, (test_text_deviations, test_header_deviations, test_voucher_deviations))
    )

    assert len(ROWS) == 28
    for row, names in ROWS.items():
        assert names.split(), row
        assert set(names.split()) <= tests, row


def test_lines_before_the_flag_and_text_without_a_label_are_skipped() -> None:
    file = a_file(*VOUCHER, head=("; a comment", *HEAD, "text without a label"))

    assert only_voucher(file).number == "1"
    assert file.judge().remark_counts == {"text_ignored": 2}


def test_an_unknown_label_is_ignored_and_counted() -> None:
    file = a_file("#MOMSKOD 3001 05", "#MOMSKOD 3002 05", *VOUCHER)

    assert only_voucher(file).number == "1"
    assert file.judge().remark_counts == {"label_unknown": 2}


def _refusal(content: bytes, name: str) -> str:
    with pytest.raises(UploadRefused) as refusal:
        of_bytes(content, name=name).judge()
    assert name in str(refusal.value)
    return refusal.value.code


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n", b"\x1a"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert _refusal(content, "empty.se") == "not_sie"


@pytest.mark.parametrize("name", ["login.se", "login.SI", "login.sie"])
def test_a_web_page_under_the_name_of_an_sie_file_is_refused(name: str) -> None:
    page = b"\r\n<!DOCTYPE html>\n<html><head><title>#FLAGGA 0</title></head></html>"

    assert _refusal(page, name) == "not_sie"


@pytest.mark.parametrize("root", ["Sie", "SieEntry"])
def test_sie_5_under_the_name_of_sie_4_is_refused_as_such(root: str) -> None:
    text = f'<?xml version="1.0"?>\n<{root} xmlns="http://www.sie.se/sie5"></{root}>'

    assert _refusal(text.encode(), "year.se") == "sie5_not_supported"
    assert _refusal(text.encode("utf-8-sig"), "year.sie") == "sie5_not_supported"


def test_sie_4_under_the_name_of_sie_5_is_read() -> None:
    assert a_file(*VOUCHER, name="year.sie").judge().vouchers == 1


@pytest.mark.parametrize("name", ["a.se", "a.SE", "a.Se", "a.si", "A.SI", "a.SIE", "a.txt", "a"])
def test_the_extension_does_not_matter(name: str) -> None:
    assert a_file(*a_voucher_of(), name=name).judge().sie_type == "4E"


def test_a_fiscal_year_that_would_swallow_others_is_refused() -> None:
    content = b"#FLAGGA 0\r\n#SIETYP 4\r\n#RAR 0 20220101 20521231\r\n#IB 0 1930 0.00\r\n"

    assert _refusal(content, "long.se") == "fiscal_year_too_long"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_file_without_a_checksum_that_was_cut_off_is_refused(share: float) -> None:
    file = io.BytesIO()
    generate(seed=3, years=1, vouchers_per_year=40).write(0, file, checksum=False)
    whole = file.getvalue()
    cut = whole[: int(len(whole) * share)].rstrip(b"\r\n")

    assert _refusal(cut, "cut.se") in ("cut_off", "type_not_supported")
    assert of_bytes(whole.rstrip(b"\r\n")).judge().vouchers > 30

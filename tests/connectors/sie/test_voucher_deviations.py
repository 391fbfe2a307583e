"""The deviations of vouchers and rows; test_deviations says which test shows which."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.sie.file import SieFile
from schemas.bookkeeping import SetAsideVoucher, Voucher
from tests.connectors.sie.builders import (
    VOUCHER,
    a_file,
    a_voucher_of,
    codes,
    only_set_aside,
    only_voucher,
)

BALANCING = "#TRANS 3001 {} -125.00"


def _rows_of_each(file: SieFile) -> list[int]:
    return [len(voucher.postings) for voucher in file.vouchers() if isinstance(voucher, Voucher)]


@pytest.mark.parametrize("instead", [("",), ()])
def test_a_missing_opening_brace_is_done_without(instead: tuple[str, ...]) -> None:
    rows = ("#TRANS 1930 {} 1.00", "#TRANS 3001 {} -1.00")
    for end in ("", "}"):
        file = a_file("#VER B 1 20240305 Text", *instead, *rows, end, *VOUCHER)

        assert _rows_of_each(file) == [2, 2]
        assert codes(file) == {"brace_missing"}


def test_a_missing_closing_brace_is_done_without() -> None:
    rows = ("#TRANS 1930 {} 1.00", "#TRANS 3001 {} -1.00")
    file = a_file("#VER B 1 20240305 Text", "{", *rows, *VOUCHER)
    before_a_balance = a_file("#VER B 1 20240305 Text", "{", *rows, "#UB 0 1930 100.00", *VOUCHER)

    assert _rows_of_each(file) == _rows_of_each(before_a_balance) == [2, 2]
    assert codes(file) == codes(before_a_balance) == {"brace_missing"}


def test_a_brace_on_the_voucher_line_opens_it() -> None:
    file = a_file("#VER A 1 20240305 Text {", "#TRANS 1930 {} 125.00", BALANCING, "}")

    assert len(only_voucher(file).postings) == 2
    assert "brace_misplaced" in codes(file)


def test_a_brace_on_the_line_of_a_row_closes_the_voucher() -> None:
    file = a_file(
        "#VER A 1 20240305 Text", "{", "#TRANS 1930 {} 125.00", BALANCING + " }", *VOUCHER
    )

    assert _rows_of_each(file) == [2, 2]
    assert "brace_misplaced" in codes(file)


def test_a_row_without_its_object_list_has_no_objects() -> None:
    file = a_file(*a_voucher_of("#TRANS 1930 125.00 20240306 Text", BALANCING))

    posting = only_voucher(file).postings[0]
    assert (posting.amount, posting.objects, posting.text) == (Decimal("125.00"), {}, "Text")
    assert "object_list_missing" in codes(file)


@pytest.mark.parametrize(
    ("written", "read", "warned"),
    [
        (".20", "0.20", False),
        ("2.", "2.00", False),
        ("7", "7.00", False),
        ("-7.5", "-7.50", False),
        ("007.00", "7.00", False),
        ("1.2500", "1.25", False),
        ("1,25", "1.25", True),
        ("+1.25", "1.25", True),
        ('"1 234.50"', "1234.50", True),
        ("1 234.50", "1234.50", True),
        ("1\xa0234.50", "1234.50", True),
        ("1'234.50", "1234.50", True),
        ("1 234 567,50", "1234567.50", True),
    ],
)
def test_an_amount_in_another_spelling_is_read(written: str, read: str, warned: bool) -> None:
    other = f"#TRANS 3001 {{}} {-Decimal(read)}"
    file = a_file(*a_voucher_of(f"#TRANS 1930 {{}} {written}", other))

    assert only_voucher(file).postings[0].amount == Decimal(read)
    assert ("amount_irregular" in codes(file)) is warned


@pytest.mark.parametrize("written", ["1.255", "12x", "", "1.2.3", "--1", "1e3", "NaN", "²"])
def test_an_amount_that_cannot_be_read_sets_its_voucher_aside(written: str) -> None:
    file = a_file(*a_voucher_of(f'#TRANS 1930 {{}} "{written}"', BALANCING))

    voucher = only_set_aside(file)
    assert voucher.reason == "amount"
    assert f'"{written}"' in voucher.source_text


def test_zero_rows_are_kept_and_have_no_sign() -> None:
    file = a_file(*a_voucher_of("#TRANS 1930 {} -0", "#TRANS 3001 {} 0", "#TRANS 3001 {} -0.00"))

    assert [str(posting.amount) for posting in only_voucher(file).postings] == ["0.00"] * 3


@pytest.mark.parametrize(
    "account", ["119", "0119", "19300", "193000", "01930000", "DIFF", "FEL", "11AF"]
)
def test_an_account_is_text(account: str) -> None:
    file = a_file(*a_voucher_of(f"#TRANS {account} {{}} 125.00", BALANCING))

    assert only_voucher(file).postings[0].account == account


def test_a_booked_row_on_a_blank_account_sets_its_voucher_aside() -> None:
    file = a_file(*a_voucher_of('#TRANS "" {} 125.00', BALANCING))

    assert only_set_aside(file).reason == "outside_limits"


def test_a_voucher_date_in_iso_form_is_read() -> None:
    file = a_file(*a_voucher_of(ver="#VER A 1 2024-03-05"))

    assert only_voucher(file).voucher_date == date(2024, 3, 5)
    assert "date_irregular" in codes(file)


@pytest.mark.parametrize(
    "ver", ["#VER A 1", '#VER A 1 ""', "#VER A 1 20240231 Text", "#VER A 1 Text"]
)
def test_a_missing_or_impossible_voucher_date_sets_it_aside_alone(ver: str) -> None:
    file = a_file(*a_voucher_of("#TRANS 1930 {} 1.00", ver=ver), *VOUCHER)

    aside, good = file.vouchers()
    assert isinstance(aside, SetAsideVoucher)
    assert (aside.reason, aside.number) == ("voucher_date", "1")
    assert isinstance(good, Voucher)


@pytest.mark.parametrize(
    ("series", "number"),
    [
        ("LEV1", "0"),
        ("Leverantörer", "12/B"),
        ("KUNDFAKTUROR-2024", "007"),
        ('"A B"', "F-1"),
        ('""', '""'),
    ],
)
def test_series_and_number_are_text(series: str, number: str) -> None:
    file = a_file(*a_voucher_of(ver=f"#VER {series} {number} 20240305"))

    voucher = only_voucher(file)
    assert (voucher.series, voucher.number) == (series.strip('"'), number.strip('"'))
    assert not codes(file)


def test_the_same_series_and_number_twice_are_two_vouchers() -> None:
    file = a_file(*VOUCHER, *VOUCHER, *VOUCHER)

    assert [voucher.occurrence for voucher in file.vouchers()] == [1, 2, 3]
    assert file.judge().remark_counts["number_twice"] == 2


@pytest.mark.parametrize("difference", ["0.01", "-0.01", "0.50", "2.00", "-2.00"])
def test_a_voucher_that_does_not_balance_is_neither_booked_nor_repaired(difference: str) -> None:
    amount = Decimal(difference) - Decimal("125.00")
    rows = ("#TRANS 1930 {} 125.00", f"#TRANS 3001 {{}} {amount}")
    file = a_file(*a_voucher_of(*rows, ver="#VER B 7 20240305"), *VOUCHER)

    aside, good = file.vouchers()
    assert isinstance(aside, SetAsideVoucher)
    assert isinstance(good, Voucher)
    assert (aside.reason, aside.difference) == ("unbalanced", Decimal(difference))
    (remark,) = file.judge().remarks
    assert remark.severity == "error"
    for sentence in (remark.message("sv"), remark.message("en")):
        assert "B 7" in sentence
        assert sentence.endswith(f" {difference}.")


def test_a_row_date_outside_the_year_is_kept() -> None:
    file = a_file(*a_voucher_of("#TRANS 1930 {} 125.00 20250115", BALANCING))

    assert only_voucher(file).postings[0].posting_date == date(2025, 1, 15)
    assert only_voucher(file).voucher_date == date(2024, 3, 5)
    assert codes(file) == {"date_outside_year"}


def test_a_voucher_date_outside_the_year_is_kept() -> None:
    file = a_file(*a_voucher_of(ver="#VER A 1 20250101"))

    assert only_voucher(file).fiscal_year == date(2024, 1, 1)
    assert codes(file) == {"date_outside_year"}


def test_fields_that_sie_does_not_know_are_ignored() -> None:
    row = '#TRANS 1930 {} 125.00 "" "" "" KS new newer'
    file = a_file(*a_voucher_of(row, BALANCING))

    assert only_voucher(file).postings[0].signature == "KS"
    assert codes(file) == {"fields_surplus"}

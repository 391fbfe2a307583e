"""Vouchers and their rows: what is booked, what is kept for audit, what is set aside."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.sie.file import SieFile
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.limits import SET_ASIDE_SOURCE_BYTES_MAX, VOUCHER_BYTES_MAX
from tests.connectors.sie.builders import (
    VOUCHER,
    a_file,
    a_voucher_of,
    codes,
    only_voucher,
)

DEBIT, CREDIT = "#TRANS 1930 {} 125.00", "#TRANS 3001 {} -125.00"
# Whole vouchers are taken at a stroke; in small pieces every line is read with care.
WAYS = pytest.mark.parametrize("chunk_bytes", [65_536, 7])


def _states(file: SieFile) -> list[tuple[str, str, str]]:
    return [
        (posting.account, str(posting.amount), posting.state)
        for posting in only_voucher(file).postings
    ]


@WAYS
def test_a_voucher_has_all_its_fields(chunk_bytes: int) -> None:
    row = '#TRANS 7010 {1 "456" 7 "47"} 125.00 20240306 "Row text" 2.5 LS'
    ver = '#VER A 567 20240305 "Kontant lön" 20240307 AN'
    voucher = only_voucher(a_file(*a_voucher_of(row, CREDIT, ver=ver), chunk_bytes=chunk_bytes))

    posting = voucher.postings[0]
    assert voucher.fiscal_year == date(2024, 1, 1)
    assert (voucher.series, voucher.number, voucher.occurrence) == ("A", "567", 1)
    assert (voucher.voucher_date, voucher.registered_on) == (date(2024, 3, 5), date(2024, 3, 7))
    assert (voucher.text, voucher.signature) == ("Kontant lön", "AN")
    assert (posting.account, posting.amount, posting.state) == ("7010", Decimal("125.00"), "booked")
    assert list(posting.objects.items()) == [("1", "456"), ("7", "47")]
    assert posting.posting_date == date(2024, 3, 6)
    assert (posting.text, posting.quantity, posting.signature) == ("Row text", Decimal("2.5"), "LS")


@WAYS
def test_a_row_date_that_is_the_vouchers_is_left_out(chunk_bytes: int) -> None:
    file = a_file(*a_voucher_of(DEBIT + " 20240305", CREDIT), chunk_bytes=chunk_bytes)

    assert only_voucher(file).postings[0].posting_date is None


@WAYS
def test_an_added_row_is_booked_once_with_the_sign_of_its_correction(chunk_bytes: int) -> None:
    rows = (
        '#RTRANS 1930 {} 125.00 20240401 "" "" KS',
        "#TRANS 1930 {} 125.00 20240305 Text",
        CREDIT,
    )
    voucher = only_voucher(a_file(*a_voucher_of(*rows), chunk_bytes=chunk_bytes))

    added, booked = voucher.postings
    assert (added.state, booked.state) == ("added", "booked")
    assert (added.posting_date, added.signature) == (date(2024, 4, 1), "KS")
    assert added.text == "Text"


@WAYS
@pytest.mark.parametrize(
    "following",
    [
        "#TRANS 1930 {} 125.01",
        "#TRANS 1931 {} 125.00",
        "#TRANS 1930 {1 10} 125.00",
        "#BTRANS 1930 {} 1",
    ],
)
def test_an_added_row_without_its_twin_is_not_booked(following: str, chunk_bytes: int) -> None:
    file = a_file(
        *a_voucher_of("#RTRANS 1930 {} 125.00", following, DEBIT, CREDIT), chunk_bytes=chunk_bytes
    )

    (voucher,) = file.vouchers()
    if isinstance(voucher, Voucher):
        assert {posting.state for posting in voucher.postings} == {"booked", "struck"}
    assert "added_row_alone" in codes(file)


@WAYS
def test_an_added_row_at_the_end_is_not_booked(chunk_bytes: int) -> None:
    file = a_file(*a_voucher_of(DEBIT, CREDIT, "#RTRANS 1930 {} 5.00"), chunk_bytes=chunk_bytes)

    assert len(only_voucher(file).postings) == 2
    assert file.judge().remark_counts == {"added_row_alone": 1}


@WAYS
def test_a_struck_row_is_kept_and_counts_nowhere(chunk_bytes: int) -> None:
    file = a_file(*a_voucher_of("#BTRANS 1931 {} 99.00", DEBIT, CREDIT), chunk_bytes=chunk_bytes)

    assert _states(file)[0] == ("1931", "99.00", "struck")
    assert file.judge().postings == 2


@WAYS
@pytest.mark.parametrize("rows", [(), ("#BTRANS 1930 {} 5.00", "#BTRANS 3001 {} -4.00")])
def test_an_annulled_voucher_keeps_its_number(rows: tuple[str, ...], chunk_bytes: int) -> None:
    file = a_file(*a_voucher_of(*rows), chunk_bytes=chunk_bytes)

    assert only_voucher(file).number == "1"
    assert (file.judge().vouchers, file.judge().postings) == (1, 0)


@WAYS
def test_a_dimension_twice_in_a_list_the_last_one_counts(chunk_bytes: int) -> None:
    file = a_file(*a_voucher_of("#TRANS 1930 {1 10 1 20} 125.00", CREDIT), chunk_bytes=chunk_bytes)

    assert only_voucher(file).postings[0].objects == {"1": "20"}
    assert "dimension_twice" in codes(file)


@pytest.mark.parametrize("quantity", ["1.1234567", "many", "1e3"])
def test_a_quantity_that_cannot_be_kept_is_left_out(quantity: str) -> None:
    file = a_file(*a_voucher_of(f'{DEBIT} "" "" {quantity}', CREDIT))

    assert only_voucher(file).postings[0].quantity is None
    assert "quantity_left_out" in codes(file)


@WAYS
def test_an_unbalanced_voucher_is_set_aside_with_its_own_text(chunk_bytes: int) -> None:
    lines = a_voucher_of(DEBIT, "#TRANS 3001 {} -124.50", ver='#VER B 7 20240305 "Lön"')
    file = a_file(*lines, *VOUCHER, chunk_bytes=chunk_bytes)

    aside, good = file.vouchers()
    assert isinstance(aside, SetAsideVoucher)
    assert isinstance(good, Voucher)
    assert (aside.series, aside.number, aside.reason) == ("B", "7", "unbalanced")
    assert aside.difference == Decimal("0.50")
    assert aside.source_text == "\n".join(lines)
    assert (file.judge().vouchers, file.judge().set_aside) == (1, 1)


def test_a_set_aside_voucher_takes_its_key() -> None:
    file = a_file(*a_voucher_of(DEBIT), *VOUCHER)

    aside, good = file.vouchers()
    assert (aside.occurrence, good.occurrence) == (1, 2)


def test_what_is_wrong_is_told_in_both_languages() -> None:
    warning = a_file(*a_voucher_of(DEBIT)).judge().remarks[0]

    assert (warning.severity, warning.line) == ("error", 11)
    assert warning.message("sv") == (
        "Verifikation A 1 lades åt sidan: debet och kredit skiljer 125.00."
    )
    assert warning.message("en") == "Voucher A 1 was set aside: debit and credit differ by 125.00."


@WAYS
@pytest.mark.parametrize(
    ("ver", "row"),
    [
        (f"#VER {'S' * 65} 1 20240305", DEBIT),
        (f"#VER A {'1' * 65} 20240305", DEBIT),
        (f"#VER A 1 20240305 {'t' * 4_001}", DEBIT),
        ("#VER A 1 20240305", f"#TRANS {'1' * 33} {{}} 125.00"),
        ("#VER A 1 20240305", f"#TRANS 1930 {{1 {'o' * 33}}} 125.00"),
        ("#VER A 1 20240305", f"#TRANS 1930 {{}} 125.00 20240305 {'t' * 4_001}"),
        ("#VER A 1 20240305", "#TRANS 1930 {} 12345678901234567.00"),
    ],
)
def test_what_lies_outside_the_limits_is_set_aside(ver: str, row: str, chunk_bytes: int) -> None:
    file = a_file(*a_voucher_of(row, CREDIT, ver=ver), *VOUCHER, chunk_bytes=chunk_bytes)

    aside, good = file.vouchers()
    assert isinstance(aside, SetAsideVoucher)
    assert aside.reason == "outside_limits"
    assert aside.detail
    assert isinstance(good, Voucher)


def test_a_voucher_at_the_limits_is_booked() -> None:
    row = f"#TRANS {'1' * 32} {{{'1' * 32} {'o' * 32}}} 9999999999999999.99"
    ver = f"#VER {'S' * 64} {'1' * 64} 20240305 {'t' * 4_000}"

    file = a_file(*a_voucher_of(row, "#TRANS 3001 {} -9999999999999999.99", ver=ver))

    assert only_voucher(file).number == "1" * 64


def test_a_voucher_too_large_for_a_message_is_set_aside() -> None:
    row = f'#TRANS 1930 {{}} 0.00 20240305 "{"x" * 3_900}"'
    file = a_file(*a_voucher_of(*[row] * (VOUCHER_BYTES_MAX // 3_900)), *VOUCHER)

    aside, good = file.vouchers()
    assert isinstance(aside, SetAsideVoucher)
    assert aside.reason == "too_large"
    assert len(aside.source_text.encode()) > SET_ASIDE_SOURCE_BYTES_MAX - 4
    assert len(aside.source_text.encode()) <= SET_ASIDE_SOURCE_BYTES_MAX
    assert isinstance(good, Voucher)


def test_a_large_voucher_is_booked() -> None:
    rows = [DEBIT, CREDIT] * 20_000

    assert len(only_voucher(a_file(*a_voucher_of(*rows))).postings) == 40_000


def test_a_row_outside_a_voucher_is_not_booked() -> None:
    file = a_file(*VOUCHER, DEBIT)

    assert file.judge().remark_counts == {"row_outside_voucher": 1}

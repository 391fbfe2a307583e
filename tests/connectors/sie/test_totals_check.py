"""A file's own totals against its balances and vouchers."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.sie.totals_check import differences, sums_up_to
from tests.connectors.sie.builders import HEAD, VOUCHER, a_file, a_voucher_of

AGREEING = ("#UB 0 1930 225.00", "#RES 0 3001 -125.00")


def _differing(*lines: str) -> list[tuple[str, str, str]]:
    judgement = a_file(*lines).judge()
    return [(one.account, str(one.expected), str(one.actual)) for one in judgement.differences]


def test_totals_that_are_what_balances_and_vouchers_give_agree() -> None:
    judgement = a_file(*AGREEING, *VOUCHER).judge()

    assert judgement.totals_agree is True
    assert judgement.differences == ()


def test_a_file_without_totals_has_nothing_to_compare() -> None:
    assert a_file(*VOUCHER).judge().totals_agree is None


def test_what_differs_is_told_by_account() -> None:
    assert _differing("#UB 0 1930 200.00", AGREEING[1], *VOUCHER) == [("1930", "200.00", "225.00")]


def test_a_total_that_is_not_stated_is_zero() -> None:
    assert _differing(AGREEING[0], *VOUCHER) == [("3001", "0.00", "-125.00")]


@pytest.mark.parametrize(
    ("chart", "expected"),
    [(("#KTYP 3001 S",), "closing"), (("#KTYP 3001 K",), "result"), ((), "result")],
)
def test_the_type_of_an_account_goes_before_its_number(
    chart: tuple[str, ...], expected: str
) -> None:
    (difference,) = a_file(*chart, AGREEING[0], *VOUCHER).judge().differences

    assert (difference.account, difference.kind) == ("3001", expected)


def test_struck_rows_and_vouchers_that_are_set_aside_move_nothing() -> None:
    struck = a_voucher_of("#BTRANS 1930 {} 5.00", ver="#VER A 2 20240306")
    unbalanced = a_voucher_of("#TRANS 1930 {} 5.00", ver="#VER A 3 20240306")

    assert _differing(*AGREEING, *VOUCHER, *struck, *unbalanced) == []


def test_totals_up_to_a_day_are_compared_up_to_that_day() -> None:
    later = a_voucher_of("#TRANS 1930 {} 5.00", "#TRANS 3001 {} -5.0", ver="#VER A 2 20240401")
    careful = a_voucher_of("#TRANS 1930 {} 5,00", "#TRANS 3001 {} -5", ver="#VER A 3 20240402")

    assert _differing("#OMFATTN 20240331", *AGREEING, *VOUCHER, *later, *careful) == []
    assert _differing("#OMFATTN 20240401", *AGREEING, *VOUCHER, *later) != []


@pytest.mark.parametrize("day", ["20231231", "20241231", "19700101", "20250101"])
def test_a_day_outside_the_year_or_at_its_end_is_the_whole_year(day: str) -> None:
    header = a_file(f"#OMFATTN {day}").header()

    assert sums_up_to(header) is None


def test_a_day_inside_the_year_counts() -> None:
    assert sums_up_to(a_file("#OMFATTN 20240630").header()) == date(2024, 6, 30)


def test_an_opening_balance_alone_is_a_closing_balance() -> None:
    header = a_file("#UB 0 2081 -100.00", head=(*HEAD, "#IB 0 2081 -100.00")).header()

    (missing,) = differences(header, {})
    assert (missing.account, missing.expected, missing.actual, missing.stated) == (
        "1930",
        Decimal("0.00"),
        Decimal("100.00"),
        False,
    )

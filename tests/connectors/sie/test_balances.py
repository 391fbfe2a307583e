"""The balances of a file: of objects, of other years, and of what its type has."""

from datetime import date
from decimal import Decimal

import pytest

from schemas.bookkeeping import Balance, ControlTotal, ObjectTotal, PeriodBalance
from tests.connectors.sie.headers import header_of

OBJECT_ROWS = (
    "#PSALDO 0 202401 3001 {} -30.00",
    '#PSALDO 0 202401 3001 {1 "10"} -10.00',
    '#PSALDO 0 202402 3001 {1 "20"} -20.00',
    '#PBUDGET 0 202401 3001 {1 "20"} -20.00',
)


def test_a_closing_balance_of_an_object_is_a_total_of_its_own() -> None:
    header, diagnostics = header_of(
        "#IB 0 1210 20.00", "#UB 0 1210 20.00", '#OUB 0 1210 {1 "0"} 12.50 3'
    )

    assert header.object_totals == (
        ObjectTotal(
            account="1210",
            kind="closing",
            amount=Decimal("12.50"),
            quantity=Decimal(3),
            dimension="1",
            object="0",
        ),
    )
    assert [total.amount for total in header.control_totals] == [Decimal("20.00")]
    assert [dimension.name for dimension in header.dimensions] == ["Kostnadsställe"]
    assert not diagnostics.counts


def test_an_object_total_without_an_object_does_not_stand_in_for_the_accounts_total() -> None:
    header, diagnostics = header_of("#UB 0 1210 20.00", "#OUB 0 1210 {} 12.50", "#IB 0 1210 20.00")

    assert [total.amount for total in header.control_totals] == [Decimal("20.00")]
    assert header.object_totals == ()
    assert diagnostics.counts == {"balance_unreadable": 1}


def test_totals_keep_their_quantities() -> None:
    header, _ = header_of("#UB 0 1460 20.00 4", "#RES 0 3001 -20.00 -2.5", "#UB 0 1930 0.00")

    assert header.control_totals == (
        ControlTotal(account="1460", kind="closing", amount=Decimal("20.00"), quantity=Decimal(4)),
        ControlTotal(
            account="3001", kind="result", amount=Decimal("-20.00"), quantity=Decimal("-2.5")
        ),
        ControlTotal(account="1930", kind="closing", amount=Decimal("0.00")),
    )


def test_balances_of_other_years_are_kept_apart_and_counted() -> None:
    header, diagnostics = header_of(
        "#IB 0 1930 2.00",
        "#IB -1 1930 1.00",
        "#UB -1 1930 2.00",
        "#RES -2 3001 -7.00",
        "#PBUDGET -1 202301 3001 {} -3.00",
    )

    assert header.opening_balances == (Balance(account="1930", amount=Decimal("2.00")),)
    assert not header.control_totals
    assert not header.period_balances
    assert header.balances[-1].opening == (Balance(account="1930", amount=Decimal("1.00")),)
    assert header.balances[-1].periods == (
        PeriodBalance(
            account="3001", amount=Decimal("-3.00"), month=date(2023, 1, 1), kind="budget"
        ),
    )
    assert [total.kind for total in header.balances[-1].totals] == ["closing"]
    assert [total.kind for total in header.balances[-2].totals] == ["result"]
    assert diagnostics.counts == {"other_year": 4}


def test_a_balance_of_a_year_that_cannot_be_told_is_counted_as_another_years() -> None:
    header, diagnostics = header_of("#IB x 1930 2.00", "#IB - 1930 2.00", "#IB")

    assert header.balances.keys() == {0}
    assert diagnostics.counts == {"other_year": 3}


def test_a_reader_of_type_2_ignores_period_balances_of_objects() -> None:
    header, diagnostics = header_of(*OBJECT_ROWS, sie_type="2")

    assert [balance.amount for balance in header.period_balances] == [Decimal("-30.00")]
    assert header.dimensions == ()
    assert diagnostics.counts == {"object_rows_ignored": 2}
    assert [(remark.line, remark.facts[0][1]) for remark in diagnostics.shown] == [
        (5, "#PSALDO"),
        (7, "#PBUDGET"),
    ]


def test_readers_of_other_types_keep_period_balances_of_objects() -> None:
    for sie_type in ("1", "3", "4"):
        header, diagnostics = header_of(*OBJECT_ROWS, sie_type=sie_type)

        assert len(header.period_balances) == 4
        assert not diagnostics.counts


def test_a_file_without_balances_does_not_say_how_far_they_go() -> None:
    voucher = ("#VER A 1 20240105", "{", "}")
    subsystem, _ = header_of("#OMFATTN 20240630", *voucher)
    year, _ = header_of("#OMFATTN 20240630", "#IB 0 1930 0.00", *voucher)

    assert (subsystem.sie_type, subsystem.balances_up_to) == ("4I", None)
    assert (year.sie_type, year.balances_up_to) == ("4E", date(2024, 6, 30))


@pytest.mark.parametrize(
    ("written", "amount", "quantity"),
    [
        ("-12 000.00", "-12000.00", None),
        ("1 234 567.50", "1234567.50", None),
        ("1 234.50 7", "1234.50", "7"),
        ("250 100", "250.00", "100"),
        ("250.00 100", "250.00", "100"),
    ],
)
def test_a_blank_as_thousands_mark_is_told_from_a_quantity_by_the_decimals(
    written: str, amount: str, quantity: str | None
) -> None:
    header, diagnostics = header_of(f"#IB 0 2081 {written}")

    (balance,) = header.opening_balances
    assert str(balance.amount) == amount
    assert balance.quantity == (None if quantity is None else Decimal(quantity))
    assert ("amount_irregular" in diagnostics.counts) == (
        " " in written.removesuffix(quantity or "").strip()
    )

"""Amounts, quantities and dates, exact or refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from connectors.sie.amounts import (
    ORE_MAX,
    OutsideLimits,
    Unreadable,
    amount_of,
    read_amount,
    read_date,
    read_month,
    read_quantity,
)
from schemas.limits import Amount, Quantity

AMOUNT: TypeAdapter[Decimal] = TypeAdapter(Amount)
QUANTITY: TypeAdapter[Decimal] = TypeAdapter(Quantity)


@given(ore=st.integers(-ORE_MAX, ORE_MAX))
def test_an_amount_reads_back_to_the_ore(ore: int) -> None:
    read = read_amount(amount_of(ore))

    assert read.ore == ore
    assert AMOUNT.validate_python(read.text) == Decimal(ore).scaleb(-2)


@given(text=st.text(st.sampled_from("0123456789.,+- '\xa0e"), max_size=30))
def test_what_is_read_is_an_amount_of_ours(text: str) -> None:
    try:
        read = read_amount(text)
    except (Unreadable, OutsideLimits):
        return
    assert AMOUNT.validate_python(read.text) == Decimal(read.ore).scaleb(-2)


@given(text=st.text(st.sampled_from("0123456789.,+-"), max_size=30))
def test_what_is_read_is_a_quantity_of_ours(text: str) -> None:
    try:
        quantity = read_quantity(text)
    except (Unreadable, OutsideLimits):
        return
    assert QUANTITY.validate_python(quantity) == quantity
    assert not (quantity.is_signed() and not quantity)


def test_an_amount_of_more_digits_than_we_keep_is_outside_the_limits() -> None:
    assert read_amount("9999999999999999.99").ore == ORE_MAX
    with pytest.raises(OutsideLimits):
        read_amount("10000000000000000.00")
    with pytest.raises(OutsideLimits):
        read_amount("0" * 64 + "1.00")


@pytest.mark.parametrize(
    "text", ["20240231", "2024035", "202403055", "2024-0305", "", "2024 03 05"]
)
def test_an_impossible_date_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_date(text)


def test_a_month_is_its_first_day() -> None:
    assert read_month("202402") == date(2024, 2, 1)
    with pytest.raises(Unreadable):
        read_month("202413")

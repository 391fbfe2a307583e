"""What a header contradicts itself in is told, and changes nothing."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.sie.headers import header_of, read_header

SAMPLES = Path(__file__).parents[4] / "shared" / "sie-samples"
EXPECTED: list[dict[str, Any]] = (
    json.loads((SAMPLES / "expected.json").read_text()) if SAMPLES.is_dir() else []
)


def _messages(*lines: str) -> list[str]:
    _, diagnostics = header_of(*lines)
    return [remark.message("en") for remark in diagnostics.shown if remark.code != "other_year"]


def test_a_closing_balance_that_is_not_carried_forward_is_told_per_account() -> None:
    messages = _messages(
        "#UB -1 1930 5.00",
        "#UB -1 1940 7.00",
        "#UB -1 1950 3.00",
        "#UB -1 1960 0.00",
        "#IB 0 1930 5.00",
        "#IB 0 1940 6.00",
        '#OIB 0 1940 {1 "A"} 7.00',
        "#IB 0 2010 -1.00",
    )

    assert messages == [
        "The opening balance 6.00 of account 1940 is not the closing balance 7.00 "
        "of the year before.",
        "The opening balance 0.00 of account 1950 is not the closing balance 3.00 "
        "of the year before.",
        "The opening balance -1.00 of account 2010 is not the closing balance 0.00 "
        "of the year before.",
    ]


def test_one_of_last_years_closing_and_this_years_opening_balances_may_be_left_out() -> None:
    assert _messages("#UB -1 1930 5.00", "#RES -1 3001 -5.00") == []
    assert _messages("#RES -1 3001 -5.00", "#IB 0 1930 5.00") == []


def test_an_opening_balance_on_a_result_account_is_told_by_type_else_by_first_digit() -> None:
    messages = _messages(
        "#KONTO 1790 Odd",
        "#KTYP 1790 K",
        "#KONTO 3500 Odd",
        "#KTYP 3500 S",
        "#KONTO 8999 Result",
        "#IB 0 1790 1.00",
        "#IB 0 3500 1.00",
        "#IB 0 8999 1.00",
        "#IB 0 4010 0.00",
        "#IB 0 9030 1.00",
        "#IB 0 DIFF 1.00",
    )

    assert messages == [
        "The result account 1790 has an opening balance: 1.00.",
        "The result account 8999 has an opening balance: 1.00.",
    ]


@pytest.mark.parametrize(
    ("years", "told"),
    [
        (("#RAR -1 20230101 20231231",), 0),
        (("#RAR -1 20230101 20231230",), 1),  # A day between.
        (("#RAR -1 20230101 20240101",), 1),  # A day in both.
        (("#RAR -1 20250101 20251231",), 1),  # The year after.
        (("#RAR -2 20220101 20221231",), 0),  # A year left out.
        (("#RAR -2 20250101 20251231",), 1),
        (("#RAR -2 20220101 20221231", "#RAR -1 20230101 20231231"), 0),
        (("#RAR -2 20220101 20221230", "#RAR -1 20230101 20231230"), 2),
    ],
)
def test_fiscal_years_that_do_not_follow_each_other_are_told(
    years: tuple[str, ...], told: int
) -> None:
    _, diagnostics = header_of(*years)

    assert diagnostics.counts["fiscal_years_apart"] == told


def test_totals_that_do_not_add_up_to_the_opening_balances_are_told() -> None:
    rows = ("#IB 0 1930 5.00", "#UB 0 1930 15.00", '#OUB 0 1930 {1 "A"} 4.00')

    assert _messages(*rows, "#RES 0 3001 -10.00") == []
    assert _messages(*rows) == [
        "Closing balances and results are 15.00 together, opening balances 5.00."
    ]
    assert _messages("#IB 0 1930 5.00") == []


@pytest.mark.skipif(
    not EXPECTED, reason="the samples stand beside the project, in ../shared, and are not there"
)
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_a_sample_contradicts_itself_where_its_counts_say_so(expected: dict[str, Any]) -> None:
    name, checks = expected["file"], expected["checks"]
    header, diagnostics = read_header((SAMPLES / name).read_bytes(), name=name)

    not_carried, _, _ = checks.get("UB-1!=IB0", "0/0").partition("/")
    assert diagnostics.counts["opening_not_carried"] == int(not_carried)
    opened, ended = checks.get("sumIB0", "0"), checks.get("sumUB0+RES0", "0")
    assert diagnostics.counts["totals_not_balanced"] == (Decimal(opened) != Decimal(ended))
    assert sum(row.amount for row in header.opening_balances if not row.dimension) == Decimal(
        opened
    )
    assert sum(total.amount for total in header.control_totals) == Decimal(ended)
    assert not diagnostics.counts["fiscal_years_apart"]
    assert not diagnostics.counts["opening_of_result_account"]

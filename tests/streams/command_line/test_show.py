"""Amounts, times and texts as a terminal shows them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from streams.command_line.show import (
    add_row,
    amount,
    count,
    moment,
    new_table,
    organisation_number,
    printable,
    printer,
)


@pytest.mark.parametrize(
    ("value", "swedish", "english"),
    [
        ("0.00", "0,00", "0.00"),
        ("-1234.50", "-1\u00a0234,50", "-1,234.50"),
        ("9999999999999999.99", "9\u00a0999\u00a0999\u00a0999\u00a0999\u00a0999,99", None),
    ],
)
def test_an_amount_has_two_decimals_and_thousands(
    value: str, swedish: str, english: str | None
) -> None:
    assert amount(Decimal(value), "sv") == swedish
    assert english is None or amount(Decimal(value), "en") == english


def test_a_count_has_thousands() -> None:
    assert (count(12345, "sv"), count(12345, "en")) == ("12\u00a0345", "12,345")


def test_a_time_is_local_to_the_second() -> None:
    assert moment(datetime(2026, 7, 1, 22, 0, 59, 999_999, UTC)) == "2026-07-02 00:00:59"
    assert moment(datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)) == "2026-01-01 01:00:01"
    assert moment(None) == "–"


def test_an_organisation_number_has_its_hyphen() -> None:
    assert organisation_number("5566778899") == "556677-8899"
    assert organisation_number("unknown") == "unknown"
    assert organisation_number(None) == "–"


def test_what_bookkeeping_says_reaches_no_terminal_as_a_command() -> None:
    assert printable("röd \x1b[31m\u009b1m\n") == "röd \ufffd[31m\ufffd1m\ufffd"


def test_amounts_are_aligned_and_brackets_are_no_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = new_table("en", ["text", "amount"], right=["amount"])
    add_row(table, "[bold]a", "1.00")
    add_row(table, "b", "-1,000.00")
    printer().print(table)

    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]

    assert lines[0].endswith("Amount")
    assert lines[2].split() == ["[bold]a", "1.00"]
    assert len(lines[2]) == len(lines[3])

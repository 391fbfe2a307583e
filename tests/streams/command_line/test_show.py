"""Amounts, times and texts as a terminal shows them."""

from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from streams.command_line import show
from streams.command_line.show import (
    add_row,
    amount,
    count,
    moment,
    new_table,
    organisation_number,
    print_rows,
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


@pytest.mark.parametrize("width", range(10, 40))
def test_no_line_ends_inside_a_number(width: int) -> None:
    console = Console(width=width, file=StringIO())
    table = Table.grid()
    add_row(table, f"verifikationer: {count(1187000, 'sv')}, rader: {count(23397000, 'sv')}")

    console.print(table)

    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert any("1\u00a0187\u00a0000" in line for line in lines)
    assert any("23\u00a0397\u00a0000" in line for line in lines)


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


def printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> list[str]:
    """Two rows, printed to so many columns."""
    monkeypatch.setattr(show, "PIPED_COLUMNS", columns)
    rows = [
        {"file": "a-very-long-name-of-a-file.se", "text": "", "postings": "7", "vouchers": "3"},
        {"file": "b.se", "text": "", "postings": "", "vouchers": "1"},
    ]
    names, numbers = ("file", "text", "postings", "vouchers"), ("postings", "vouchers")
    print_rows(rows, "en", names, right=numbers, expendable=("text", "postings"))
    return [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_column_that_says_nothing_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 100)

    assert lines[0].split() == ["File", "Postings", "Vouchers"]
    assert lines[2].split() == ["a-very-long-name-of-a-file.se", "7", "3"]
    assert lines[3].split() == ["b.se", "–", "1"]


def test_where_it_is_narrow_texts_wrap_before_expendable_columns_go(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapped, dropped = printed(capsys, monkeypatch, 51), printed(capsys, monkeypatch, 40)

    assert wrapped[0].split() == ["File", "Postings", "Vouchers"]
    assert dropped[0].split() == ["File", "Vouchers"]
    assert dropped[2].split() == ["a-very-long-name-of-a-file", "3"]
    assert max(map(len, dropped)) <= 40

"""What is written reads back as the same facts."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given

from connectors.sie.file import SieFile
from connectors.sie.writer import CompanyFacts, SieWriter
from schemas.bookkeeping import (
    Account,
    Balance,
    ControlTotal,
    Dimension,
    Object,
    PeriodBalance,
    Voucher,
)
from tests.connectors.sie.strategies import VOUCHERS, YEAR


def _written(*vouchers: Voucher, encoding: str = "cp437", line_end: str = "\r\n") -> SieFile:
    file = BytesIO()
    writer = SieWriter(file, encoding=encoding, checksum=True, line_end=line_end)
    facts = CompanyFacts(
        name="Åre Bageri AB", organisation_number="556488-2362", generated_on=date(2025, 5, 1)
    )
    writer.company(facts, {0: YEAR})
    writer.balances_up_to(date(2025, 3, 31))
    writer.account(Account(account="1930", name="Bank", type="asset", unit="st", sru=("7281", "1")))
    writer.dimension(Dimension(dimension="21", name="Enhet", parent="20"))
    writer.object(Object(dimension="1", object="10", name="Åre"))
    writer.opening_balance(Balance(account="1930", amount=Decimal("5.00"), quantity=Decimal(2)))
    writer.opening_balance(
        Balance(account="1930", amount=Decimal("1.00"), dimension="1", object="10")
    )
    writer.period_balance(
        PeriodBalance(account="1930", amount=Decimal("9.00"), month=date(2024, 5, 1), kind="budget")
    )
    writer.control_total(ControlTotal(account="1930", kind="closing", amount=Decimal("5.00")))
    for voucher in vouchers:
        writer.voucher(voucher)
    writer.close()
    return SieFile(file, name="written.se")


@given(voucher=VOUCHERS)
def test_a_written_voucher_reads_back_equal(voucher: Voucher) -> None:
    file = _written(voucher)

    assert list(file.vouchers()) == [voucher]
    assert file.judge().set_aside == 0


@pytest.mark.parametrize("encoding", ["cp437", "windows-1252", "utf-8"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_a_written_header_reads_back_equal(encoding: str, line_end: str) -> None:
    file = _written(encoding=encoding, line_end=line_end)
    header = file.header()

    assert file.judge().remark_counts == {}
    assert header.encoding == encoding
    assert (header.company_name, header.organisation_number) == ("Åre Bageri AB", "556488-2362")
    assert (header.fiscal_year, header.balances_up_to) == (YEAR, date(2025, 3, 31))
    assert header.accounts == (
        Account(account="1930", name="Bank", type="asset", unit="st", sru=("7281", "1")),
    )
    assert header.dimensions[0] == Dimension(dimension="21", name="Enhet", parent="20")
    assert header.objects == (Object(dimension="1", object="10", name="Åre"),)
    assert [balance.object for balance in header.opening_balances] == ["", "10"]
    assert header.period_balances[0].kind == "budget"
    assert header.control_totals[0].amount == Decimal("5.00")


def test_what_the_encoding_lacks_is_written_as_a_question_mark() -> None:
    assert _read_back("5 € ← ⚖") == "5 ? ? ?"


def test_control_characters_are_written_as_blanks() -> None:
    assert _read_back("a\tb\nc\r\x00\x1a\x7f") == "a b c    "


def test_an_empty_text_before_a_filled_one_keeps_its_place() -> None:
    voucher = _voucher_of("").model_copy(update={"signature": "AN"})

    assert list(_written(voucher).vouchers()) == [voucher]


def test_a_year_before_the_year_1000_has_four_digits() -> None:
    voucher = _voucher_of("").model_copy(update={"registered_on": date(999, 1, 2)})

    assert list(_written(voucher).vouchers()) == [voucher]


def _read_back(text: str) -> str:
    """The text of a voucher after it was written and read."""
    (read,) = _written(_voucher_of(text)).vouchers()
    assert isinstance(read, Voucher)
    return read.text


def _voucher_of(text: str) -> Voucher:
    return Voucher(
        fiscal_year=YEAR.first_day,
        series="A",
        number="1",
        voucher_date=YEAR.first_day,
        text=text,
        postings=(),
    )

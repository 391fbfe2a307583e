"""What is written reads back as the same facts."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sie.file import SieFile
from connectors.sie.writer import CompanyFacts, SieWriter
from schemas.bookkeeping import (
    Account,
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    PeriodBalance,
    Posting,
    PostingState,
    Voucher,
)

YEAR = FiscalYear(first_day=date(2024, 5, 1), last_day=date(2025, 4, 30))
LETTERS = st.sampled_from("abcÅäö \"\\{}#-.,'\xa0é")
TEXTS = st.text(LETTERS, max_size=12)
CODES = st.text(LETTERS, min_size=1, max_size=8)
DAYS = st.dates(date(2024, 5, 1), date(2025, 4, 30))
STATE: st.SearchStrategy[PostingState] = st.sampled_from(("booked", "booked", "added", "struck"))
STATES = st.lists(STATE, max_size=4)
ORE = st.integers(-(10**15), 10**15)


def _amount(ore: int) -> Decimal:
    return Decimal(ore).scaleb(-2)


@st.composite
def postings(draw: st.DrawFn) -> tuple[Posting, ...]:
    rows = []
    for state in draw(STATES):
        rows.append(
            Posting(
                account=draw(CODES),
                amount=_amount(draw(ORE)),
                text=draw(TEXTS),
                quantity=draw(st.one_of(st.none(), st.decimals(-99, 99, places=2))),
                state=state,
                objects=draw(st.dictionaries(CODES, CODES, max_size=2)),
                posting_date=date(2025, 5, 9) if draw(st.booleans()) else None,
                signature=draw(TEXTS),
            )
        )
    booked = [row.amount for row in rows if row.state != "struck"]
    if booked:
        rows.append(Posting(account="9999", amount=Decimal("0.00") - sum(booked)))
    return tuple(rows)


VOUCHERS = st.builds(
    Voucher,
    fiscal_year=st.just(YEAR.first_day),
    series=TEXTS,
    number=TEXTS,
    voucher_date=DAYS,
    text=TEXTS,
    registered_on=st.one_of(st.none(), DAYS),
    signature=TEXTS,
    postings=postings(),
)


def _written(*vouchers: Voucher, encoding: str = "cp437", line_end: str = "\r\n") -> SieFile:
    file = BytesIO()
    writer = SieWriter(file, encoding=encoding, checksum=True, line_end=line_end)
    facts = CompanyFacts(
        name="Åre Bageri AB", organisation_number="556488-2362", generated_on=date(2025, 5, 1)
    )
    writer.company(facts, [YEAR])
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

    assert file.judge().warning_counts == {}
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
    voucher = Voucher(
        fiscal_year=YEAR.first_day,
        series="A",
        number="1",
        voucher_date=YEAR.first_day,
        text="5 € ←\n",
        postings=(),
    )

    (read,) = _written(voucher).vouchers()
    assert isinstance(read, Voucher)
    assert read.text == "5 ? ? "

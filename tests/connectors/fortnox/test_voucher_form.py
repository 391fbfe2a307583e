"""A voucher's one form, by JSON and by SIE file."""

import json
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fortnox.voucher_form import from_sie
from connectors.sie.file import SieFile
from connectors.sie.writer import CompanyFacts, SieWriter
from schemas.bookkeeping import FiscalYear, Posting, SetAsideVoucher, Voucher
from schemas.errors import SourceRefused
from schemas.limits import SET_ASIDE_SOURCE_BYTES_MAX
from tests.connectors.fortnox.documents import YEAR, a_document, a_row, booked, set_aside


def _by_sie(voucher: Voucher) -> Voucher:
    """The voucher as it comes out of an SIE file."""
    file = BytesIO()
    writer = SieWriter(file, encoding="utf-8")
    year = FiscalYear(first_day=YEAR, last_day=date(2026, 4, 30))
    writer.company(CompanyFacts(name="Nordlunds Bygg AB"), {0: year})
    writer.record("#UB", "0", "1930", Decimal("1.00"))
    writer.voucher(voucher)
    writer.close()
    (document,) = SieFile(file, name="sie").documents()
    assert isinstance(document, str)
    return Voucher.model_validate_json(from_sie(document))


def test_debit_is_positive_and_credit_negative() -> None:
    voucher = booked(a_document())

    assert (voucher.fiscal_year, voucher.series, voucher.number) == (YEAR, "A", "7")
    assert voucher.voucher_date == date(2026, 3, 9)
    assert [(row.account, row.amount) for row in voucher.postings] == [
        ("1930", Decimal("125.00")),
        ("3001", Decimal("-125.00")),
    ]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("0.07", "0.07"),
        ('"0.07"', "0.07"),
        ("1234567890123456.78", "1234567890123456.78"),
        ("9007199254740993", "9007199254740993.00"),
        ("1.5e3", "1500.00"),
        ("1000.000", "1000.00"),
        ('" 12,50 "', "12.50"),
        ("-3.1", "-3.10"),
        ("null", "0.00"),
        ('""', "0.00"),
    ],
)
def test_amounts_are_exact_whether_numbers_or_strings(written: str, amount: str) -> None:
    rows = [a_row(1930, debit="@"), a_row(3001, credit="@")]
    body = json.dumps(a_document(*rows)).replace('"@"', written)

    assert [str(row.amount) for row in booked(body).postings] == [
        amount,
        str(-Decimal(amount)) if Decimal(amount) else "0.00",
    ]


def test_a_row_may_have_both_sides() -> None:
    voucher = booked(a_document(a_row(1930, debit=5, credit=7), a_row(3001, debit=2)))

    assert [row.amount for row in voucher.postings] == [Decimal("-2.00"), Decimal("2.00")]


def test_struck_rows_are_kept_and_count_nothing() -> None:
    voucher = booked(
        a_document(
            a_row(1790, debit=999, Removed=True),
            a_row(1930, debit=125),
            a_row(3001, credit=125),
        )
    )

    assert [(row.account, row.state) for row in voucher.postings] == [
        ("1930", "booked"),
        ("3001", "booked"),
        ("1790", "struck"),
    ]


def test_a_row_has_its_own_objects_and_not_those_of_the_head() -> None:
    rows = [a_row(1930, debit=1), a_row(3001, credit=1, CostCenter="10", Project="P1")]
    voucher = booked(a_document(*rows, CostCenter="20", Project="P2"))

    assert [row.objects for row in voucher.postings] == [{}, {"1": "10", "6": "P1"}]


def test_the_text_of_a_row_is_its_own_and_not_its_accounts_name() -> None:
    row = a_row(3001, credit=125, TransactionInformation="Två\tstolar\n ")

    assert booked(a_document(a_row(debit=125), row)).postings[1].text == "Två stolar"


def test_a_voucher_whose_rows_are_all_struck_or_gone_keeps_its_number() -> None:
    assert booked(a_document(VoucherRows=[])).postings == ()
    assert booked(a_document(a_row(debit=5, Removed=True))).number == "7"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (a_document(TransactionDate="2026-02-30"), "voucher_date"),
        (a_document(TransactionDate=None), "voucher_date"),
        (a_document(a_row(debit="1.005"), a_row(credit="1.005")), "amount"),
        (a_document(a_row(debit="en krona")), "amount"),
        (a_document(a_row(debit=True)), "amount"),
        (a_document(a_row(debit=[1])), "amount"),
        (a_document(a_row(debit=1.0), a_row(credit=1.01)), "unbalanced"),
        (a_document(a_row(debit=10**16)), "outside_limits"),
        (a_document(a_row(debit=6 * 10**15, credit=-6 * 10**15)), "outside_limits"),
        (a_document(a_row(Account="")), "outside_limits"),
        (a_document(a_row(CostCenter="x" * 33)), "outside_limits"),
        (a_document(Description="x" * 4_001), "outside_limits"),
        (a_document(VoucherSeries="x" * 65), "outside_limits"),
    ],
)
def test_what_cannot_be_booked_is_set_aside_with_its_own_text(document: Any, reason: str) -> None:
    voucher = set_aside(document)

    assert voucher.reason == reason
    assert json.loads(voucher.source_text) == document
    assert voucher.series == document["VoucherSeries"][:64]


@pytest.mark.parametrize("exponent", ["1e999999999", "1e-999999999"])
def test_a_number_that_would_fill_the_memory_is_set_aside(exponent: str) -> None:
    body = json.dumps(a_document(a_row(debit="@"))).replace('"@"', exponent)

    assert set_aside(body).reason == "outside_limits"


def test_a_difference_is_told() -> None:
    voucher = set_aside(a_document(a_row(debit=1.0), a_row(credit=1.01)))

    assert voucher.difference == Decimal("-0.01")


def test_a_long_text_is_cut() -> None:
    voucher = set_aside(a_document(a_row(debit=1), Comments="å" * SET_ASIDE_SOURCE_BYTES_MAX))

    assert len(voucher.source_text.encode()) <= SET_ASIDE_SOURCE_BYTES_MAX


def test_a_voucher_that_no_message_could_carry_is_set_aside() -> None:
    text = "å" * 4_000
    rows = [a_row(debit=1, TransactionInformation=text), a_row(credit=1)] * 1_100

    assert set_aside(a_document(*rows)).reason == "too_large"


@pytest.mark.parametrize("rows", [5, [5], {"Account": 1930}])
def test_rows_that_are_none_are_no_voucher_at_all(rows: object) -> None:
    with pytest.raises(SourceRefused):
        booked(a_document(VoucherRows=rows))


def test_both_ways_give_the_same_reason() -> None:
    lines = ["#FLAGGA 0", "#SIETYP 4", "#RAR 0 20250501 20260430", "#UB 0 1930 1.00"]
    rows = ["#VER A 7 20260309 Text", "{", "#TRANS 1930 {} 1", "#TRANS 3001 {} -1.01", "}", ""]
    (by_sie,) = SieFile(BytesIO("\n".join(lines + rows).encode()), name="sie").documents()
    by_json = set_aside(a_document(a_row(debit=1.0), a_row(3001, credit=1.01)))

    assert isinstance(by_sie, SetAsideVoucher)
    assert by_sie.model_copy(update={"source_text": by_json.source_text}) == by_json


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
CODES = st.sampled_from(["", "10", "Ö 1", "a-b"])
AMOUNTS = st.decimals(-(10**9), 10**9, places=2)
QUANTITIES = st.none() | st.decimals(-1000, 1000, places=3)
ROWS = st.tuples(
    st.sampled_from([1930, 3001, 5410]), AMOUNTS, TEXTS, QUANTITIES, CODES, CODES, st.booleans()
)


@given(st.lists(ROWS, max_size=5), TEXTS)
def test_a_voucher_is_the_same_by_json_and_by_sie(rows: list[Any], text: str) -> None:
    booked_sum = sum((row[1] for row in rows if not row[-1]), Decimal(0))
    rows = [*rows, (2099, -booked_sum, "", None, "", "", False)]
    document = a_document(
        *(
            a_row(
                account,
                debit=str(max(amount, Decimal(0))),
                credit=str(max(-amount, Decimal(0))),
                TransactionInformation=row_text,
                Quantity=None if quantity is None else str(quantity),
                CostCenter=centre,
                Project=project,
                Removed=removed,
            )
            for account, amount, row_text, quantity, centre, project, removed in rows
        ),
        Description=text,
    )
    in_the_file = Voucher.model_construct(
        fiscal_year=YEAR,
        series="A",
        number="7",
        voucher_date=date(2026, 3, 9),
        text=text,
        registered_on=date(2026, 3, 10),
        signature="AN",
        postings=tuple(
            Posting.model_construct(
                account=str(account),
                amount=amount,
                text=row_text,
                # As SIE has it: with the sign of the amount.
                quantity=None if quantity is None else quantity.copy_sign(amount),
                state="struck" if removed else "added" if project else "booked",
                objects={"1": centre, "6": project, "7": ""},
                posting_date=date(2026, 3, 11) if project else None,
                signature="BL" if project else "",
            )
            for account, amount, row_text, quantity, centre, project, removed in rows
        ),
    )

    assert _by_sie(in_the_file).digest == booked(document).digest

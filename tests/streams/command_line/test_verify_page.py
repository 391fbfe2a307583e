"""What a comparison with a rebuild found is told to people and to programs."""

import json
from datetime import date
from decimal import Decimal

import pytest

from projections.queries.verification import Difference
from projections.rebuild.differences import BalanceDifference, Differences
from projections.rebuild.differing_tables import TableDifference
from projections.rebuild.differing_vouchers import (
    FieldDifference,
    PostingDifference,
    VoucherDifference,
)
from projections.rebuild.digests import Digest, Digests, Place
from streams.command_line.answer import print_json
from streams.command_line.verified import Verified
from streams.command_line.verify_page import show_verified

YEAR = date(2025, 1, 1)
IN_USE: Digests = {
    Place("bageriet", None, "company"): Digest(1, 3),
    Place("bageriet", YEAR, "voucher"): Digest(1200, 5),
    Place("bageriet", YEAR, "posting"): Digest(3600, 7),
    Place("butiken", YEAR, "voucher"): Digest(2, -1),
}
CHANGED = IN_USE | {
    Place("bageriet", YEAR, "posting"): Digest(3600, 9),
    Place("bageriet", YEAR, "set_aside_voucher"): Digest(1, 1),
}
WRONG_TOTAL = Difference(
    fiscal_year=YEAR,
    account="1930",
    kind="closing",
    expected=Decimal("250.00"),
    actual=Decimal("1250.00"),
    difference=Decimal("1000.00"),
)


def a_field(field: str, in_use: str | None, rebuilt: str | None) -> FieldDifference:
    return FieldDifference(field=field, in_use=in_use, rebuilt=rebuilt)


def a_difference(number: str, **fields: object) -> VoucherDifference:
    values = {"fiscal_year": YEAR, "series": "A", "number": number, "occurrence": 1}
    return VoucherDifference.model_validate({"found": "both", **values, **fields})


def a_comparison(rebuilt: Digests, *, wrong_total: bool = False, **found: object) -> Verified:
    return Verified.of(
        in_use=IN_USE,
        rebuilt=rebuilt,
        differences={"bageriet": Differences.model_validate(found)},
        totals={"butiken": [WRONG_TOTAL]} if wrong_total else {},
    )


def told(
    capsys: pytest.CaptureFixture[str], found: Verified, language: str = "en"
) -> tuple[str, list[str]]:
    """All of it with single spaces, and its lines."""
    show_verified(found, language)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    return "\n".join(lines), lines


def test_what_is_equal_is_said_with_a_row_per_company_and_year(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, english = told(capsys, a_comparison(IN_USE))
    _, swedish = told(capsys, a_comparison(IN_USE), "sv")

    assert english[0].endswith("holds the same as what is in use: companies compared: 2.")
    assert "bageriet 2025-01-01 1,200 3,600 equal" in english
    assert "butiken 2025-01-01 2 0 equal" in english
    assert swedish[0].endswith("ger detsamma som det som används: 2 företag jämfördes.")
    assert "bageriet 2025-01-01 1 200 3 600 lika" in swedish


def test_tables_that_differ_are_named_in_their_year(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = told(capsys, a_comparison(CHANGED))

    assert lines[0].endswith("differs from what is in use: 1 of 2 companies.")
    assert "bageriet 2025-01-01 1,200 3,600 differs posting, set_aside_voucher" in lines
    assert "butiken 2025-01-01 2 0 equal –" in lines


def test_vouchers_are_told_with_their_fields(capsys: pytest.CaptureFixture[str]) -> None:
    flipped = PostingDifference(
        line=2, found="both", fields=(a_field("amount", "1250.00", "-1250.00"),)
    )
    vouchers = (
        a_difference("3", postings=(flipped,), fields=(a_field("digest", "a", "b"),)),
        a_difference("4", fields=(a_field("registered_on", None, "2025-03-04"),), occurrence=2),
        a_difference("5", found="in_use"),
        a_difference("6", fields=(a_field("digest", "\\xab", "\\xcd"),)),
        a_difference("7", fields=(a_field("novelty", "\x1b[31m", "[/]"),)),
    )
    found = a_comparison(CHANGED, vouchers=vouchers, vouchers_total=1030)

    text, lines = told(capsys, found)
    _, swedish = told(capsys, found, "sv")

    assert "bageriet: vouchers that differ: 1,030" in lines
    assert "2025-01-01 A 3 2 amount 1,250.00 -1,250.00" in lines
    assert "2025-01-01 A 4 (2) – registered on – 2025-03-04" in lines
    assert "2025-01-01 A 5 – – present missing" in lines
    assert "2025-01-01 A 6 – digest \\xab \\xcd" in lines
    assert "2025-01-01 A 7 – novelty \ufffd[31m [/]" in lines
    assert "The first are shown, left out: 1,025" in lines
    assert text.count("digest") == 1
    assert "2025-01-01 A 3 2 belopp 1 250,00 -1 250,00" in swedish
    assert "2025-01-01 A 5 – – finns saknas" in swedish


def test_balances_and_rows_of_other_tables_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    balance = BalanceDifference(
        fiscal_year=YEAR,
        account="1930",
        month=date(2025, 3, 1),
        in_use=Decimal("1500.00"),
        rebuilt=None,
        postings_in_use=12,
        postings_rebuilt=None,
    )
    changed = TableDifference(
        table="company",
        only_in_use=1,
        only_rebuilt=1,
        example_in_use={"name": "Bageriet", "ignored_events": "0"},
        example_rebuilt={"name": "Bageriet", "ignored_events": "7"},
    )
    lost = TableDifference(
        table="voucher_change", only_in_use=1200, example_in_use={"number": "7", "text": "x" * 400}
    )
    found = a_comparison(CHANGED, balances=(balance,), balances_total=3, tables=(changed, lost))

    text, lines = told(capsys, found)

    assert "bageriet: balances that differ: 3" in lines
    assert "2025-01-01 1930 2025-03 1,500.00 – -1,500.00 12 → 0" in lines
    assert "The first are shown, left out: 2" in lines
    assert "company 1 1 ignored_events: 0 → 7" in lines
    assert "voucher_change 1,200 0 number: 7, text: x" in text
    assert "…" in text


def test_totals_that_are_not_the_sources_are_told_of_what_is_equal_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = a_comparison(IN_USE, wrong_total=True)

    _, lines = told(capsys, found)

    assert (found.state, found.has_wrong_totals) == ("equal", True)
    assert not a_comparison(IN_USE).has_wrong_totals
    assert "butiken: accounts that differ from their source's own totals: 1" in lines
    assert "2025-01-01 1930 closing 250.00 1,250.00 1,000.00" in lines


def test_nothing_to_compare_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Verified.of(in_use={}, rebuilt={}, differences={}, totals={})

    assert told(capsys, nothing)[1] == ["There is no bookkeeping to compare."]


def test_a_company_that_only_the_rebuilt_side_has_differs() -> None:
    found = Verified.of(in_use={}, rebuilt=IN_USE, differences={}, totals={})

    assert [company.state for company in found.companies] == ["differs", "differs"]
    assert found.companies[1].years[0].vouchers == 0


def test_programs_read_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    vouchers = (a_difference("5", found="rebuilt"),)
    print_json(a_comparison(CHANGED, wrong_total=True, vouchers=vouchers, vouchers_total=1))

    found = json.loads(capsys.readouterr().out)

    bageriet, butiken = found["companies"]
    assert (found["state"], bageriet["state"], butiken["state"]) == ("differs", "differs", "equal")
    assert [year["fiscal_year"] for year in bageriet["years"]] == [None, "2025-01-01"]
    assert bageriet["years"][1] == {
        "fiscal_year": "2025-01-01",
        "state": "differs",
        "vouchers": 1200,
        "postings": 3600,
        "tables": ["posting", "set_aside_voucher"],
    }
    assert bageriet["differences"]["vouchers"] == [
        {
            "fiscal_year": "2025-01-01",
            "series": "A",
            "number": "5",
            "occurrence": 1,
            "found": "rebuilt",
            "fields": [],
            "postings": [],
        }
    ]
    assert butiken["totals"][0]["difference"] == "1000.00"

"""The identity that the vouchers of a 4I file get, and what such a file adds beside them."""

from datetime import date

import pytest

from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from connectors.sie.submission import Submission, Submitted
from schemas.bookkeeping import FiscalYear, SetAsideVoucher, Voucher
from schemas.errors import UploadRefused
from schemas.known_books import KnownBooks
from schemas.parts import Scope
from tests.connectors.sie.builders import HEAD, a_file, a_voucher_of

NO_HEAD = ("#SIETYP 4", "#GEN 20240501")
OWN_YEAR = (*NO_HEAD, "#RAR 0 20240101 20241231")
ROWS = ("#TRANS 1930 {} 125.00", "#TRANS 3001 {} -125.00")
BROKEN = FiscalYear(first_day=date(2023, 7, 1), last_day=date(2024, 6, 30))
KNOWN = KnownBooks(fiscal_years=(BROKEN,))


def _of(number: str = '""', day: str = "20240305", text: str = "Pay") -> tuple[str, ...]:
    return a_voucher_of(*ROWS, ver=f"#VER L {number} {day} {text}")


def _submitted(
    *lines: str,
    head: tuple[str, ...] = NO_HEAD,
    known: KnownBooks | None = None,
    upload_id: str | None = None,
) -> list[Submitted]:
    file = a_file(*lines, head=head)
    return list(Submission(file, known or KnownBooks(), upload_id=upload_id).vouchers())


def _numbers(*lines: str) -> list[str]:
    return [_identity(one)[1] for one in _submitted(*lines)]


def _identity(submitted: Submitted) -> tuple[date, str, int]:
    document = submitted.document
    if isinstance(document, str):
        document = Voucher.model_validate_json(document)  # type: ignore[assignment]
    assert isinstance(document, Voucher | SetAsideVoucher)
    return document.fiscal_year, document.number, document.occurrence


@pytest.mark.parametrize(
    ("head", "known", "first_day"),
    [
        (OWN_YEAR, KNOWN, date(2023, 7, 1)),
        (OWN_YEAR, KnownBooks(), date(2024, 1, 1)),
        ((*NO_HEAD, "#RAR 0 20240301 20250228"), KnownBooks(), date(2024, 3, 1)),
        (NO_HEAD, KNOWN, date(2023, 7, 1)),
        (NO_HEAD, KnownBooks(), date(2024, 1, 1)),
    ],
)
def test_a_voucher_belongs_to_the_stored_year_else_the_file_s_else_the_calendar_year(
    head: tuple[str, ...], known: KnownBooks, first_day: date
) -> None:
    (voucher,) = _submitted(*_of(), head=head, known=known)
    (aside,) = _submitted(*a_voucher_of(ROWS[0], ver="#VER L 1 20240305"), head=head, known=known)

    assert voucher.fiscal_year.first_day == _identity(voucher)[0] == first_day
    assert aside.fiscal_year.first_day == _identity(aside)[0] == first_day


def test_a_voucher_without_a_date_belongs_to_the_year_in_which_the_file_was_made() -> None:
    (aside,) = _submitted("#VER L 1 x", "{", *ROWS, "}")

    assert isinstance(aside.document, SetAsideVoucher)
    assert _identity(aside)[0] == date(2024, 1, 1)


def test_a_voucher_without_a_number_is_named_by_its_content() -> None:
    first, other, again = _numbers(*_of(), *_of(text="Other"), *_of())

    assert first.startswith("~")
    assert len(first) == len("~0123456789ab.1")
    assert first.removesuffix(".1") == again.removesuffix(".2")
    assert other.removesuffix(".1") not in (first.removesuffix(".1"),)


def test_the_number_of_such_a_voucher_does_not_depend_on_what_stands_around_it() -> None:
    (alone,) = _numbers(*_of())

    assert _numbers(*_of("7", text="Third"), *_of(text="Other"), *_of())[2] == alone
    (in_broken_year,) = _submitted(*_of(), known=KNOWN)
    assert _identity(in_broken_year)[1] == alone


@pytest.mark.parametrize("none", ['""', "0"])
def test_number_zero_is_none_where_the_receiver_gives_the_numbers(none: str) -> None:
    assert _numbers(*_of(number=none))[0].startswith("~")


def test_a_number_that_is_given_is_kept_and_a_second_one_told_apart() -> None:
    file = a_file(*_of("12"), *_of("12", text="Other"), head=NO_HEAD)

    assert [_identity(one)[1:] for one in Submission(file, KnownBooks()).vouchers()] == [
        ("12", 1),
        ("12", 2),
    ]
    assert file.judge().remark_counts == {"number_twice": 1}


def test_equal_numbers_of_two_fiscal_years_are_two_vouchers() -> None:
    found = _submitted(*_of("1", "20231215"), *_of("1", "20240115"))

    assert [_identity(one) for one in found] == [
        (date(2023, 1, 1), "1", 1),
        (date(2024, 1, 1), "1", 1),
    ]


def test_two_bad_vouchers_without_numbers_are_both_kept_aside() -> None:
    bad = a_voucher_of(ROWS[0], ver='#VER L "" 20240305')

    first, second = _numbers(*bad, *bad)

    assert first.removesuffix(".1") == second.removesuffix(".2") != ""


def test_a_user_who_insists_gives_each_voucher_a_spare_number() -> None:
    first, second = _submitted(*_of(), *_of("7"), upload_id="upload-1")

    assert first.spare_number == f"{_identity(first)[1]}.upload-1"
    assert second.spare_number.startswith("~")
    assert second.spare_number.endswith(".2.upload-1")  # Its content is that of the first.
    assert _submitted(*_of())[0].spare_number == ""


def _reads(file: SieFile, known: KnownBooks) -> list[tuple[str, bool]]:
    planned = SieConnector(file, known).reads(Scope())
    return [(plan.read.name, plan.snapshot) for plan in planned]


def test_a_file_for_empty_books_brings_all_that_it_holds_and_removes_nothing() -> None:
    file = a_file(*_of(), *_of(day="20250105"), "#KONTO 1930 Bank", head=(*NO_HEAD, "#FNAMN Bo"))

    assert _reads(file, KnownBooks()) == [
        ("company", False),
        ("fiscal_years", False),
        ("accounts/2024-01-01", False),
        ("accounts/2025-01-01", False),
        ("dimensions", False),
        ("vouchers/2024-01-01", False),
        ("vouchers/2025-01-01", False),
    ]


def test_a_file_brings_only_what_the_books_lack() -> None:
    year = FiscalYear(first_day=date(2024, 1, 1), last_day=date(2024, 12, 31))
    known = KnownBooks(
        fiscal_years=(year,),
        is_described=True,
        accounts=frozenset({(year.first_day, "1930")}),
        dimensions=frozenset({"1"}),
        objects=frozenset({("1", "10")}),
    )
    lines = ("#KONTO 1930 Bank", "#DIM 1 Unit", "#OBJEKT 1 10 Shop", "#OBJEKT 1 20 Office")
    file = a_file(*_of(), *lines, head=NO_HEAD)

    assert _reads(file, known) == [("dimensions", False), ("vouchers/2024-01-01", False)]
    connector = SieConnector(file, known)
    (dimensions,) = connector.pages(connector.reads(Scope())[0])
    assert [one.object for one in dimensions.content["objects"]] == ["20"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("head", [NO_HEAD, (*NO_HEAD, "#RAR 0 20240101 20241231")])
def test_a_year_that_would_overlap_a_stored_one_gives_way_to_the_next(
    head: tuple[str, ...],
) -> None:
    file = a_file(*_of(day="20241105"), head=head)

    (voucher,) = Submission(file, KNOWN).vouchers()
    assert voucher.fiscal_year == FiscalYear(first_day=date(2024, 7, 1), last_day=date(2025, 6, 30))
    assert ("fiscal_years", False) in _reads(file, KNOWN)
    assert ("vouchers/2024-07-01", False) in _reads(file, KNOWN)


def test_vouchers_of_many_years_are_a_sign_of_damaged_dates() -> None:
    lines = [line for year in range(2000, 2013) for line in _of(day=f"{year}0305")]

    with pytest.raises(UploadRefused) as refusal:
        SieConnector(a_file(*lines, head=NO_HEAD)).reads(Scope())

    assert refusal.value.code == "too_many_years"


def test_a_numbered_voucher_does_not_count_among_equal_ones_without_a_number() -> None:
    assert _numbers(*_of("7"), *_of())[1].endswith(".1")


def test_a_file_without_vouchers_adds_nothing_and_has_a_result() -> None:
    known = KnownBooks(is_described=True)

    assert _reads(a_file(head=NO_HEAD, name="empty.si"), known) == [("dimensions", False)]


@pytest.mark.parametrize("sie_type", ["1", "2", "3"])
def test_types_1_to_3_are_the_whole_of_chart_and_balances(sie_type: str) -> None:
    head = tuple(line.replace("#SIETYP 4", f"#SIETYP {sie_type}") for line in HEAD)
    file = a_file("#UB 0 1930 100.00", head=head)
    connector = SieConnector(file)

    assert _reads(file, KnownBooks()) == [
        ("company", False),
        ("fiscal_years", False),
        ("accounts/2024-01-01", True),
        ("dimensions", False),
        ("opening_balances/2024-01-01", True),
    ]
    pages = list(connector.pages(connector.reads(Scope())[-1]))
    assert [page.kind.__name__ for page in pages] == [
        "OpeningBalancesObserved",
        "ControlTotalsObserved",
    ]


def test_balances_of_a_year_that_overlaps_a_stored_one_are_refused() -> None:
    head = tuple(line.replace("#SIETYP 4", "#SIETYP 1") for line in HEAD)

    with pytest.raises(UploadRefused) as refusal:
        SieConnector(a_file(head=head), KNOWN).reads(Scope())

    assert refusal.value.code == "fiscal_year_overlaps"

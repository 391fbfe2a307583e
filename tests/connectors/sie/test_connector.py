"""A file's reads and pages."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.protocol import Page
from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from schemas.codec import encode_vouchers
from schemas.ledger_events import (
    ControlTotalsObserved,
    VouchersObserved,
    VouchersSetAside,
)
from schemas.limits import PAGE_BYTES_MAX, PAGE_VOUCHERS_MAX, VOUCHER_BYTES_MAX
from schemas.parts import Read, Scope
from tests.connectors.sie.builders import HEAD, VOUCHER, a_file, a_voucher_of

YEAR = date(2024, 1, 1)
AT = datetime(2025, 1, 1, tzinfo=UTC)


def _pages(file: SieFile, part: str) -> list[Page]:
    connector = SieConnector(file)
    reads = {planned.read.part: planned for planned in connector.reads(Scope())}
    return list(connector.pages(reads[part]))  # type: ignore[index]


def _message_bytes(page: Page) -> int:
    stamp: dict[str, Any] = {"company_id": "a" * 64, "occurred_at": AT, "generation": 10**6}
    numbers = {"run_number": 10**9, "attempt": 10**6, "sequence": 10**9}
    read = Read(part="opening_balances", fiscal_year=YEAR)
    stamp |= {**numbers, "read": read}
    return len(encode_vouchers(page.kind, stamp, page.vouchers, page.content).value)


def test_a_year_is_read_part_by_part() -> None:
    reads = SieConnector(a_file(*VOUCHER)).reads(Scope())

    assert [(planned.read.name, planned.snapshot) for planned in reads] == [
        ("company", False),
        ("fiscal_years", False),
        ("accounts/2024-01-01", True),
        ("dimensions", False),
        ("opening_balances/2024-01-01", True),
        ("vouchers/2024-01-01", True),
    ]


def test_a_scope_limits_the_reads() -> None:
    connector = SieConnector(a_file(*VOUCHER))

    some = connector.reads(Scope(parts=("vouchers", "company"), fiscal_years=(YEAR,)))
    other_year = connector.reads(Scope(fiscal_years=(date(2023, 1, 1),)))

    assert [planned.read.part for planned in some] == ["company", "vouchers"]
    assert [planned.read.part for planned in other_year] == [
        "company",
        "fiscal_years",
        "dimensions",
    ]


def test_the_company_is_told_as_the_file_has_it() -> None:
    (page,) = _pages(a_file("#ORGNR 556488-2362", "#OMFATTN 20240630"), "company")

    assert page.content == {
        "name": "Bageriet AB",
        "organisation_number": "556488-2362",
        "currency": "SEK",
        "program": "Testprogram 1.0",
        "balances_up_to": date(2024, 6, 30),
    }


def test_only_the_year_of_the_file_is_told() -> None:
    (page,) = _pages(a_file("#RAR -1 20230101 20240101"), "fiscal_years")

    years: Any = page.content["fiscal_years"]
    assert [year.first_day.year for year in years] == [2024]


@pytest.mark.parametrize(
    "lines",
    [
        ("#OBJEKT 1 10 Stockholm",),
        ("#OIB 0 1930 {1 10} 5.00",),
        a_voucher_of("#TRANS 1930 {1 10} 0.00"),
        a_voucher_of('#TRANS "1930" { "1" "1 0" "99" x } 0.00'),
    ],
)
def test_a_reserved_dimension_that_is_used_has_its_standard_name(lines: tuple[str, ...]) -> None:
    page = _pages(a_file(*lines), "dimensions")[0]

    dimensions: Any = page.content["dimensions"]
    assert [(known.dimension, known.name) for known in dimensions] == [("1", "Kostnadsställe")]


def test_a_declared_dimension_has_its_own_name() -> None:
    file = a_file('#DIM 1 "Avdelning"', '#UNDERDIM 21 "Enhet" 20', "#OBJEKT 1 10 Stockholm")

    dimensions: Any = _pages(file, "dimensions")[0].content["dimensions"]
    assert [(known.name, known.parent) for known in dimensions] == [
        ("Avdelning", None),
        ("Enhet", "20"),
    ]


def test_an_empty_read_has_no_pages() -> None:
    file = a_file(head=tuple(line for line in HEAD if not line.startswith(("#KONTO", "#IB"))))

    for part in ("accounts", "dimensions", "opening_balances", "vouchers"):
        assert _pages(file, part) == []


def test_vouchers_come_in_pages_with_what_is_set_aside_and_the_totals() -> None:
    unbalanced = a_voucher_of("#TRANS 1930 {} 1.00")
    file = a_file(*VOUCHER * PAGE_VOUCHERS_MAX, *unbalanced, *VOUCHER, "#UB 0 1930 5.00")

    pages = _pages(file, "vouchers")

    assert [page.kind for page in pages] == [
        VouchersObserved,
        VouchersObserved,
        VouchersSetAside,
        ControlTotalsObserved,
    ]
    assert [len(page.vouchers) for page in pages[:3]] == [PAGE_VOUCHERS_MAX, 1, 1]
    assert pages[3].content["up_to"] is None


def test_totals_reach_as_far_as_the_balances_do() -> None:
    (page,) = _pages(a_file("#OMFATTN 20240630", "#RES 0 3001 5.00"), "vouchers")

    assert page.content["up_to"] == date(2024, 6, 30)


def test_a_page_is_never_larger_than_its_limit() -> None:
    text = "å" * 900
    file = a_file(*a_voucher_of(ver=f'#VER A 1 20240305 "{text}"') * 700, *VOUCHER * 900)

    pages = _pages(file, "vouchers")

    assert sum(len(page.vouchers) for page in pages) == 1_600
    assert all(_message_bytes(page) <= PAGE_BYTES_MAX for page in pages)
    assert _message_bytes(pages[0]) > PAGE_BYTES_MAX - 8_000


def test_a_larger_voucher_stands_alone() -> None:
    rows = ["#TRANS 1930 {} 1.00", "#TRANS 3001 {} -1.00"] * 10_000
    file = a_file(*VOUCHER, *a_voucher_of(*rows), *VOUCHER)

    pages = _pages(file, "vouchers")

    assert [len(page.vouchers) for page in pages] == [1, 1, 1]
    assert PAGE_BYTES_MAX < _message_bytes(pages[1]) < VOUCHER_BYTES_MAX


def test_many_set_aside_vouchers_fit_into_messages() -> None:
    rows = [f'#TRANS 1930 {{}} 1.00 20240305 "{"å" * 1_000}"'] * 60
    file = a_file(*a_voucher_of(*rows) * 20)

    pages = _pages(file, "vouchers")

    assert {page.kind for page in pages} == {VouchersSetAside}
    assert all(_message_bytes(page) <= PAGE_BYTES_MAX for page in pages)


def test_many_accounts_come_in_pages() -> None:
    file = a_file(*(f"#KONTO {number} x" for number in range(10_000, 14_100)))

    pages: list[Any] = [page.content["accounts"] for page in _pages(file, "accounts")]
    assert [len(page) for page in pages] == [2_000, 2_000, 102]

"""The year as an SIE file, read by the project's own reader."""

from datetime import date
from decimal import Decimal

import httpx
import pytest

from connectors.simulators.fortnox.records import row
from connectors.simulators.fortnox.tenant import Tenant
from connectors.simulators.fortnox.traps import Traps
from schemas.bookkeeping import SetAsideVoucher, Voucher
from tests.connectors.sie.builders import of_bytes, only_set_aside, only_voucher
from tests.connectors.simulators.fortnox.builders import (
    ANY_DAY,
    LAST_YEAR,
    THIS_YEAR,
    add_sale,
    sale,
)


def test_a_year_is_whole_and_adds_up(client: httpx.Client, tenant: Tenant) -> None:
    add_sale(tenant.books, year=LAST_YEAR, day=date(2025, 1, 2))
    add_sale(tenant.books, amount="10.50")
    add_sale(tenant.books, series="B")

    file = of_bytes(client.get("sie/4", params={"financialyear": THIS_YEAR}).content)
    header = file.header()

    assert [(v.series, v.number) for v in file.vouchers()] == [("A", "1"), ("B", "1")]
    assert file.judge().totals_agree
    assert {index: year.first_day for index, year in header.fiscal_years.items()} == {
        0: date(2025, 5, 1),
        -1: date(2024, 5, 1),
    }
    assert {total.account: total.amount for total in header.control_totals} == {
        "1930": Decimal("660.50"),
        "2081": Decimal("-525.00"),
        "3001": Decimal("-135.50"),
    }
    assert {total.account: total.amount for total in header.balances[-1].totals} == {
        "1930": Decimal("525.00"),
        "2081": Decimal("-400.00"),
        "3001": Decimal("-125.00"),
    }


def test_a_file_without_a_year_is_of_the_current_one(client: httpx.Client) -> None:
    header = of_bytes(client.get("sie/4").content).header()

    assert header.fiscal_years[0].first_day == date(2025, 5, 1)


def test_a_struck_row_is_in_no_balance(client: httpx.Client, tenant: Tenant) -> None:
    voucher = add_sale(tenant.books)
    tenant.books.strike_row(voucher.key, 1, row(3001, "-125.00", cost_centre="10", project="P1"))

    answer = client.get("sie/4")
    file = of_bytes(answer.content)

    assert b"#BTRANS 3001 {} -125.00" in answer.content
    assert [(p.state, p.objects) for p in only_voucher(file).postings] == [
        ("booked", {}),
        ("struck", {}),
        ("booked", {"1": "10", "6": "P1"}),
    ]
    assert file.judge().totals_agree


def test_a_row_has_its_own_objects_only_as_in_the_details_of_its_voucher(
    client: httpx.Client, tenant: Tenant
) -> None:
    tenant.books.change_voucher(add_sale(tenant.books).key, cost_centre="10")

    postings = only_voucher(of_bytes(client.get("sie/4").content)).postings

    assert [posting.objects for posting in postings] == [{}, {}]


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_the_bytes_are_utf8_or_those_of_code_page_437(
    client: httpx.Client, tenant: Tenant, encoding: str
) -> None:
    assert encoding in ("utf-8", "cp437")
    tenant.traps = Traps(sie_encoding="cp437" if encoding == "cp437" else "utf-8")

    content = client.get("sie/4").content

    assert b"#FORMAT PC8" in content
    assert "#OBJEKT 1 10 Göteborg".encode(encoding) in content


@pytest.mark.parametrize(
    ("sie_type", "has_months", "has_objects", "has_vouchers"),
    [
        ("1", False, False, False),
        ("2", True, False, False),
        ("3", True, True, False),
        ("4", True, True, True),
    ],
)
def test_each_type_has_what_it_must(
    client: httpx.Client,
    tenant: Tenant,
    sie_type: str,
    has_months: bool,
    has_objects: bool,
    has_vouchers: bool,
) -> None:
    tenant.books.add_voucher(THIS_YEAR, "A", ANY_DAY, "Försäljning", sale(cost_centre="10"))

    file = of_bytes(client.get(f"sie/{sie_type}").content)
    header = file.header()

    assert header.sie_type[0] == sie_type
    assert bool(header.period_balances) == has_months
    assert any(balance.dimension for balance in header.period_balances) == has_objects
    assert bool(list(file.vouchers())) == has_vouchers
    assert header.control_totals


def test_an_unbalanced_voucher_is_exported_as_it_is(client: httpx.Client, tenant: Tenant) -> None:
    rows = (row(1930, "125.00"), row(3001, "-124.99"))
    tenant.books.add_voucher(THIS_YEAR, "A", ANY_DAY, "Fel", rows)

    refused = only_set_aside(of_bytes(client.get("sie/4").content))

    assert isinstance(refused, SetAsideVoucher)
    assert refused.difference == Decimal("0.01")


def test_a_voucher_is_the_same_by_both_ways(client: httpx.Client, tenant: Tenant) -> None:
    rows = sale(cost_centre="10", text="Kaffe", quantity=Decimal("-2.5"))
    tenant.books.add_voucher(THIS_YEAR, "A", ANY_DAY, "Försäljning", rows)

    exported: Voucher = only_voucher(of_bytes(client.get("sie/4").content))
    answered = client.get("vouchers/A/1").json()["Voucher"]

    assert (exported.text, str(exported.voucher_date)) == (
        answered["Description"],
        answered["TransactionDate"],
    )
    assert [(p.account, p.text, float(p.amount)) for p in exported.postings] == [
        (str(r["Account"]), r["TransactionInformation"], r["Debit"] - r["Credit"])
        for r in answered["VoucherRows"]
    ]

"""What the simulated vendor answers on a good day."""

from datetime import date
from decimal import Decimal

import httpx
import pytest

from connectors.simulators.fortnox.records import row
from connectors.simulators.fortnox.tenant import Tenant
from tests.connectors.simulators.fortnox.builders import (
    ANY_DAY,
    LAST_YEAR,
    THIS_YEAR,
    add_sale,
    error_of,
    numbers,
    sale,
)
from tests.connectors.simulators.fortnox.conftest import Vendor


def test_the_company_says_its_name_and_number(client: httpx.Client) -> None:
    company = client.get("companyinformation").json()["CompanyInformation"]

    assert company["CompanyName"] == "Nordlunds Bygg AB"
    assert company["OrganizationNumber"] == "559123-4567"


def test_a_financial_year_has_an_id_that_is_not_its_calendar_year(client: httpx.Client) -> None:
    years = client.get("financialyears").json()["FinancialYears"]

    assert [(year["Id"], year["FromDate"], year["ToDate"]) for year in years] == [
        (LAST_YEAR, "2024-05-01", "2025-04-30"),
        (THIS_YEAR, "2025-05-01", "2026-04-30"),
    ]


def test_a_financial_year_is_found_by_a_date(client: httpx.Client) -> None:
    years = client.get("financialyears", params={"date": "2025-04-30"}).json()["FinancialYears"]

    assert [year["Id"] for year in years] == [LAST_YEAR]


def test_accounts_without_a_year_are_those_of_the_current_one(
    client: httpx.Client, tenant: Tenant
) -> None:
    tenant.books.add_account(LAST_YEAR, 1910, "Kassa")

    current = client.get("accounts").json()["Accounts"]
    earlier = client.get("accounts", params={"financialyear": LAST_YEAR}).json()["Accounts"]

    assert [account["Number"] for account in current] == [1930, 2081, 3001]
    assert [account["Number"] for account in earlier] == [1910, 1930, 2081, 3001]
    assert {account["Year"] for account in current} == {THIS_YEAR}


def test_an_account_has_the_opening_balance_of_its_year(
    client: httpx.Client, tenant: Tenant
) -> None:
    tenant.books.set_opening_balance(THIS_YEAR, 1930, "-0.05")

    body = client.get("accounts").text

    assert '"BalanceBroughtForward":-0.05' in body
    assert '"BalanceBroughtForward":-525.00' in body


def test_cost_centres_and_projects_are_listed(client: httpx.Client, tenant: Tenant) -> None:
    tenant.books.add_cost_centre("20", "Malmö", active=False)
    tenant.books.add_project("P2", "Nybyggnad", status="COMPLETED")

    centres = client.get("costcenters").json()["CostCenters"]
    projects = client.get("projects").json()["Projects"]

    assert [(c["Code"], c["Description"], c["Active"]) for c in centres] == [
        ("10", "Göteborg", True),
        ("20", "Malmö", False),
    ]
    assert [(p["ProjectNumber"], p["Status"]) for p in projects] == [
        ("P1", "ONGOING"),
        ("P2", "COMPLETED"),
    ]


def test_a_series_is_there_from_its_first_voucher_on(client: httpx.Client, tenant: Tenant) -> None:
    tenant.books.add_series(THIS_YEAR, "L", "Löner")
    add_sale(tenant.books, series="B")

    listed = client.get("voucherseries").json()["VoucherSeriesCollection"]

    assert [(series["Code"], series["Description"]) for series in listed] == [
        ("B", "Serie B"),
        ("L", "Löner"),
    ]


def test_a_list_of_vouchers_has_no_rows_and_one_voucher_has(
    client: httpx.Client, tenant: Tenant
) -> None:
    rows = sale(cost_centre="10", project="P1", text="Kaffe", quantity=Decimal("-2.5"))
    tenant.books.add_voucher(THIS_YEAR, "A", ANY_DAY, "Försäljning", rows)

    (listed,) = client.get("vouchers").json()["Vouchers"]
    whole = client.get("vouchers/A/1", params={"financialyear": THIS_YEAR}).json()["Voucher"]

    assert "VoucherRows" not in listed
    assert {name: whole[name] for name in listed} == listed
    assert whole["VoucherRows"][1] == {
        "Account": 3001,
        "Debit": 0.0,
        "Credit": 125.0,
        "CostCenter": "10",
        "Project": "P1",
        "Description": "Försäljning inom Sverige",
        "TransactionInformation": "Kaffe",
        "Quantity": -2.5,
        "Removed": False,
    }


def test_a_large_amount_is_exact(client: httpx.Client, tenant: Tenant) -> None:
    add_sale(tenant.books, amount="1234567890123456.78")

    assert '"Debit":1234567890123456.78' in client.get("vouchers/A/1").text


def test_a_struck_row_stays_and_is_marked(client: httpx.Client, tenant: Tenant) -> None:
    voucher = add_sale(tenant.books)
    tenant.books.strike_row(voucher.key, 0, row(1910, "125.00"))

    rows = client.get("vouchers/A/1").json()["Voucher"]["VoucherRows"]

    assert [(r["Account"], r["Removed"]) for r in rows] == [
        (1930, True),
        (3001, False),
        (1910, False),
    ]


def test_the_same_series_and_number_is_another_voucher_in_another_year(
    client: httpx.Client, tenant: Tenant
) -> None:
    add_sale(tenant.books, year=LAST_YEAR, day=date(2025, 1, 2), text="I fjol")
    add_sale(tenant.books, text="I år")

    found = client.get("vouchers/A/1", params={"financialyear": LAST_YEAR}).json()["Voucher"]
    by_date = client.get("vouchers", params={"financialyeardate": "2025-01-02"})

    assert found["Description"] == "I fjol"
    assert found["Year"] == LAST_YEAR
    assert by_date.json()["Vouchers"][0]["Description"] == "I fjol"


def test_vouchers_are_listed_by_series_and_number(client: httpx.Client, tenant: Tenant) -> None:
    for series in "BAB":
        add_sale(tenant.books, series=series)

    assert numbers(client.get("vouchers")) == [("A", 1), ("B", 1), ("B", 2)]
    assert numbers(client.get("vouchers/sublist/B")) == [("B", 1), ("B", 2)]
    assert numbers(client.get("vouchers/sublist/C")) == []


def test_vouchers_are_found_by_their_dates(client: httpx.Client, tenant: Tenant) -> None:
    for day in (1, 2, 3):
        add_sale(tenant.books, day=date(2026, 3, day))

    found = client.get("vouchers", params={"fromdate": "2026-03-02", "todate": "2026-03-02"})

    assert numbers(found) == [("A", 2)]


def test_pages_say_how_many_there_are(client: httpx.Client, tenant: Tenant) -> None:
    for _ in range(5):
        add_sale(tenant.books)

    pages = [client.get("vouchers", params={"limit": 2, "page": page}) for page in (1, 2, 3)]

    assert [numbers(page) for page in pages] == [
        [("A", 1), ("A", 2)],
        [("A", 3), ("A", 4)],
        [("A", 5)],
    ]
    assert pages[1].json()["MetaInformation"] == {
        "@TotalResources": 5,
        "@TotalPages": 3,
        "@CurrentPage": 2,
    }


def test_an_empty_list_has_a_first_page(client: httpx.Client) -> None:
    answer = client.get("vouchers")

    assert numbers(answer) == []
    assert answer.json()["MetaInformation"]["@TotalPages"] == 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("vouchers?page=2", 404, 2000762),
        ("nothing", 404, 2000762),
        ("sie/5", 404, 2000762),
        ("vouchers/A/99", 404, 2000588),
        ("vouchers?financialyear=2025", 404, 2000588),
        ("vouchers?limit=501", 400, 2000588),
        ("vouchers?page=0", 400, 2000588),
        ("vouchers?Page=1", 400, 2000588),
        ("vouchers?lastmodified=2026-03-10", 400, 2000588),
        ("vouchers?lastmodified=2026-03-10T12:30", 400, 2000588),
        ("vouchers?lastmodified=2026-13-10 12:30", 400, 2000588),
        ("vouchers?fromdate=20260310", 400, 2000588),
        ("costcenters?lastmodified=2026-03-10 12:30", 400, 2000588),
        ("vouchers/A/x", 400, 2000588),
    ],
)
def test_a_wrong_request_is_refused_with_the_vendor_s_code(
    client: httpx.Client, path: str, status: int, code: int
) -> None:
    assert error_of(client.get(path)) == (status, code)


def test_only_reading_is_simulated(client: httpx.Client) -> None:
    assert client.post("vouchers", json={}).status_code == 405


def test_requests_are_remembered(client: httpx.Client, tenant: Tenant, vendor: Vendor) -> None:
    client.get("vouchers?limit=2")
    client.get("nothing")

    served = vendor.simulator.requests_of(tenant)

    assert [(s.method, s.path, s.query, s.status) for s in served] == [
        ("GET", "/3/vouchers", "limit=2", 200),
        ("GET", "/3/nothing", "", 404),
    ]
    assert served[0].at_seconds <= served[1].at_seconds

"""How a change in the books is seen from outside: by `lastmodified`, or not at all."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import StoredVoucher, VoucherKey, row
from connectors.simulators.fortnox.tenant import Tenant
from connectors.simulators.fortnox.traps import Traps
from tests.connectors.simulators.fortnox.builders import (
    LAST_YEAR,
    NOON,
    THIS_YEAR,
    add_sale,
    error_of,
    numbers,
    sale,
)
from tests.connectors.simulators.fortnox.conftest import Vendor


def since(client: httpx.Client, minute: str, **parameters: Any) -> list[tuple[str, int]]:
    return numbers(client.get("vouchers", params={"lastmodified": minute, **parameters}))


def change_text(books: Books, voucher: StoredVoucher) -> None:
    books.change_voucher(voucher.key, text="Ändrad")


def move_to_another_day(books: Books, voucher: StoredVoucher) -> None:
    books.change_voucher(voucher.key, voucher_date=date(2025, 6, 1))


def strike(books: Books, voucher: StoredVoucher) -> None:
    books.strike_row(voucher.key, 1, row(3001, "-125.00"))


def reuse(books: Books, voucher: StoredVoucher) -> None:
    books.reuse_last_number(THIS_YEAR, "A", date(2026, 3, 10), "En annan", sale("9.00"))


@pytest.mark.parametrize("change", [change_text, move_to_another_day, strike, reuse])
def test_a_changed_voucher_is_found_by_its_time(
    client: httpx.Client, tenant: Tenant, vendor: Vendor, change: Any
) -> None:
    voucher = add_sale(tenant.books)
    vendor.simulator.clock.advance(timedelta(hours=1))
    assert since(client, "2026-03-10 13:30") == []

    change(tenant.books, voucher)

    assert since(client, "2026-03-10 13:30") == [("A", 1)]
    assert since(client, "2026-03-10 13:31") == []


def test_a_voucher_that_is_added_with_an_old_date_is_found_by_its_time(
    client: httpx.Client, tenant: Tenant
) -> None:
    add_sale(tenant.books, year=LAST_YEAR, day=date(2024, 5, 2))

    assert since(client, "2026-03-10 12:30", financialyear=LAST_YEAR) == [("A", 1)]
    assert since(client, "2026-03-10 12:30") == []  # It is of another year than the current one.


def test_a_deleted_voucher_leaves_no_trace(client: httpx.Client, tenant: Tenant) -> None:
    add_sale(tenant.books)
    tenant.books.delete_voucher(add_sale(tenant.books).key)

    assert since(client, "2026-03-10 12:30") == [("A", 1)]
    assert numbers(client.get("vouchers")) == [("A", 1)]
    assert error_of(client.get("vouchers/A/2")) == (404, 2000588)


def test_the_number_of_a_deleted_last_voucher_is_used_again(tenant: Tenant) -> None:
    add_sale(tenant.books)
    second = add_sale(tenant.books)
    tenant.books.delete_voucher(second.key)

    again = add_sale(tenant.books, text="En annan")

    assert again.key == second.key == VoucherKey(THIS_YEAR, "A", 2)


def test_a_changed_account_is_found_by_its_time(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    vendor.simulator.clock.advance(timedelta(minutes=1))
    tenant.books.set_opening_balance(THIS_YEAR, 1930, "1.00")

    changed = client.get("accounts", params={"lastmodified": "2026-03-10 12:31"})

    assert [account["Number"] for account in changed.json()["Accounts"]] == [1930]


def test_in_spring_a_wall_clock_has_an_hour_less(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    for minutes in (0, 60):  # 01:45 and 03:45 on the wall.
        vendor.simulator.clock.set(
            datetime(2026, 3, 29, 0, 45, tzinfo=UTC) + timedelta(minutes=minutes)
        )
        add_sale(tenant.books)

    assert since(client, "2026-03-29 01:45") == [("A", 1), ("A", 2)]
    assert since(client, "2026-03-29 02:30") == [("A", 2)]
    assert since(client, "2026-03-29 03:46") == []


def test_in_autumn_a_later_change_may_have_an_earlier_time(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    """The hour from two to three comes twice, and the vendor does not say which one it means."""
    tenant.books.add_year(6, date(2026, 5, 1), date(2027, 4, 30))
    for moment in (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30, for the first time.
        datetime(2026, 10, 25, 1, 15, tzinfo=UTC),  # 02:15, 45 minutes later.
    ):
        vendor.simulator.clock.set(moment)
        add_sale(tenant.books, year=6, day=date(2026, 10, 25))

    assert since(client, "2026-10-25 02:30") == [("A", 1)]
    assert since(client, "2026-10-25 01:30") == [("A", 1), ("A", 2)]


def test_a_skewed_clock_is_seen_in_stamps_and_in_the_date_of_answers(
    client: httpx.Client, tenant: Tenant
) -> None:
    tenant.traps = Traps(clock_skew=timedelta(minutes=-10))
    add_sale(tenant.books)

    answer = client.get("vouchers", params={"lastmodified": "2026-03-10 12:20"})

    assert numbers(answer) == [("A", 1)]
    assert answer.headers["date"] == "Tue, 10 Mar 2026 11:20:00 GMT"
    assert since(client, "2026-03-10 12:21") == []


def test_the_current_year_follows_the_vendor_s_clock(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    vendor.simulator.clock.set(datetime(2025, 4, 30, 12, tzinfo=UTC))
    before = client.get("accounts").json()["Accounts"][0]["Year"]

    vendor.simulator.clock.set(NOON)

    assert before == LAST_YEAR
    assert client.get("accounts").json()["Accounts"][0]["Year"] == THIS_YEAR

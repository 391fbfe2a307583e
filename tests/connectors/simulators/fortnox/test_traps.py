"""What the simulated vendor does on a bad day, each as a switch of the tenant."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.tenant import Tenant
from connectors.simulators.fortnox.traps import ALWAYS, Fault, FaultKind, FaultPlan, Traps
from tests.connectors.simulators.fortnox.builders import add_sale, error_of, numbers
from tests.connectors.simulators.fortnox.conftest import Vendor

WAIT_SECONDS_MAX = 10


def statuses(client: httpx.Client, path: str, times: int) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", 2000311),
        ("Basic dGVzdA==", 2000311),
        ("Bearer", 2000311),
        ("Bearer nobody", 2000310),
    ],
)
def test_who_has_no_good_token_is_refused(vendor: Vendor, authorization: str, code: int) -> None:
    headers = {"Authorization": authorization}

    answer = httpx.get(f"{vendor.url}/3/companyinformation", headers=headers)

    assert error_of(answer) == (401, code)
    assert vendor.simulator.requests[-1].tenant == ""


def test_a_token_that_is_revoked_in_the_middle_is_refused_until_it_is_accepted_again(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    token = f"token-of-{tenant.name}"
    assert client.get("vouchers").is_success

    vendor.simulator.revoke(token)
    assert error_of(client.get("vouchers")) == (401, 2000310)

    vendor.simulator.accept(token, tenant)
    assert client.get("vouchers").is_success


def test_tenants_see_their_own_books_only(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    other = vendor.simulator.add_tenant("another", token="token-of-another")
    add_sale(tenant.books)
    other.books.years.update(tenant.books.years)

    answer = client.get("vouchers", headers={"Authorization": "Bearer token-of-another"})

    assert numbers(answer) == []


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("token_refused", 401, 2000310),
        ("scope_missing", 403, 2000663),
        ("licence_missing", 403, 2001101),
        ("api_licence_missing", 403, 2001103),
        ("system_error", 500, 1000003),
    ],
)
def test_a_fault_answers_with_the_vendor_s_error(
    client: httpx.Client, tenant: Tenant, kind: FaultKind, status: int, code: int
) -> None:
    tenant.traps = Traps(faults=(Fault(kind, times=ALWAYS),))

    assert error_of(client.get("vouchers")) == (status, code)


def test_an_error_is_spelt_in_three_ways(client: httpx.Client, tenant: Tenant) -> None:
    bodies = []
    for spelling in ("capital", "lower", "bare"):
        tenant.traps = Traps(error_spelling=spelling)
        bodies.append(client.get("nothing").json())

    assert bodies == [
        {"ErrorInformation": {"Error": 1, "Message": "No such route", "Code": 2000762}},
        {"ErrorInformation": {"error": 1, "message": "No such route", "code": 2000762}},
        {"message": "No such route"},
    ]


def test_a_burst_of_429_says_when_to_come_again(client: httpx.Client, tenant: Tenant) -> None:
    tenant.traps = Traps(faults=(Fault("rate_limited", times=2, retry_after_seconds=3),))

    first = client.get("vouchers")

    assert (first.status_code, first.headers["retry-after"]) == (429, "3")
    assert statuses(client, "vouchers", 2) == [429, 200]
    assert tenant.violations == 0


def test_a_burst_of_503_is_no_json(client: httpx.Client, tenant: Tenant) -> None:
    tenant.traps = Traps(faults=(Fault("unavailable", after=1, times=2),))

    assert statuses(client, "vouchers", 4) == [200, 503, 503, 200]
    tenant.traps = Traps(faults=(Fault("unavailable"),))
    assert client.get("vouchers").headers["content-type"].startswith("text/html")


def test_only_the_sie_export_fails(client: httpx.Client, tenant: Tenant) -> None:
    tenant.traps = Traps(faults=(Fault("system_error", path="/3/sie", times=ALWAYS),))

    assert client.get("vouchers").is_success
    assert error_of(client.get("sie/4")) == (500, 1000003)


@pytest.mark.parametrize("path", ["accounts", "sie/4"])
def test_an_answer_is_cut_in_the_middle(client: httpx.Client, tenant: Tenant, path: str) -> None:
    tenant.traps = Traps(faults=(Fault("cut"),))

    with pytest.raises(httpx.RemoteProtocolError):
        client.get(path)

    assert client.get(path).is_success


def test_an_answer_is_held_until_the_gate_is_opened(client: httpx.Client, tenant: Tenant) -> None:
    tenant.traps = Traps(faults=(Fault("held", path="/3/vouchers"),))
    with ThreadPoolExecutor() as pool:
        held = pool.submit(client.get, "vouchers")
        assert tenant.gate.reached.wait(WAIT_SECONDS_MAX)
        assert client.get("accounts").is_success
        assert not held.done()

        tenant.gate.open()

        assert held.result(WAIT_SECONDS_MAX).is_success


def test_answers_are_slow(client: httpx.Client, tenant: Tenant) -> None:
    tenant.traps = Traps(answer_seconds=0.5)

    with pytest.raises(httpx.ReadTimeout):
        client.get("vouchers", timeout=httpx.Timeout(WAIT_SECONDS_MAX, read=0.05))


def test_numbers_come_as_strings(client: httpx.Client, tenant: Tenant, vendor: Vendor) -> None:
    add_sale(tenant.books)
    tenant.traps = Traps(numbers_as_strings=True)

    voucher = client.get("vouchers/A/1").json()["Voucher"]

    assert voucher["VoucherNumber"] == "1"
    assert voucher["VoucherRows"][0]["Debit"] == "125.00"
    assert voucher["VoucherRows"][0]["Removed"] is False
    vendor.forgive("is not of type")


def test_a_page_beyond_the_end_is_empty_instead(client: httpx.Client, tenant: Tenant) -> None:
    tenant.traps = Traps(page_beyond_is_error=False)

    assert numbers(client.get("vouchers?page=7")) == []


def test_a_voucher_that_is_added_between_two_pages_moves_the_next_one(
    client: httpx.Client, tenant: Tenant
) -> None:
    for _ in range(4):
        add_sale(tenant.books, series="B")
    tenant.traps = Traps(drift=lambda books: add_sale(books, series="A"))

    pages = [numbers(client.get(f"vouchers?limit=2&page={page}")) for page in (1, 2)]

    assert pages == [[("B", 1), ("B", 2)], [("B", 2), ("B", 3)]]


def test_a_voucher_that_is_deleted_between_two_pages_hides_another_one(
    client: httpx.Client, tenant: Tenant
) -> None:
    for _ in range(4):
        add_sale(tenant.books)

    def delete_first(books: Books) -> None:
        books.delete_voucher(books.vouchers(5)[0].key)

    tenant.traps = Traps(drift=delete_first)

    pages = [numbers(client.get(f"vouchers?limit=2&page={page}")) for page in (1, 2)]

    assert pages == [[("A", 1), ("A", 2)], [("A", 4)]]


def test_of_two_faults_the_first_one_that_holds_is_met() -> None:
    plan = FaultPlan((Fault("cut", path="/3/sie"), Fault("unavailable", after=1, times=2)))

    met = [plan.next(path) for path in ("/3/vouchers", "/3/sie/4", "/3/sie/4", "/3/sie/4")]

    assert [fault and fault.kind for fault in met] == [None, "cut", "unavailable", None]

"""25 requests in any five seconds, for each tenant."""

import httpx

from connectors.simulators.fortnox.rate_window import RateLimit, RateWindow, most_in_window
from connectors.simulators.fortnox.tenant import Tenant
from tests.connectors.simulators.fortnox.conftest import Vendor


def test_the_window_slides() -> None:
    window = RateWindow(RateLimit(requests=2, seconds=5.0))

    waits = [window.wait_seconds(at) for at in (0.0, 4.0, 4.5, 5.0, 5.1, 9.0)]

    assert waits == [0.0, 0.0, 0.5, 0.0, 9.0 - 5.1, 0.0]
    assert window.violations == 2


def test_the_request_beyond_the_window_is_refused_and_counted(
    client: httpx.Client, tenant: Tenant, vendor: Vendor
) -> None:
    statuses = [client.get("costcenters").status_code for _ in range(25)]
    beyond = client.get("costcenters")

    assert set(statuses) == {200}
    assert beyond.status_code == 429
    assert 1 <= int(beyond.headers["retry-after"]) <= 5
    assert tenant.violations == 1
    times = [served.at_seconds for served in vendor.simulator.requests_of(tenant)]
    assert most_in_window(times, 5.0) == 26


def test_each_tenant_has_a_window_of_its_own(vendor: Vendor) -> None:
    limit = RateLimit(requests=1, seconds=3_600.0)
    for name in ("one", "other"):
        vendor.simulator.add_tenant(name, token=name, limit=limit)

    statuses = [
        httpx.get(
            f"{vendor.url}/3/companyinformation", headers={"Authorization": f"Bearer {name}"}
        ).status_code
        for name in ("one", "other", "one")
    ]

    assert statuses == [200, 200, 429]


def test_the_most_in_a_window_is_found() -> None:
    assert most_in_window([], 5.0) == 0
    assert most_in_window([7.0, 0.0, 2.0, 5.0, 6.9], 5.0) == 3
    assert most_in_window([0.0, 5.0], 5.0) == 1  # A window is open at its end.

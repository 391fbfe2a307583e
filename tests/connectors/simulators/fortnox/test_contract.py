"""Requests and answers of the simulator against the vendor's own specification."""

from dataclasses import replace

import httpx
import pytest
from starlette.responses import Response

from connectors.simulators.fortnox.endpoints import ENDPOINTS
from connectors.simulators.fortnox.records import row
from connectors.simulators.fortnox.server import ServedRequest
from connectors.simulators.fortnox.tenant import Tenant
from tests.connectors.simulators.fortnox.builders import THIS_YEAR, add_sale
from tests.connectors.simulators.fortnox.conftest import Vendor
from tests.connectors.simulators.fortnox.contract import SPECIFICATION, Contract

pytestmark = pytest.mark.skipif(
    not SPECIFICATION.is_file(),
    reason="the specification stands beside the project, in ../shared, and is not there",
)
SERVED = ServedRequest("GET", "/3/costcenters", "", "tenant", 0.0, 200)
PARAMETERS = {
    "date": "2026-03-10",
    "financialyear": str(THIS_YEAR),
    "financialyeardate": "2026-03-10",
    "fromdate": "2026-01-01",
    "lastmodified": "2026-03-01 00:00",
    "limit": "500",
    "page": "1",
    "todate": "2026-12-31",
}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_endpoint_and_parameter_is_the_vendor_s(
    client: httpx.Client, tenant: Tenant, vendor: Vendor, path: str
) -> None:
    voucher = add_sale(tenant.books)
    tenant.books.strike_row(voucher.key, 0, row(1930, "125.00", cost_centre="10", project="P1"))
    tenant.books.add_account(THIS_YEAR, 3001, "Försäljning", sru=7410)
    assert vendor.contract is not None
    checked = vendor.contract.checked
    wanted = path.format(series="A", number=1, type=4)
    parameters = {name: PARAMETERS[name] for name in ENDPOINTS[path].parameters}

    answers = [
        client.get(f"{vendor.url}{wanted}"),
        client.get(f"{vendor.url}{wanted}", params=parameters),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert vendor.contract.checked == checked + len(answers)  # The complaints: see the fixture.


@pytest.mark.parametrize(
    ("served", "body"),
    [
        (SERVED, b'{"CostCenters":[{"Code":"10","Description":""}]}'),
        (SERVED, b'{"CostCenters":[{"Code":"10"}]}'),
        (SERVED, b'{"CostCenters":[{"Code":10,"Description":"Malm"}]}'),
        (SERVED, b'{"CostCenters":[],"CostCentres":[]}'),
        (replace(SERVED, query="lastmodified=2026-03-10+12:30"), b'{"CostCenters":[]}'),
        (replace(SERVED, query="page=first"), b'{"CostCenters":[]}'),
        (replace(SERVED, status=404), b'{"ErrorInformation":{"Fault":1}}'),
    ],
)
def test_what_is_against_the_specification_is_found(served: ServedRequest, body: bytes) -> None:
    contract = Contract()

    contract.check(served, Response(body, served.status, media_type="application/json"))

    assert contract.complaints

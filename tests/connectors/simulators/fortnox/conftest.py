"""One simulated vendor for all tests of it, with a tenant of its own for each test."""

from collections.abc import Iterator
from itertools import count

import httpx
import pytest

from connectors.simulators.clock import VendorClock
from connectors.simulators.fortnox.server import Simulator, running
from connectors.simulators.fortnox.tenant import Tenant
from tests.connectors.simulators.fortnox.builders import NOON, fill_small
from tests.connectors.simulators.fortnox.contract import SPECIFICATION, Contract

_names = count(1)


class Vendor:
    """The simulator, where it runs, and what was found against its specification."""

    def __init__(self, contract: Contract | None) -> None:
        self.contract = contract
        self.simulator = Simulator(
            clock=VendorClock(NOON), observer=contract.check if contract else None
        )
        self.url = ""

    def forgive(self, part: str) -> None:
        """What a trap does against the specification, and a test means it to do."""
        if self.contract:
            assert self.contract.complaints
            assert all(part in complaint for complaint in self.contract.complaints)
            self.contract.complaints.clear()


@pytest.fixture(scope="session")
def shared_vendor() -> Iterator[Vendor]:
    vendor = Vendor(Contract() if SPECIFICATION.is_file() else None)
    with running(vendor.simulator) as url:
        vendor.url = url
        yield vendor


@pytest.fixture
def vendor(shared_vendor: Vendor) -> Iterator[Vendor]:
    """Every answer of every test is checked, where the specification is at hand."""
    shared_vendor.simulator.clock.set(NOON)
    if shared_vendor.contract:
        shared_vendor.contract.complaints.clear()
    yield shared_vendor
    if shared_vendor.contract:
        assert shared_vendor.contract.complaints == []


@pytest.fixture
def tenant(vendor: Vendor) -> Tenant:
    name = f"tenant-{next(_names)}"
    tenant = vendor.simulator.add_tenant(name, token=f"token-of-{name}")
    fill_small(tenant.books)
    return tenant


@pytest.fixture
def client(vendor: Vendor, tenant: Tenant) -> Iterator[httpx.Client]:
    """Asks as the tenant's connector would."""
    headers = {"Authorization": f"Bearer token-of-{tenant.name}"}
    with httpx.Client(base_url=f"{vendor.url}/3", headers=headers) as client:
        yield client

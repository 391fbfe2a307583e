"""What scenarios share: the accounting system that companies are connected to."""

from collections.abc import Iterator

import pytest

from tests.scenarios.direct import Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor.running() as vendor:
        yield vendor

"""Each test of the contract runs against every source."""

from collections.abc import Iterator

import pytest

from tests.connectors.contract.sources import SOURCES, Source
from tests.connectors.contract.whole_read import ReadDone, run


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    with SOURCES[request.param]() as source:
        yield source


@pytest.fixture(scope="module")
def whole(source: Source) -> list[ReadDone]:
    """A run of everything that the source has."""
    with source.opened() as connector:
        return run(connector)

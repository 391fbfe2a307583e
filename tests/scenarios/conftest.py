"""What scenarios share: the accounting system that companies are connected to, and a pool."""

from collections.abc import AsyncIterator, Iterator

import pytest

from streams.database import Database
from tests.engine import Engine
from tests.scenarios.direct import Vendor


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor.running() as vendor:
        yield vendor


@pytest.fixture
async def pool(engine: Engine) -> AsyncIterator[Database]:
    """A worker's pool, for a test that does a worker's work itself."""
    database = await engine.database()
    yield database
    await database.stop()

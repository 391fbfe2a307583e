"""A migrated database of its own for each test, with an empty version beside the live one."""

import asyncpg
import pytest

from projections.migrate import PROJECTIONS, create_tables
from tests.projections.rebuild.builds import Builds


@pytest.fixture
async def builds(database: asyncpg.Connection) -> Builds:
    async with database.transaction():
        for projection in PROJECTIONS:
            assert await create_tables(database, projection) == 2
    return Builds(database)

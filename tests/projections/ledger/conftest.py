"""A migrated database of its own for each test, with means to fill it."""

import asyncpg
import pytest

from tests.books import Books


@pytest.fixture
def books(database: asyncpg.Connection) -> Books:
    return Books(database)

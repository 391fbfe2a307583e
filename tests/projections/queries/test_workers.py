"""A worker is ready for as long as its lease lasts."""

from datetime import timedelta

import pytest

from projections.queries.workers import ready_workers
from tests.books import Books

pytestmark = pytest.mark.engine


async def test_only_a_worker_whose_lease_lasts_is_ready(books: Books) -> None:
    await books.hold_lease("outbox_relay")
    await books.hold_lease("worker:dead", lasts=-timedelta(seconds=1))
    before = await ready_workers(books.connection)
    await books.hold_lease("worker:1")

    assert (before, await ready_workers(books.connection)) == ([], ["test"])

"""The connections of all companies, and of one."""

from datetime import timedelta

import pytest

from projections.queries.company_facts import UnknownCompany
from projections.queries.connections import ComesByFiles, connection_of, connections
from schemas.lifecycle_events import CompanyRegistered, ReadOutcome, SyncCompleted
from schemas.parts import Read
from tests.books import Books
from tests.builders import COMPANY

pytestmark = pytest.mark.engine


async def test_a_connection_is_told_in_the_agreed_shape(books: Books) -> None:
    await books.register(source="fortnox", name="Bageriet AB")
    due_at = await books.connect(due_in=timedelta(minutes=5), failures=2)
    await books.happened(CompanyRegistered, source="fortnox")
    fetched_at = await books.now()
    reads = (ReadOutcome(read=Read(part="vouchers"), state="complete"),)
    await books.happened(
        SyncCompleted, run_id="run-1", run_number=1, fetched_at=fetched_at, reads=reads
    )

    (found,) = await connections(books.connection)

    assert found.model_dump() == {
        "company_id": COMPANY,
        "name": "Bageriet AB",
        "source": "fortnox",
        "state": "connected",
        "reason": None,
        "connected_at": found.connected_at,
        "due_at": due_at,
        "last_fetched_at": fetched_at,
        "failures_in_a_row": 2,
    }
    assert await connection_of(books.connection, COMPANY) == found


async def test_a_lost_connection_says_why_and_has_no_next_run(books: Books) -> None:
    await books.register(source="fortnox")
    await books.connect(state="reconnect_required", reason="invalid_login")

    found = await connection_of(books.connection, COMPANY)

    assert (found.state, found.reason) == ("reconnect_required", "invalid_login")
    assert (found.due_at, found.last_fetched_at) == (None, None)


async def test_all_are_told_by_company(books: Books) -> None:
    for company in ("b", "a"):
        await books.register(company, source="fortnox")
        await books.connect(company)
    await books.register("uploads")

    assert [row.company_id for row in await connections(books.connection)] == ["a", "b"]


async def test_a_company_without_a_connection_is_another_matter_than_none(books: Books) -> None:
    with pytest.raises(UnknownCompany):
        await connection_of(books.connection, COMPANY)
    await books.register()
    with pytest.raises(ComesByFiles):
        await connection_of(books.connection, COMPANY)

"""What the engine has decided about a command, for whoever waits for it."""

import pytest

from projections.queries.command_answer import command_answer, run_since
from tests.books import Books
from tests.builders import COMPANY

pytestmark = pytest.mark.engine


async def test_a_command_has_no_answer_until_it_is_decided(books: Books) -> None:
    before = await command_answer(books.connection, COMPANY, "c-1")
    await books.decide("c-1", run_id="run-1")
    await books.decide("c-2", rejection="already_running", detail="run run-1 has no end yet")
    taken = await command_answer(books.connection, COMPANY, "c-1")
    rejected = await command_answer(books.connection, COMPANY, "c-2")

    assert before is None
    assert taken is not None
    assert rejected is not None
    assert (taken.run_id, taken.rejection, taken.detail) == ("run-1", None, "")
    assert (rejected.rejection, rejected.detail) == ("already_running", "run run-1 has no end yet")
    assert await command_answer(books.connection, "snickeriet", "c-1") is None


async def test_the_run_that_follows_is_one_that_is_going_or_the_next(books: Books) -> None:
    await books.register(source="fortnox")
    await books.queue("earlier")
    await books.move("earlier", state="completed", finished_at=await books.now())
    since = await books.now()
    before = await run_since(books.connection, COMPANY, since)
    await books.queue("next")
    await books.queue("after")
    following = await run_since(books.connection, COMPANY, since)
    going = await run_since(books.connection, COMPANY, await books.now())

    assert (before, following, going) == (None, "next", "next")

"""A company is read from its own source alone, and counted with whoever reads the same one."""

import pytest
from pydantic import SecretStr

from streams.database import Database
from streams.reading_thread import ReadingThread
from streams.settings import Settings
from streams.sources import OrganisationNumberDiffers, check_owner, open_source
from streams.sync_runs import Claimed, RunLost
from tests.books import Books
from tests.connectors.fortnox.vendor import TOKEN, Vendor, a_vendor
from tests.streams.command_topic import CommandTopic
from tests.streams.queue import Queue

NUMBER = "SELECT organisation_number FROM engine.company WHERE company_id = $1"
TENANTS = "SELECT tenant FROM engine.request_window"
OWN = "5591234567"


async def _claimed(pool: Database, company: str) -> Claimed:
    async with pool.connection() as connection:
        queue = Queue(connection)
        await queue.add(company)
        run = await queue.claim_next()
    assert run is not None
    return run


async def _open(pool: Database, vendor: Vendor, run: Claimed) -> str | None:
    """The company's number after its source was opened."""
    settings = Settings(
        kafka_url="",
        postgres_dsn=SecretStr(""),
        fortnox_url=f"{vendor.url}/3",
        fortnox_tokens={"*": SecretStr(TOKEN)},
    )
    with ReadingThread() as thread:
        await open_source(pool, settings, run, thread)
    async with pool.connection() as connection:
        number: str | None = await connection.fetchval(NUMBER, run.company_id)
        return number


@pytest.mark.engine
async def test_the_first_source_says_whose_books_they_are_and_another_is_refused(
    pool: Database,
) -> None:
    async with pool.connection() as connection:
        books = Books(connection)
        await books.register("new", source="fortnox")
        await books.register("same", source="fortnox", organisation_number=OWN)
        await books.register("other", source="fortnox", organisation_number="5560000001")
    with a_vendor() as vendor:
        assert await _open(pool, vendor, await _claimed(pool, "new")) == OWN
        assert await _open(pool, vendor, await _claimed(pool, "same")) == OWN
        with pytest.raises(OrganisationNumberDiffers, match=OWN) as caught:
            await _open(pool, vendor, await _claimed(pool, "other"))
    async with pool.connection() as connection:
        tenants = await connection.fetch(TENANTS)

    assert caught.value.reason == "organisation_number_differs"
    (tenant,) = tenants  # All three asked with one token, and so share its window.
    assert TOKEN not in tenant["tenant"]


@pytest.mark.engine
@pytest.mark.parametrize("number", [None, "", "000000-0000"])
async def test_a_source_that_gives_no_number_is_taken(pool: Database, number: str | None) -> None:
    async with pool.transaction() as connection:
        await Books(connection).register(organisation_number=OWN)
        await check_owner(connection, "bageriet", number)


@pytest.mark.engine
async def test_a_runner_from_before_a_removal_says_nothing_of_whose_books_they_are(
    pool: Database, topic: CommandTopic
) -> None:
    """Neither of a company that is gone, nor of one that has come back with other books."""
    run = await _claimed(pool, "bageriet")
    await topic.command("company_removal_requested")
    with a_vendor() as vendor:
        with pytest.raises(RunLost):
            await _open(pool, vendor, run)
        await topic.command("connection_requested", source="fortnox")
        with pytest.raises(RunLost):
            await _open(pool, vendor, run)

    assert await topic.value(NUMBER, "bageriet") is None

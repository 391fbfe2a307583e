"""What a purge does to the engine's tables and says on the topics, and when it is completed."""

from datetime import date, timedelta

import pytest

from projections.migrate import LEDGER
from projections.queries.purges import purge_state
from schemas.codec import decode_ledger
from schemas.ledger_events import AnyLedgerEvent, CompanyObserved, LedgerPurged
from schemas.lifecycle_events import CompanyRegistered, CompanyRemoved
from streams import confirmer, housekeeping, purges
from tests.books import Books
from tests.builders import a_purge, a_read, a_voucher, an_event, some_years
from tests.streams.command_topic import CommandTopic
from tests.streams.test_uploads import uploaded

pytestmark = pytest.mark.engine
YEARS = (date(2024, 1, 1), date(2025, 1, 1))
READS = ["accounts/2024-01-01", "accounts/2025-01-01", "fiscal_years", "vouchers/2025-01-01"]
KNOW = "INSERT INTO engine.watermark SELECT 'bageriet', unnest($1::text[]), 'x', now()"
ON_LEDGER = "SELECT message_value FROM engine.outbox WHERE topic = $1 ORDER BY outbox_id"
READING = "UPDATE engine.sync_run SET state = 'running'"
CONFIRMING = """
    UPDATE engine.sync_run SET state = 'confirming', run_number = 1, fetched_at = engine.clock()
"""
HAS_READ = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset)
    SELECT run_id, 'vouchers/2025-01-01', 1, 0, 0, 0 FROM engine.sync_run
"""


@pytest.fixture
async def synced(topic: CommandTopic) -> CommandTopic:
    """A connected company with two years, some of whose reads have come somewhere."""
    await topic.command("connection_requested", source="fortnox")
    await project(topic, some_years(*YEARS, run=0))
    async with topic.database.connection() as connection:
        await connection.execute(KNOW, READS)
    return topic


async def purge_events(topic: CommandTopic) -> list[LedgerPurged]:
    """Those that are to be published, in their order."""
    async with topic.database.connection() as connection:
        rows = await connection.fetch(ON_LEDGER, LEDGER.topic)
    events = [decode_ledger(row["message_value"]) for row in rows]
    return [event for event in events if isinstance(event, LedgerPurged)]


async def project(topic: CommandTopic, *events: AnyLedgerEvent) -> None:
    async with topic.database.connection() as connection:
        await Books(connection).project(events)


async def watermarks(topic: CommandTopic) -> list[str]:
    async with topic.database.connection() as connection:
        rows = await connection.fetch("SELECT read FROM engine.watermark ORDER BY read")
    return [row["read"] for row in rows]


async def test_a_purge_is_said_to_both_topics_and_forgets_how_far_the_reads_came(
    synced: CommandTopic,
) -> None:
    await synced.command("purge_requested", command_id="p-1", requested_by="Åsa")

    started = (await synced.events())[-1]
    assert (started["type"], started["generation"]) == ("purge_started.v1", 1)
    assert started["requested_by"] == "Åsa"
    (purged,) = await purge_events(synced)
    assert (purged.fence, purged.fiscal_years, purged.requested_by) == ((1, 0, 0), None, "Åsa")
    assert started["command_id"] == "p-1"
    assert await watermarks(synced) == []
    assert await synced.value("SELECT generation FROM engine.company") == 1


async def test_a_purge_of_some_years_leaves_the_watermarks_of_others(synced: CommandTopic) -> None:
    await synced.command("purge_requested", fiscal_years=[YEARS[1], YEARS[1]])

    (purged,) = await purge_events(synced)
    assert purged.fiscal_years == (YEARS[1],)
    assert await watermarks(synced) == ["accounts/2024-01-01", "fiscal_years"]


async def test_a_purge_of_some_years_has_all_read_whole_where_a_run_was_reading(
    synced: CommandTopic,
) -> None:
    await synced.command("sync_requested")
    async with synced.database.connection() as connection:
        await connection.execute(READING)

    await synced.command("purge_requested", fiscal_years=[YEARS[1]])

    assert await watermarks(synced) == []
    assert (await synced.kinds())[-2:] == ["sync_cancelled", "purge_started"]
    run = await synced.row("SELECT state, reason FROM engine.sync_run")
    assert tuple(run) == ("cancelled", "superseded_by_purge")


async def test_what_a_run_of_another_year_has_read_is_read_whole_again(
    synced: CommandTopic,
) -> None:
    """The ledger has all of it, or will; whether it was to be the end of the run nobody says."""
    await synced.command("sync_requested")
    async with synced.database.connection() as connection:
        await connection.execute(CONFIRMING)
        await connection.execute(HAS_READ)

    await synced.command("purge_requested", fiscal_years=[YEARS[0]])

    assert await watermarks(synced) == ["accounts/2025-01-01", "fiscal_years"]


@pytest.mark.parametrize(("years", "currency"), [(None, None), ([YEARS[0]], "SEK")])
async def test_the_currency_is_forgotten_with_the_last_amount(
    topic: CommandTopic, years: list[date] | None, currency: str | None
) -> None:
    await uploaded(topic)
    assert await topic.value("SELECT currency FROM engine.company") == "SEK"

    await topic.command("purge_requested", fiscal_years=years)

    assert await topic.value("SELECT currency FROM engine.company") == currency


async def test_what_its_source_called_the_company_is_kept_when_it_is_emptied_again(
    synced: CommandTopic,
) -> None:
    await project(synced, an_event(CompanyObserved, part="company", year=None, name="Bageriet AB"))

    await synced.command("purge_requested")
    await project(synced, *await purge_events(synced))
    await synced.command("purge_requested")

    kept = await synced.row("SELECT name, last_known_name FROM engine.company")
    assert tuple(kept) == ("", "Bageriet AB")


async def test_a_file_that_waits_goes_with_the_purge(topic: CommandTopic) -> None:
    run_id = await uploaded(topic)

    await topic.command("purge_requested")

    cancelled = (await topic.events())[-2]
    assert (cancelled["type"], cancelled["run_id"]) == ("sync_cancelled.v1", run_id)
    assert cancelled["reason"] == "superseded_by_purge"
    assert await topic.value("SELECT count(*) FROM engine.upload_chunk") == 0


async def test_the_reload_is_queued_behind_its_purge(synced: CommandTopic) -> None:
    await synced.command("purge_requested", command_id="p-1", fiscal_years=[YEARS[0]], reload=True)

    *_, started, queued = await synced.events()
    assert (started["type"], started["reload"]) == ("purge_started.v1", True)
    assert (queued["trigger"], queued["scope"]) == ("reload", {"fiscal_years": ["2024-01-01"]})
    assert (await synced.answer("p-1")).run_id == queued["run_id"]


@pytest.mark.parametrize("knows_more", ["engine", "ledger"])
async def test_the_generation_rises_from_the_greater_of_engine_and_ledger(
    synced: CommandTopic, knows_more: str
) -> None:
    generation, run_number = (4, 9) if knows_more == "ledger" else (1, 2)
    await project(synced, a_purge(generation=generation, run=run_number))
    async with synced.database.connection() as connection:
        await connection.execute("UPDATE engine.company SET generation = 3, run_number = 7")

    await synced.command("purge_requested")

    (purged,) = await purge_events(synced)
    assert purged.fence == ((5, 9, 0) if knows_more == "ledger" else (4, 7, 0))


async def test_the_same_command_thrice_is_one_purge(synced: CommandTopic) -> None:
    first = await synced.command("purge_requested", command_id="p-1")
    await synced.decide(first)  # Delivered again.
    await synced.command("purge_requested", command_id="p-1", partition=2)  # Written again.

    assert len(await purge_events(synced)) == 1
    assert (await synced.kinds()).count("purge_started") == 1
    assert await synced.value("SELECT count(*) FROM engine.purge") == 1


async def test_an_unknown_company_is_not_purged(topic: CommandTopic) -> None:
    await topic.command("purge_requested")

    (rejected,) = await topic.events()
    assert (rejected["type"], rejected["reason"]) == ("sync_rejected.v1", "unknown_company")
    assert await purge_events(topic) == []


async def test_a_purge_is_completed_once_the_ledger_has_applied_it(synced: CommandTopic) -> None:
    await project(synced, *a_read(a_voucher("1"), a_voucher("2")))
    await synced.command("purge_requested", command_id="p-1")

    assert await purges.complete(synced.database) == 0
    await project(synced, *await purge_events(synced))
    assert await purges.complete(synced.database) == 1
    assert await purges.complete(synced.database) == 0

    *_, started, completed = await synced.events()
    assert (completed["type"], completed["command_id"]) == ("purge_completed.v1", "p-1")
    assert (completed["generation"], completed["years_left"]) == (1, 0)
    assert (completed["vouchers"], completed["postings"]) == (2, 4)
    assert completed["sequence"] == started["sequence"] + 1


async def test_a_year_that_holds_nothing_is_purged_of_nothing(synced: CommandTopic) -> None:
    await synced.command("purge_requested", fiscal_years=[YEARS[0]])
    await project(synced, *await purge_events(synced))

    assert await purges.complete(synced.database) == 1

    completed = (await synced.events())[-1]
    assert (completed["type"], completed["fiscal_years"]) == ("purge_completed.v1", ["2024-01-01"])
    assert "vouchers" not in completed  # It has its default, 0.


async def test_two_purges_are_both_completed_by_one_batch(synced: CommandTopic) -> None:
    await project(synced, *a_read(a_voucher("1")))
    await synced.command("purge_requested", fiscal_years=[YEARS[1]])
    await synced.command("purge_requested")
    await project(synced, *await purge_events(synced))

    await purges.complete(synced.database)

    first, second = (await synced.events())[-2:]
    assert (first["generation"], first["vouchers"]) == (1, 1)
    assert (second["generation"], second.get("vouchers", 0)) == (2, 0)


async def test_a_purge_is_told_before_the_end_of_a_run_that_came_after_it(
    synced: CommandTopic,
) -> None:
    await synced.command("purge_requested", reload=True)
    await project(synced, *await purge_events(synced))
    async with synced.database.connection() as connection:
        await connection.execute(CONFIRMING)

    interval = timedelta(hours=1)
    await confirmer.confirm(synced.database, ledger_agent=LEDGER.agent, interval=interval)
    await purges.complete(synced.database)

    assert (await synced.kinds())[-3:] == ["sync_queued", "purge_completed", "sync_completed"]


async def test_the_purge_of_a_company_that_was_removed_is_not_told(synced: CommandTopic) -> None:
    await synced.command("company_removal_requested")
    await project(synced, *await purge_events(synced))

    assert await purges.complete(synced.database) == 0
    assert (await synced.kinds())[-3:] == ["purge_started", "connection_lost", "company_removed"]


async def test_a_company_that_comes_back_goes_on_behind_its_fence(synced: CommandTopic) -> None:
    await project(synced, *a_read(a_voucher("1"), run=6))
    await synced.command("company_removal_requested")
    await synced.command("connection_requested", source="fortnox")

    company = await synced.row("SELECT generation, run_number FROM engine.company")
    assert tuple(company) == (1, 6)
    sequences = [event["sequence"] for event in await synced.events()]
    assert sequences == list(range(1, len(sequences) + 1))
    late = a_read(a_voucher("1"), run=6)
    await project(synced, *await purge_events(synced), *late)
    assert await synced.value("SELECT count(*) FROM ledger.voucher") == 0


async def test_an_id_that_was_forgotten_is_another_purge(synced: CommandTopic) -> None:
    await synced.command("purge_requested", command_id="yearly")
    await synced.set_clock(timedelta(days=61))
    await housekeeping.forget_old(synced.database)

    await synced.command("purge_requested", command_id="yearly")

    assert [purged.generation for purged in await purge_events(synced)] == [1, 2]
    async with synced.database.connection() as connection:
        state = await purge_state(connection, "bageriet", "yearly")
    assert state is not None
    assert state.generation == 2
    assert await synced.value("SELECT count(*) FROM engine.dead_letter") == 0


async def test_a_company_that_the_status_knows_as_removed_goes_on_behind_its_last_event(
    topic: CommandTopic,
) -> None:
    """The engine's tables are older than the topic, say: nothing of it would be shown else."""
    async with topic.database.connection() as connection:
        books = Books(connection)
        await books.happened(CompanyRegistered, source="fortnox")
        await books.happened(CompanyRemoved)

    await topic.command("connection_requested", source="fortnox")

    *_, registered, established = await topic.events()
    assert registered["type"] == "company_registered.v1"
    assert (registered["sequence"], established["sequence"]) == (3, 4)

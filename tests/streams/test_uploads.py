"""Which companies take a file, and what becomes of a connection that gives way to files."""

import io
from datetime import date

import pytest

from connectors.sie.file import SieFile
from schemas.bookkeeping import FiscalYear
from schemas.errors import UploadRefused
from schemas.ledger_events import FiscalYearsObserved
from streams import uploads
from streams.reading_thread import ReadingThread
from streams.sync_runs import RunLost
from streams.upload_source import open_upload
from tests.books import Books
from tests.builders import an_event
from tests.connectors.sie.builders import HEAD, VOUCHER, a_file
from tests.streams.command_topic import CommandTopic
from tests.streams.runs import a_claimed_run

pytestmark = pytest.mark.engine


async def uploaded(topic: CommandTopic, file: SieFile | None = None) -> str:
    """A file of the company's; its run."""
    judgement = (file or a_file(*VOUCHER)).judge()
    async with topic.database.connection() as connection:
        received = await uploads.receive(
            connection,
            company_id="bageriet",
            name="",
            file=io.BytesIO(b"#FLAGGA 0"),
            file_name="books.se",
            judgement=judgement,
            forced=False,
        )
    return received.run_id


async def test_a_year_that_a_purge_is_about_to_take_stands_in_no_files_way(
    topic: CommandTopic,
) -> None:
    """The ledger may be behind; a purge of some years leaves the years themselves."""
    head = [line.replace("#SIETYP 4", "#SIETYP 1") for line in HEAD]
    balances = a_file("#UB 0 1930 100.00", head=tuple(head))
    await uploaded(topic)
    broken = date(2023, 7, 1)
    async with topic.database.connection() as connection:
        years = [FiscalYear(first_day=broken, last_day=date(2024, 6, 30))]
        observed = an_event(FiscalYearsObserved, part="fiscal_years", year=None, fiscal_years=years)
        await Books(connection).project(observed)

    with pytest.raises(UploadRefused, match="overlaps"):
        await uploaded(topic, balances)
    await topic.command("purge_requested", fiscal_years=[broken])
    with pytest.raises(UploadRefused, match="overlaps"):
        await uploaded(topic, balances)
    await topic.command("purge_requested")
    assert await uploaded(topic, balances)


async def connected(topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox")
    async with topic.database.connection() as connection:
        await connection.execute(
            "INSERT INTO engine.watermark VALUES ('bageriet', 'accounts', 'x', now())"
        )


@pytest.mark.parametrize("state", ["connected", "reconnect_required"])
async def test_a_company_that_is_fetched_takes_no_file(topic: CommandTopic, state: str) -> None:
    await connected(topic)
    async with topic.database.connection() as connection:
        await connection.execute("UPDATE engine.connection SET state = $1", state)

    with pytest.raises(UploadRefused) as refused:
        await uploaded(topic)

    assert refused.value.code == "directly_connected"
    assert await topic.value("SELECT source FROM engine.company") == "fortnox"
    assert await topic.value("SELECT count(*) FROM engine.watermark") == 1


async def test_a_company_that_was_disconnected_gives_way_to_files(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("disconnect_requested")

    run_id = await uploaded(topic)

    assert await topic.value("SELECT source FROM engine.company") == "sie"
    assert await topic.value("SELECT count(*) FROM engine.watermark") == 0
    assert await topic.value("SELECT count(*) FROM engine.connection") == 0
    *_, established, received, queued = await topic.events()
    assert (established["type"], established["source"]) == ("connection_established.v1", "sie")
    assert received["type"] == "upload_received.v1"
    assert (queued["run_id"], queued["source"]) == (run_id, "sie")
    async with topic.database.connection() as connection:
        upload_id = await connection.fetchval("SELECT upload_id FROM engine.upload")
        await uploads.check_again(connection, upload_id)


async def test_files_go_on_without_a_second_change_of_source(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("disconnect_requested")
    await uploaded(topic)
    await uploaded(topic)

    assert (await topic.kinds()).count("connection_established") == 2  # Fortnox, and the files.


async def test_connecting_it_again_begins_from_the_start(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("disconnect_requested")
    await uploaded(topic)
    await topic.command("connection_requested", source="fortnox")

    assert (await topic.kinds())[-2:] == ["sync_cancelled", "connection_established"]
    row = await topic.row("SELECT source, state FROM engine.connection")
    assert tuple(row) == ("fortnox", "connected")
    with pytest.raises(UploadRefused, match="connected to fortnox"):
        await uploaded(topic)


@pytest.mark.parametrize("command", ["purge_requested", "company_removal_requested"])
async def test_a_file_whose_run_is_ended_while_it_is_opened_is_not_read_by_half(
    topic: CommandTopic, command: str
) -> None:
    run_id = await uploaded(topic)
    upload_id = await topic.value("SELECT upload_id FROM engine.upload")
    run = a_claimed_run(run_id=run_id, company_id="bageriet", upload_id=upload_id)

    await topic.command(command)

    with ReadingThread() as thread, pytest.raises(RunLost):
        await open_upload(topic.database, run, thread)


async def test_a_file_of_which_some_chunks_are_gone_is_no_file(topic: CommandTopic) -> None:
    await uploaded(topic)
    async with topic.database.connection() as connection:
        upload_id = await connection.fetchval(
            "UPDATE engine.upload_chunk SET content = substr(content, 1, 4) RETURNING upload_id"
        )

        assert await uploads.fetch(connection, upload_id) is None

"""Commands that the command line sends, on a real broker, and what it makes of their answers."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.codec import Headers, Message, decode_command
from schemas.commands import (
    AnyCommand,
    ConnectionRequested,
    DisconnectRequested,
    SyncCancelRequested,
    SyncRequested,
)
from schemas.lifecycle_events import CompanyRegistered, SyncCancelled, SyncCompleted, SyncQueued
from schemas.topics import COMMANDS, DEAD_LETTERS
from streams.dead_letters import (
    CUT_FROM_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    TOPIC_HEADER,
)
from tests.books import Books
from tests.builders import YEAR, some_years
from tests.engine import Engine
from tests.eventually import eventually
from tests.servers import PARTITIONS
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
COMPANY = "bageriet"
UNREADABLE = b'{"type": "sync_requested.v1", "company_id": "bageriet", "part": []}'
REMEMBER = """
    INSERT INTO engine.dead_letter VALUES ($1, 2, 17, 'bageriet', 'schema_violated', engine.clock())
"""


@pytest.fixture
def command_line(engine: Engine) -> CommandLine:
    return CommandLine({**engine.environment, "LOGNAME": "anna"})


async def sent(engine: Engine, topic: str = COMMANDS.name) -> list[ConsumerRecord]:
    """All that stands on a topic."""
    async with AIOKafkaConsumer(
        bootstrap_servers=engine.endpoints.kafka_url, enable_auto_commit=False
    ) as consumer:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[ConsumerRecord] = []
        while len(found) < sum(ends.values()):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found += records
        return found


async def the_command(engine: Engine) -> AnyCommand:
    """The one command that was sent."""

    async def look() -> list[ConsumerRecord]:
        return await sent(engine)

    (record,) = await eventually(look, what="a command on its topic")
    assert record.key == COMPANY.encode()
    return decode_command(record.value)


def in_background(run: Callable[[], Any]) -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().run_in_executor(None, run)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (
            ("connect", COMPANY, "--source", "fortnox", "--name", "Bageriet AB"),
            ConnectionRequested(company_id=COMPANY, source="fortnox", name="Bageriet AB"),
        ),
        (
            ("sync", COMPANY, "--part", "vouchers", "--year", "2025-01-01"),
            SyncRequested.model_validate(
                {"company_id": COMPANY, "parts": ["vouchers"], "fiscal_years": ["2025-01-01"]}
            ),
        ),
        (("sync", COMPANY), SyncRequested(company_id=COMPANY)),
        (("cancel", COMPANY), SyncCancelRequested(company_id=COMPANY)),
        (("connections", "disconnect", COMPANY), DisconnectRequested(company_id=COMPANY)),
    ],
)
async def test_a_command_says_what_was_asked_and_by_whom(
    engine: Engine, command_line: CommandLine, arguments: tuple[str, ...], wanted: AnyCommand
) -> None:
    told = await in_background(lambda: command_line.json(*arguments))

    found = await the_command(engine)

    assert (told["status"], told["type"]) == ("asked", wanted.type)
    assert found == wanted.model_copy(
        update={"command_id": told["command_id"], "requested_by": "anna"}
    )


@pytest.mark.parametrize(
    ("options", "years", "reload"),
    [((), None, None), (("--reload", "--year", "2025-01-01"), ["2025-01-01"], "asked")],
)
async def test_a_purge_that_was_asked_for_tells_what_is_to_go(
    engine: Engine,
    command_line: CommandLine,
    options: tuple[str, ...],
    years: list[str] | None,
    reload: str | None,
) -> None:
    books = await connected(engine)
    await books.project(some_years(YEAR))

    told = await in_background(lambda: command_line.json("purge", COMPANY, "--yes", *options))

    found = await the_command(engine)
    fetched = told.pop("reload")
    assert told == {
        "company_id": COMPANY,
        "command_id": found.command_id,
        "type": "purge_requested.v1",
        "status": "asked",
        "fiscal_years": years,
        "vouchers": None,
        "postings": None,
    }
    assert (fetched and fetched["status"]) == reload


async def test_a_sync_that_is_waited_for_tells_what_it_brought(
    engine: Engine, command_line: CommandLine
) -> None:
    books = await connected(engine)
    waiting = in_background(lambda: command_line.json("sync", COMPANY, "--wait"))
    command = await the_command(engine)
    await books.queue("run-1")
    await books.decide(str(command.command_id), run_id="run-1")
    await ended(books, SyncCompleted, run_number=1, fetched_at=await books.now())

    told = await waiting

    assert (told["status"], told["run_id"], told["created"]) == ("completed", "run-1", 0)


async def test_a_sync_that_is_rejected_is_refused_by_its_code(
    engine: Engine, command_line: CommandLine
) -> None:
    books = await connected(engine)
    waiting = in_background(
        lambda: command_line.json("sync", COMPANY, "--wait", exit_code=1)["error"]["code"]
    )
    command = await the_command(engine)
    await books.decide(str(command.command_id), rejection="already_running")

    assert await waiting == "already_running"


async def test_a_cancel_is_done_once_the_run_has_ended_so(
    engine: Engine, command_line: CommandLine
) -> None:
    books = await connected(engine)
    await books.queue("run-1")
    waiting = in_background(lambda: command_line.json("cancel", COMPANY, "--wait"))
    command = await the_command(engine)
    await books.decide(str(command.command_id), run_id="run-1")
    await ended(books, SyncCancelled, reason="requested")

    assert (await waiting)["status"] == "cancelled"


async def test_a_sync_that_was_cancelled_is_not_done(
    engine: Engine, command_line: CommandLine
) -> None:
    books = await connected(engine)
    await books.queue("run-1")
    waiting = in_background(lambda: command_line.json("sync", COMPANY, "--wait", exit_code=1))
    command = await the_command(engine)
    await books.decide(str(command.command_id), run_id="run-1")
    await ended(books, SyncCancelled, reason="requested")

    assert (await waiting)["status"] == "cancelled"


async def connected(engine: Engine) -> Books:
    books = Books(engine.connection)
    await books.register(source="fortnox")
    await books.happened(CompanyRegistered, source="fortnox")
    await books.connect(due_in=timedelta(hours=1))
    return books


async def ended(
    books: Books, kind: type[SyncCompleted] | type[SyncCancelled], **fields: Any
) -> None:
    state = "completed" if kind is SyncCompleted else "cancelled"
    await books.happened(SyncQueued, run_id="run-1", trigger="manual", source="fortnox")
    await books.happened(kind, run_id="run-1", **fields)
    await books.move(state=state, finished_at=await books.now())


async def test_a_command_among_the_dead_letters_is_sent_again_as_it_was(
    engine: Engine, command_line: CommandLine
) -> None:
    letter_id = await set_aside(engine, COMMANDS.name)
    told = await in_background(lambda: command_line.json("dead-letters", "redrive", letter_id))
    waiting = await engine.value("SELECT count(*) FROM engine.dead_letter")
    await engine.start_worker()

    async def look() -> list[ConsumerRecord]:
        return await sent(engine)

    (record,) = await eventually(look, what="the command on its topic again")

    assert told["id"] == letter_id
    assert (record.key, record.value) == (COMPANY.encode(), UNREADABLE)
    assert record.headers == (("trace", b"\xff"),)
    assert waiting == 0


async def test_it_is_sent_again_once(engine: Engine, command_line: CommandLine) -> None:
    letter_id = await set_aside(engine, COMMANDS.name)
    arguments = ("dead-letters", "redrive", letter_id)
    await in_background(lambda: command_line.json(*arguments))

    assert await in_background(lambda: command_line.refusal(*arguments)) == "redriven_already"
    assert await engine.value("SELECT count(*) FROM engine.outbox") == 1


async def test_what_nobody_reads_cannot_be_taken_up_again(
    engine: Engine, command_line: CommandLine
) -> None:
    letter_id = await set_aside(engine, "elsewhere")

    def redrive() -> str:
        return command_line.refusal("dead-letters", "redrive", letter_id)

    assert await in_background(redrive) == "redrive_unknown_topic"
    assert await engine.value("SELECT count(*) FROM engine.dead_letter") == 1


async def test_what_could_never_be_a_command_is_left_where_it_is(
    engine: Engine, command_line: CommandLine
) -> None:
    letter_id = await set_aside(engine, COMMANDS.name, b"x" * 70_000)

    def redrive() -> str:
        return command_line.refusal("dead-letters", "redrive", letter_id)

    assert await in_background(redrive) == "dead_letter_too_large"


async def test_a_command_that_was_cut_is_not_sent_again(
    engine: Engine, command_line: CommandLine
) -> None:
    letter_id = await set_aside(engine, COMMANDS.name, cut=((CUT_FROM_HEADER, b"20000000"),))

    def redrive() -> str:
        return command_line.refusal("dead-letters", "redrive", letter_id)

    assert await in_background(redrive) == "dead_letter_too_large"


async def set_aside(
    engine: Engine, topic: str, value: bytes = UNREADABLE, *, cut: Headers = ()
) -> str:
    """A dead letter that waits, as the engine leaves it; its id."""
    headers = (
        ("trace", b"\xff"),
        *cut,
        (TOPIC_HEADER, topic.encode()),
        (PARTITION_HEADER, b"2"),
        (OFFSET_HEADER, b"17"),
    )
    await engine.publish(Message(DEAD_LETTERS.name, COMPANY.encode(), headers, value))
    await engine.connection.execute(REMEMBER, topic)
    (record,) = await sent(engine, DEAD_LETTERS.name)
    return f"{record.partition}:{record.offset}"

"""The books as they stood at a time, on the command line."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from projections.migrate import LEDGER
from schemas.codec import encode
from schemas.ledger_events import AnyLedgerEvent
from streams import topics
from tests.books import Books
from tests.builders import YEAR, a_read, a_set_aside_voucher, a_voucher, an_end, some_years
from tests.engine import Engine
from tests.scenarios.test_command_line import in_background
from tests.servers import PARTITIONS
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
COMPANY = "bageriet"
PLACE = TopicPartition(LEDGER.topic, topics.partition_of(COMPANY, partitions=PARTITIONS))
MARCH, APRIL = datetime(2025, 3, 31, 12, tzinfo=UTC), datetime(2025, 4, 30, 22, tzinfo=UTC)
SCHEMAS = "SELECT array_agg(nspname::text) FROM pg_namespace WHERE nspname LIKE 'ledger\\__%'"


@pytest.fixture
async def command_line(engine: Engine) -> AsyncIterator[CommandLine]:
    """A company whose voucher 1 was changed in April, and a voucher 2 that came with it."""
    books = Books(engine.connection)
    await books.register()
    years = [some_years(YEAR), an_end(1, part="fiscal_years", year=None)]
    first = a_read(a_voucher("1"), set_aside=[a_set_aside_voucher("9")])
    second = a_read(a_voucher("1", amount="99.00"), a_voucher("2", series="B"), run=2)
    await say(engine, MARCH, *years, *first)
    await say(engine, APRIL, *second)
    yield CommandLine(engine.environment)
    assert await engine.value(SCHEMAS) == ["ledger_1"]
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == 0  # Nobody has read it.


async def say(engine: Engine, at: datetime, *events: AnyLedgerEvent) -> None:
    """Puts events on the log, with that as its time of them."""
    async with AIOKafkaProducer(bootstrap_servers=engine.endpoints.kafka_url) as producer:
        for event in events:
            message = encode(event)
            await producer.send_and_wait(
                message.topic,
                message.value,
                key=message.key,
                partition=PLACE.partition,
                timestamp_ms=int(at.timestamp() * 1000),
            )


async def amounts(command_line: CommandLine, *arguments: str) -> dict[str, Any]:
    told = await in_background(lambda: command_line.json("as-of", COMPANY, *arguments))
    return {row["account"]: row["closing"] for row in told["accounts"]}


async def numbers(command_line: CommandLine, *arguments: str) -> list[str]:
    told = await in_background(lambda: command_line.json("as-of", COMPANY, *arguments))
    return [f"{row['series']}{row['number']}" for row in told]


async def test_between_two_versions_of_a_voucher_stands_the_first(
    command_line: CommandLine,
) -> None:
    then, later = {"1930": "125.00", "3001": "-125.00"}, {"1930": "224.00", "3001": "-224.00"}

    assert await amounts(command_line, "--at", "2025-03-31") == then
    assert await amounts(command_line, "--at", "2025-04-30T21:59:59Z") == then
    assert await amounts(command_line, "--at", "2025-05-01T00:00") == later  # 22:00 in Greenwich.
    assert await amounts(command_line, "--at", "2025-06-01", "--year", "2025") == later


async def test_the_vouchers_of_then_are_listed_as_those_of_now(command_line: CommandLine) -> None:
    then, later = ("--at", "2025-04-01", "vouchers"), ("--at", "2025-06-01", "vouchers")

    assert await numbers(command_line, *then) == ["A1"]
    assert await numbers(command_line, *later) == ["A1", "B2"]
    assert await numbers(command_line, *later, "--series", "B") == ["B2"]
    assert await numbers(command_line, *then, "--set-aside") == ["A9"]

    shown = await in_background(lambda: command_line.run("as-of", COMPANY, *then))
    assert "125.00" in shown.stdout
    assert shown.stderr.startswith(f"{COMPANY} as its books stood at 2025-04-01 23:59")


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        ((COMPANY, "--at", "2025-03-31T13:59"), "nothing_then", 1),
        (("nobody", "--at", "2025-03-31"), "unknown_company", 1),
        ((COMPANY, "--at", "2025-03-31", "--year", "2019"), "unknown_fiscal_year", 1),
        ((COMPANY, "--at", "soon"), "invalid_time", 2),
        ((COMPANY, "--at", "9999-12-31"), "invalid_time", 2),
        ((COMPANY, "--at", "9000-01-01T12:00"), "time_to_come", 2),
        ((COMPANY, "--at", "2025-03-31", "--series", "A"), "only_of_vouchers", 2),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    command_line: CommandLine, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    def refused() -> str:
        return command_line.refusal("as-of", *arguments, exit_code=exit_code)

    assert await in_background(refused) == code


async def test_a_log_without_its_first_messages_answers_nothing(
    engine: Engine, command_line: CommandLine
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=engine.endpoints.kafka_url)
    await admin.start()
    await admin.delete_records({PLACE: RecordsToDelete(before_offset=1)})
    await admin.close()
    # What stands at offset 0 of the tables would lie before the log.
    await engine.connection.execute("UPDATE engine.projection_offset SET next_offset = 1")

    def refused() -> str:
        return command_line.refusal("as-of", COMPANY, "--at", "2025-03-31")

    assert await in_background(refused) == "topic_truncated"

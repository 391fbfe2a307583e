"""Messages of bookkeeping among the dead letters, taken up again where they stood."""

import pytest

from projections.migrate import LEDGER
from schemas.codec import Message, encode
from schemas.topics import DEAD_LETTERS
from streams import topics
from streams.database import Database
from streams.dead_letters import OFFSET_HEADER, PARTITION_HEADER, TOPIC_HEADER
from tests.builders import a_page, a_voucher, an_end
from tests.engine import Engine
from tests.scenarios.rebuilding import COMPANY, project
from tests.scenarios.test_command_line import in_background, sent
from tests.servers import PARTITIONS
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
PARTITION = topics.partition_of(COMPANY, partitions=PARTITIONS)
OPEN = "SELECT array_agg(message_offset ORDER BY message_offset) FROM engine.dead_letter"


@pytest.fixture(autouse=True)
async def rejected(engine: Engine, pool: Database) -> None:
    """Message 1 was rejected by older code, and message 3 by any."""
    pages = [encode(a_page(a_voucher(str(n)), sequence=n)) for n in (1, 2, 3)]
    garbage = Message(LEDGER.topic, COMPANY.encode(), (), b"garbage")
    await engine.publish(*pages, garbage, encode(an_end(3)))
    await project(engine, pool, unknown=1)


async def a_dead_letter(engine: Engine, *, offset: int, partition: int = PARTITION) -> str:
    """The id of a dead letter, as the engine leaves it."""
    headers = (
        (TOPIC_HEADER, LEDGER.topic.encode()),
        (PARTITION_HEADER, str(partition).encode()),
        (OFFSET_HEADER, str(offset).encode()),
    )
    await engine.publish(Message(DEAD_LETTERS.name, COMPANY.encode(), headers, b"{}"))
    record = (await sent(engine, DEAD_LETTERS.name))[-1]
    return f"{record.partition}:{record.offset}"


async def test_a_message_that_can_be_applied_now_is_applied_where_it_stands(engine: Engine) -> None:
    command_line = CommandLine(engine.environment)
    letter_id = await a_dead_letter(engine, offset=1)
    arguments = ("dead-letters", "redrive", letter_id)

    told = await in_background(lambda: command_line.json(*arguments))

    assert (told["status"], told["company_id"], told["reason"]) == ("applied", COMPANY, None)
    assert await engine.value("SELECT state FROM ledger.read_result") == "complete"
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == 3
    assert await engine.value(OPEN) == [3]
    assert await in_background(lambda: command_line.refusal(*arguments)) == "redriven_already"


async def test_one_that_still_cannot_be_says_why_and_stays(engine: Engine) -> None:
    command_line = CommandLine(engine.environment)
    arguments = ("dead-letters", "redrive", await a_dead_letter(engine, offset=3))

    told = await in_background(lambda: command_line.json(*arguments, exit_code=1))

    assert (told["status"], told["reason"]) == ("rejected", "unreadable")
    assert await engine.value(OPEN) == [3]  # The other one is applied with it.
    shown = await in_background(lambda: command_line.run(*arguments, exit_code=1))
    assert "still cannot be applied" in shown.stdout


async def test_one_of_no_company_or_of_another_partition_is_refused(engine: Engine) -> None:
    command_line = CommandLine(engine.environment)
    elsewhere = (PARTITION + 1) % PARTITIONS
    letter_id = await a_dead_letter(engine, offset=0, partition=elsewhere)
    add = "INSERT INTO engine.dead_letter VALUES ($1, $2, 0, $3, 'unreadable', engine.clock())"
    refuse = "UPDATE engine.dead_letter SET company_id = NULL WHERE partition = $1"

    def refused() -> str:
        return command_line.refusal("dead-letters", "redrive", letter_id)

    await engine.connection.execute(add, LEDGER.topic, elsewhere, COMPANY)
    assert await in_background(refused) == "redrive_elsewhere"
    await engine.connection.execute(refuse, elsewhere)
    assert await in_background(refused) == "redrive_without_company"

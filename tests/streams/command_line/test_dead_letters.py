"""`bokflow dead-letters` on a real broker: what could not be applied, and why."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.topics import DEAD_LETTERS
from streams import topics
from streams.dead_letters import (
    AGENT_HEADER,
    ERROR_HEADER,
    FIRST_AT_HEADER,
    LAST_AT_HEADER,
    OFFSET_HEADER,
    PARTITION_HEADER,
    REASON_HEADER,
    TOPIC_HEADER,
)
from streams.embedded.kafka import Kafka, KafkaProfile
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
EARLIER, LATER = "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:06+00:00"
UNREADABLE = b"\xff\x00"


@pytest.fixture(scope="module")
def kafka_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker with two dead letters, the later one in the first partition."""
    kafka = Kafka(tmp_path_factory.mktemp("kafka"), KafkaProfile())
    try:
        kafka.launch(lambda line: None)
        kafka.wait_until_ready()
        url = f"127.0.0.1:{kafka.port}"
        asyncio.run(_fill(url))
        yield url
    finally:
        kafka.stop()


async def _fill(url: str) -> None:
    await topics.ensure(url, partitions=2, replication_factor=1)
    async with AIOKafkaProducer(bootstrap_servers=url) as producer:
        for partition, company, value, at in (
            (0, b"kiosken", b'{"type": "nonsense.v1"}', LATER),
            (1, b"bageriet", UNREADABLE, EARLIER),
        ):
            await producer.send_and_wait(
                DEAD_LETTERS.name,
                value,
                key=company,
                partition=partition,
                headers=_headers(at=at),
            )


def _headers(*, at: str) -> list[tuple[str, bytes]]:
    headers = {
        "ce_type": "nonsense.v1",
        TOPIC_HEADER: "bokflow.ledger",
        PARTITION_HEADER: "3",
        OFFSET_HEADER: "17",
        AGENT_HEADER: "project_ledger",
        REASON_HEADER: "unknown_type",
        ERROR_HEADER: "no event has the type 'nonsense.v1'",
        FIRST_AT_HEADER: at,
        LAST_AT_HEADER: at,
    }
    return [(name, text.encode()) for name, text in headers.items()]


@pytest.fixture
def letters(kafka_url: str) -> CommandLine:
    return CommandLine({"BOKFLOW_KAFKA_URL": kafka_url})


def test_they_are_listed_the_latest_last(letters: CommandLine) -> None:
    found = letters.json("dead-letters", "list")

    assert [letter["id"] for letter in found] == ["1:0", "0:0"]
    assert found[0] == {
        "id": "1:0",
        "topic": "bokflow.ledger",
        "partition": 3,
        "offset": 17,
        "company_id": "bageriet",
        "type": "nonsense.v1",
        "agent": "project_ledger",
        "reason": "unknown_type",
        "error": "no event has the type 'nonsense.v1'",
        "first_at": "2026-01-02T03:04:05Z",
        "last_at": "2026-01-02T03:04:05Z",
        "size_bytes": 2,
    }


def test_the_table_has_local_times_and_words_and_is_aligned(letters: CommandLine) -> None:
    told = letters.run("dead-letters", "list", "--lang", "sv").stdout

    header, _, *rows = [line for line in told.splitlines() if line.strip()]
    assert [row.split()[:5] for row in rows] == [
        ["1:0", "2026-01-02", "04:04:05", "bageriet", "bokflow.ledger/3/17"],
        ["0:0", "2026-01-02", "04:04:06", "kiosken", "bokflow.ledger/3/17"],
    ]
    for column, cell in (
        ("Senast", "2026-01-02"),
        ("Meddelande", "bokflow.ledger"),
        ("Orsak", "okänd typ"),
        ("Fel", "no event has"),
    ):
        assert {row.index(cell) for row in rows} == {header.index(column)}


def test_those_of_one_company_and_the_latest_can_be_chosen(letters: CommandLine) -> None:
    of_company = letters.json("dead-letters", "list", "--company", "bageriet")
    latest = letters.json("dead-letters", "list", "--limit", "1")

    assert [letter["id"] for letter in of_company] == ["1:0"]
    assert [letter["id"] for letter in latest] == ["0:0"]
    assert letters.run("dead-letters", "list", "--company", "nobody").stdout == ""


def test_one_is_shown_whole_also_where_its_bytes_are_no_text(letters: CommandLine) -> None:
    text = letters.json("dead-letters", "show", "0:0")
    not_text = letters.json("dead-letters", "show", "1:0")

    assert (text["value"], text["value_base64"]) == ('{"type": "nonsense.v1"}', None)
    assert (not_text["value"], not_text["value_base64"]) == (None, "/wA=")
    assert text["headers"]["ce_type"] == "nonsense.v1"
    assert '{"type": "nonsense.v1"}' in letters.run("dead-letters", "show", "0:0").stdout


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("sv", ["Företag: kiosken", "Orsak: okänd typ", "Först: 2026-01-02 04:04:06"]),
        ("en", ["Company: kiosken", "Reason: unknown type", "First: 2026-01-02 04:04:06"]),
    ],
)
def test_one_is_shown_in_the_language_with_local_times(
    letters: CommandLine, language: str, lines: list[str]
) -> None:
    told = letters.run("dead-letters", "show", "0:0", "--lang", language).stdout

    assert set(lines) <= set(told.splitlines())


def test_one_that_is_not_there_is_refused(letters: CommandLine) -> None:
    for letter_id in ("0:1", "7:0"):
        assert letters.refusal("dead-letters", "show", letter_id) == "unknown_dead_letter"
    for letter_id in ("nonsense", "0:", "-1:0"):
        arguments = ("dead-letters", "show", "--", letter_id)
        letters.run(*arguments, exit_code=2)


def test_a_broker_that_does_not_answer_is_told(tmp_path: Path) -> None:
    away = CommandLine({"BOKFLOW_KAFKA_URL": "127.0.0.1:1"})

    assert away.refusal("dead-letters", "list") == "kafka_unreachable"
    nowhere = CommandLine({"BOKFLOW_KAFKA_URL": ""})
    assert nowhere.refusal("dead-letters", "list", "--data-dir", str(tmp_path)) == "not_running"

"""The dead letters, read from their topic without a group: nobody's place in it moves."""

import base64
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.errors import BrokerUnavailable
from schemas.limits import DEAD_LETTER_BYTES_MAX
from schemas.model import Model
from schemas.topics import DEAD_LETTERS
from streams import dead_letters as letters
from streams import topics
from streams.command_line.refusal import CommandRefused

SILENCE_MS_MAX = 10_000
REQUEST_MS_MAX = 15_000
FETCH_BYTES_MAX = 4 * DEAD_LETTER_BYTES_MAX


class DeadLetter(Model):
    """A message that could not be applied: where it stood, and why it is here."""

    id: str  # Partition and offset among the dead letters.
    topic: str
    partition: int | None
    offset: int | None
    company_id: str
    type: str
    agent: str
    reason: str
    error: str
    first_at: str
    last_at: str
    size_bytes: int


class DeadLetterContent(DeadLetter):
    """With all of it: texts where the bytes are UTF-8, else base64."""

    headers: dict[str, str]
    value: str | None
    value_base64: str | None


async def read_all(kafka_url: str, company_id: str | None) -> list[DeadLetter]:
    """The dead letters of a company, or all, the latest last. Raises CommandRefused."""
    places = await _places(kafka_url)
    if not places:
        return []  # Nobody has made the topics yet.
    found = []
    async with _consumer(kafka_url) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        async for record in _up_to(consumer, ends):
            if company_id is None or record.key == company_id.encode():
                found.append(DeadLetter(**_letter(record)))
    return sorted(found, key=lambda letter: letter.last_at)


async def read_one(kafka_url: str, *, partition: int, offset: int) -> DeadLetterContent:
    """One dead letter whole. Raises CommandRefused."""
    record = await read_record(kafka_url, partition=partition, offset=offset)
    return DeadLetterContent(**_letter(record), **_content(record))


async def read_record(kafka_url: str, *, partition: int, offset: int) -> ConsumerRecord:
    """One dead letter as it stands on its topic. Raises CommandRefused."""
    place = TopicPartition(DEAD_LETTERS.name, partition)
    if place in await _places(kafka_url):
        async with _consumer(kafka_url) as consumer:
            first = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            if first <= offset < end:
                consumer.assign([place])
                consumer.seek(place, offset)
                async for record in _up_to(consumer, {place: offset + 1}):
                    return record
    raise CommandRefused("unknown_dead_letter", id=f"{partition}:{offset}")


@asynccontextmanager
async def _consumer(kafka_url: str) -> AsyncIterator[AIOKafkaConsumer]:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # What matters of it is said here.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka_url,
        enable_auto_commit=False,
        request_timeout_ms=REQUEST_MS_MAX,
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
        fetch_max_bytes=FETCH_BYTES_MAX,
    )
    try:
        await consumer.start()
        yield consumer
    except (KafkaError, OSError) as error:
        told = str(error) or type(error).__name__
        raise CommandRefused("kafka_unreachable", error=told) from error
    finally:
        await consumer.stop()


async def _places(kafka_url: str) -> list[TopicPartition]:
    try:
        counts = await topics.partition_counts(kafka_url)
    except BrokerUnavailable as error:
        raise CommandRefused("kafka_unreachable", error=error) from error
    return [
        TopicPartition(DEAD_LETTERS.name, number)
        for number in range(counts.get(DEAD_LETTERS.name, 0))
    ]


async def _up_to(
    consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]
) -> AsyncIterator[ConsumerRecord]:
    """The records from where the consumer stands up to those offsets."""
    while await _is_behind(consumer, ends):
        batches = await consumer.getmany(timeout_ms=SILENCE_MS_MAX)
        if not batches:
            raise CommandRefused("kafka_unreachable", error=f"{SILENCE_MS_MAX // 1000} s")
        for place, records in batches.items():
            for record in records:
                if record.offset < ends[place]:
                    yield record


async def _is_behind(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for place, end in ends.items():
        if await consumer.position(place) < end:
            return True
    return False


def _letter(record: ConsumerRecord) -> dict[str, Any]:
    headers = _texts(record.headers)
    return {
        "id": f"{record.partition}:{record.offset}",
        "topic": headers.get(letters.TOPIC_HEADER, ""),
        "partition": _number(headers.get(letters.PARTITION_HEADER)),
        "offset": _number(headers.get(letters.OFFSET_HEADER)),
        "company_id": _text(record.key or b""),
        "type": headers.get("ce_type", ""),
        "agent": headers.get(letters.AGENT_HEADER, ""),
        "reason": headers.get(letters.REASON_HEADER, ""),
        "error": headers.get(letters.ERROR_HEADER, ""),
        "first_at": _utc(headers.get(letters.FIRST_AT_HEADER, "")),
        "last_at": _utc(headers.get(letters.LAST_AT_HEADER, "")),
        "size_bytes": len(record.value or b""),
    }


def _content(record: ConsumerRecord) -> dict[str, Any]:
    value, text, encoded = record.value, None, None
    if value is not None:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            encoded = base64.b64encode(value).decode()
    return {"headers": _texts(record.headers), "value": text, "value_base64": encoded}


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """The headers by name; of equal names the last one, which is ours."""
    return {name: _text(value or b"") for name, value in headers}


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")


def _utc(text: str) -> str:
    """A header's time as JSON has all times; what is no time with a zone stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at.tzinfo else text


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None

"""Ways through the engine, and through its broker and database alone, each timed from its start."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from projections.ledger.voucher import POSTING_COLUMNS, VOUCHER_COLUMNS
from schemas.codec import Message, decode_lifecycle
from schemas.commands import SyncRequested
from schemas.lifecycle_events import SyncQueued, SyncRejected, SyncStarted
from streams.publisher import Publisher
from tests.bench.connected import send
from tests.bench.copy_baseline import Rows

ECHO = "bench.echo"
LOOK_SECONDS_MAX = 0.05
VISIBLE = """
    SELECT company_id FROM unnest($1::text[]) AS asked (company_id)
    WHERE EXISTS (SELECT FROM ledger.voucher AS one WHERE one.company_id = asked.company_id)
"""
Waiting = dict[str, "asyncio.Future[None]"]


@asynccontextmanager
async def hearing(
    kafka_url: str, topic: str, hear: Callable[[ConsumerRecord], None]
) -> AsyncIterator[None]:
    """Hands over what is written to the topic from here on."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka_url, auto_offset_reset="latest")
    await consumer.start()
    for place in consumer.assignment():
        await consumer.position(place)  # Later it would be a later end.

    async def listen() -> None:
        async for record in consumer:
            hear(record)

    listening = asyncio.create_task(listen())
    try:
        yield
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await consumer.stop()


@dataclass
class Commands:
    """A sync command, to the SyncStarted that it leads to."""

    producer: AIOKafkaProducer
    companies: list[str]
    run_ids: list[str] = field(default_factory=list)
    _waiting: Waiting = field(default_factory=dict)  # By the command's id, then by its run's.

    async def trip(self, number: int) -> None:
        command_id = f"bench-{number}"
        arrival = self._waiting[command_id] = asyncio.get_running_loop().create_future()
        company = self.companies[number % len(self.companies)]
        await send(self.producer, SyncRequested(company_id=company, command_id=command_id))
        await arrival

    def hear(self, record: ConsumerRecord) -> None:
        match decode_lifecycle(record.value):
            case SyncQueued(run_id=run_id):
                arrival = self._waiting.pop(_cause(record), None)
                if arrival is not None:
                    self._waiting[run_id] = arrival
                    self.run_ids.append(run_id)
            case SyncStarted(run_id=run_id) if run_id in self._waiting:
                self._waiting.pop(run_id).set_result(None)
            case SyncRejected(reason=reason) if _cause(record) in self._waiting:
                refused = AssertionError(f"the command was rejected: {reason}")
                self._waiting.pop(_cause(record)).set_exception(refused)


@dataclass
class Pages:
    """A page of vouchers, to its first row in the ledger as another session sees it."""

    publisher: Publisher
    connection: asyncpg.Connection  # Listens to bokflow_ledger, and looks then.
    pages: list[Message]
    _waiting: Waiting = field(default_factory=dict)  # By company: each page has its own.
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def trip(self, number: int) -> None:
        page = self.pages[number]
        assert page.key is not None  # It is the company.
        visible = self._waiting[page.key.decode()] = asyncio.get_running_loop().create_future()
        await self.publisher.send(page)
        await visible

    async def look(self) -> None:
        await self.connection.add_listener("bokflow_ledger", lambda *_: self._woken.set())
        while True:
            self._woken.clear()
            for row in await self.connection.fetch(VISIBLE, list(self._waiting)):
                self._waiting.pop(row["company_id"]).set_result(None)
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS_MAX)
            except TimeoutError:
                continue


@dataclass
class Echo:
    """A message to the broker and back, with nothing between, and COPY of a page's rows."""

    producer: AIOKafkaProducer
    connection: asyncpg.Connection
    page: Message
    vouchers: Rows
    postings: Rows
    _waiting: Waiting = field(default_factory=dict)

    async def trip(self, number: int) -> None:
        """With a message as short as a command."""
        await self._there_and_back(f"short-{number}", b"x" * 150)

    async def page_trip(self, number: int) -> None:
        """With a page, and then its rows by COPY in one transaction."""
        await self._there_and_back(f"page-{number}", self.page.value)
        async with self.connection.transaction():
            for name, rows, columns in (
                ("voucher", self.vouchers, VOUCHER_COLUMNS),
                ("posting", self.postings, POSTING_COLUMNS),
            ):
                await self.connection.copy_records_to_table(
                    name,
                    schema_name="copied",
                    records=[(f"copied-{number}", *row[1:]) for row in rows],
                    columns=columns,
                )

    async def _there_and_back(self, key: str, value: bytes) -> None:
        arrival = self._waiting[key] = asyncio.get_running_loop().create_future()
        await self.producer.send(ECHO, value, key=key.encode())
        await arrival

    def hear(self, record: ConsumerRecord) -> None:
        self._waiting.pop(record.key.decode()).set_result(None)


def _cause(record: ConsumerRecord) -> str:
    headers: dict[str, Any] = dict(record.headers)
    return bytes(headers.get("causationid", b"")).decode()

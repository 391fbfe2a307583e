"""Companies at the simulated Fortnox, synced by commands alone, and what both sides then hold."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

from connectors.simulators.fortnox.records import Row, StoredVoucher
from connectors.simulators.fortnox.tenant import Tenant
from projections.queries.company_status import CompanyState, company_status
from tests.engine import Engine
from tests.eventually import eventually
from tests.scenarios.test_commands import TOPIC, a_command, foreign

Booked = tuple[str, Decimal, bool, dict[str, str]]  # Account, amount, struck, objects.

RUN_BY = "SELECT run_id FROM engine.sync_run WHERE company_id = $1 AND requested_by = $2"
AUTOMATIC = """
    SELECT run_id FROM engine.sync_run WHERE company_id = $1 AND trigger = 'automatic'
    ORDER BY queue_number OFFSET $2
"""
OPEN_RUNS = """
    SELECT count(*) FROM engine.sync_run
    WHERE company_id = $1 AND state IN ('queued', 'running', 'confirming')
"""
LIFECYCLE = """
    SELECT message_value FROM engine.outbox
    WHERE topic = 'bokflow.lifecycle' AND message_key = convert_to($1, 'UTF8') ORDER BY outbox_id
"""
UNPUBLISHED = "SELECT count(*) FROM engine.outbox WHERE published_at IS NULL"
POSTINGS = """
    SELECT voucher.fiscal_year, voucher.series, voucher.number, voucher.voucher_date,
        voucher.text, posting.account, posting.amount, posting.state, posting.objects
    FROM ledger.voucher LEFT JOIN ledger.posting
        USING (company_id, fiscal_year, series, number, occurrence)
    WHERE company_id = $1 ORDER BY fiscal_year, series, number, occurrence, line
"""
OPENINGS = """
    SELECT fiscal_year, account, amount FROM ledger.opening_balance
    WHERE company_id = $1 AND dimension = ''
"""
MOVEMENTS = """
    SELECT fiscal_year, account, month, movement FROM ledger.account_balance WHERE company_id = $1
"""
ACCOUNTS = "SELECT fiscal_year, account, name FROM ledger.account WHERE company_id = $1"
OBJECTS = "SELECT dimension, object, name FROM ledger.object WHERE company_id = $1"
RESULTS = """
    SELECT result.* FROM ledger.read_result AS result
    JOIN engine.sync_run AS run USING (company_id, run_number)
    WHERE run_id = $1 AND result.state <> 'reading' ORDER BY result.attempt
"""
CHANGES = """
    SELECT change.fiscal_year, change.series, change.number, change.change
    FROM ledger.voucher_change AS change
    JOIN engine.sync_run AS run USING (company_id, run_number) WHERE run_id = $1
"""


@dataclass
class Service:
    """A service that writes commands with a producer of its own, and sees what comes of them."""

    engine: Engine
    producer: AIOKafkaProducer
    numbers: "count[int]"

    @classmethod
    @asynccontextmanager
    async def of(cls, engine: Engine) -> AsyncIterator["Service"]:
        async with foreign(engine) as producer:
            yield cls(engine, producer, count(1))

    async def command(
        self, kind: str, company: str, *, partition: int | None = None, **fields: Any
    ) -> str:
        """Writes a command; its id, which is also the name of who asks."""
        fields.setdefault("command_id", f"command-{next(self.numbers)}")
        fields.setdefault("requested_by", fields["command_id"])
        value = a_command(kind, company, **fields)
        await self.producer.send_and_wait(TOPIC, value, partition=partition)
        command_id: str = fields["command_id"]
        return command_id

    async def connect(self, company: str) -> asyncpg.Record:
        """The end of the first run, which comes by itself."""
        await self.command("connection_requested", company, source="fortnox")
        return await self.automatic(company, 0)

    async def sync(self, company: str, **fields: Any) -> asyncpg.Record:
        """The end of a run that was asked for."""
        return await self.engine.end_of(await self.begin(company, **fields))

    async def begin(self, company: str, **fields: Any) -> str:
        """The run that was asked for, once it waits for its turn or is going."""
        command_id = await self.command("sync_requested", company, **fields)
        return await self.run_of(company, command_id)

    async def run_of(self, company: str, command_id: str) -> str:
        """The run that a command has led to, once it has."""

        async def look() -> str | None:
            run_id: str | None = await self.engine.value(RUN_BY, company, command_id)
            return run_id

        return await eventually(look, what=f"the run of {command_id}")

    async def automatic(self, company: str, number: int) -> asyncpg.Record:
        """The end of the company's automatic run of that number, from 0."""

        async def look() -> str | None:
            run_id: str | None = await self.engine.value(AUTOMATIC, company, number)
            return run_id

        return await self.engine.end_of(
            await eventually(look, what=f"automatic run {number} of {company}")
        )

    async def refusal(self, company: str, command_id: str) -> str:
        """Why the command was rejected."""

        async def look() -> str | None:
            events = await lifecycle(self.engine, company, "sync_rejected")
            reasons = [one["reason"] for one in events if one["command_id"] == command_id]
            return reasons[0] if reasons else None

        return await eventually(look, what=f"{command_id} is rejected")


async def lifecycle(engine: Engine, company: str, *kinds: str) -> list[dict[str, Any]]:
    """What has happened to the company, of those kinds."""
    rows = await engine.connection.fetch(LIFECYCLE, company)
    events = [orjson.loads(row["message_value"]) for row in rows]
    return [event for event in events if event["type"].removesuffix(".v1") in kinds]


async def settle(engine: Engine) -> None:
    """Returns when all that has happened is published and in the tables."""

    async def is_published() -> bool:
        return not await engine.value(UNPUBLISHED)

    await eventually(is_published, what="the outbox is empty")
    await engine.caught_up()


async def state_of(engine: Engine, company: str) -> CompanyState:
    """What a dashboard shows of the company, once the tables have it all."""
    await settle(engine)
    return await company_status(engine.connection, company)


async def forward(engine: Engine, by: timedelta) -> None:
    """Lets the engine's clock jump; times of the broker and the source stay as they are."""
    statement = "UPDATE engine.clock_offset SET clock_offset = clock_offset + $1"
    await engine.connection.execute(statement, by)


async def vouchers_of(engine: Engine, run_id: str) -> dict[date, asyncpg.Record]:
    """The results of the run's reads of vouchers, by year."""
    rows = await engine.connection.fetch(RESULTS, run_id)
    return {row["fiscal_year"]: row for row in rows if row["part"] == "vouchers"}


async def changes_of(engine: Engine, run_id: str) -> set[tuple[date, str, str, str]]:
    """What became of which vouchers in the run."""
    return {tuple(row) for row in await engine.connection.fetch(CHANGES, run_id)}


async def is_the_same(engine: Engine, tenant: Tenant) -> None:
    """The ledger holds what the source holds, voucher by voucher and sum by sum."""
    await settle(engine)
    held = await _ledger(engine, tenant.name)
    for name, expected in _source(tenant).items():
        assert held[name] == expected, f"the {name} of {tenant.name}"
    assert await engine.balances_are_right()


def _source(tenant: Tenant) -> dict[str, Any]:
    """The source's books, summed up here, apart from every reader and writer."""
    books = tenant.books
    years = books.years.values()
    movements: defaultdict[tuple[date, str, date], Decimal] = defaultdict(Decimal)
    vouchers: dict[tuple[date, str, str], Any] = {}
    for year in years:
        for voucher in books.vouchers(year.id):
            key = (year.from_date, voucher.key.series, str(voucher.key.number))
            vouchers[key] = (voucher.voucher_date, voucher.text, _rows(voucher))
            for one in voucher.rows:
                if not one.removed:
                    month = voucher.voucher_date.replace(day=1)
                    movements[year.from_date, str(one.account), month] += one.amount
    accounts = [(year.from_date, one) for year in years for one in books.accounts(year.id)]
    return {
        "vouchers": vouchers,
        "movements": dict(movements),
        "openings": {
            (first_day, str(one.number)): one.opening_balance
            for first_day, one in accounts
            if one.opening_balance
        },
        "accounts": {(first_day, str(one.number)): one.name for first_day, one in accounts},
        "objects": {("1", one.code): one.name for one in books.cost_centres.values()}
        | {("6", one.number): one.name for one in books.projects.values()},
    }


def _rows(voucher: StoredVoucher) -> list[Booked]:
    """Struck rows come last: an SIE file may put them anywhere."""
    return [_booked(one) for one in sorted(voucher.rows, key=lambda one: one.removed)]


def _booked(one: Row) -> Booked:
    objects = {"1": one.cost_centre, "6": one.project}
    known = {dimension: number for dimension, number in objects.items() if number}
    return (str(one.account), one.amount, one.removed, known)


async def _ledger(engine: Engine, company: str) -> dict[str, Any]:
    """What the ledger holds, in the same shape."""
    connection = engine.connection
    vouchers: dict[tuple[date, str, str], Any] = {}
    for one in await connection.fetch(POSTINGS, company):
        key = (one["fiscal_year"], one["series"], one["number"])
        _, _, rows = vouchers.setdefault(key, (one["voucher_date"], one["text"], []))
        objects = orjson.loads(one["objects"] or "{}")
        rows.append((one["account"], one["amount"], one["state"] == "struck", objects))
    openings = await connection.fetch(OPENINGS, company)
    movements = await connection.fetch(MOVEMENTS, company)
    return {
        "vouchers": vouchers,
        "movements": {tuple(row)[:3]: row["movement"] for row in movements},
        "openings": {tuple(row)[:2]: row["amount"] for row in openings},
        "accounts": {tuple(r)[:2]: r["name"] for r in await connection.fetch(ACCOUNTS, company)},
        "objects": {tuple(r)[:2]: r["name"] for r in await connection.fetch(OBJECTS, company)},
    }

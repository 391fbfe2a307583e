"""Companies whose bookkeeping is fetched: connected and synced as the command agent would do it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import orjson

from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import row
from connectors.simulators.fortnox.server import Simulator, running
from connectors.simulators.fortnox.tenant import Tenant
from schemas.lifecycle_events import CompanyRegistered, ConnectionEstablished, SyncQueued
from schemas.parts import Scope
from schemas.sources import FORTNOX
from streams import outbox
from streams.publisher import Publisher
from streams.settings import Settings
from streams.sync_runner import SyncRunner
from tests.engine import Engine
from tests.eventually import eventually

YEARS = {3: date(2024, 1, 1), 4: date(2025, 1, 1)}  # By their ids at the source.
LONG_AGO = datetime(2025, 12, 31, tzinfo=UTC)  # An incremental read does not ask for it.
ACCOUNTS = {1930: "Företagskonto", 3001: "Försäljning", 4010: "Inköp", 6570: "Bankkostnader"}

ADD_COMPANY = """
    INSERT INTO engine.company (company_id, source, registered_at)
    VALUES ($1, $2, engine.clock()) RETURNING registered_at
"""
ADD_CONNECTION = """
    INSERT INTO engine.connection (company_id, source, state, connected_at)
    VALUES ($1, $2, 'connected', engine.clock())
"""
ADD_RUN = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, queued_outbox_id,
        queued_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
CANCEL = """
    UPDATE engine.sync_run SET cancel_requested_at = engine.clock(), cancel_requested_by = $2
    WHERE run_id = $1 AND state = 'running' RETURNING true
"""


@dataclass
class Vendor:
    """The simulated accounting system of all companies of a test; a company's id is its token."""

    simulator: Simulator
    url: str

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Vendor"]:
        simulator = Simulator()
        with running(simulator) as url:
            yield cls(simulator, f"{url}/3")

    @property
    def settings(self) -> dict[str, str]:
        """For a worker that is to read from it."""
        tokens = {name: name for name in self.simulator.tenants}
        return {"fortnox_url": self.url, "fortnox_tokens": orjson.dumps(tokens).decode()}

    def add(self, company: str, *, vouchers: int = 40) -> Tenant:
        """A company with two years and as many vouchers in each."""
        tenant = self.simulator.add_tenant(company, token=company)
        for year, first_day in YEARS.items():
            tenant.books.add_year(year, first_day, first_day.replace(month=12, day=31))
            for number, name in ACCOUNTS.items():
                tenant.books.add_account(year, number, name)
            for number in range(1, vouchers + 1):
                book(tenant.books, year, amount=f"{number}.50", at=LONG_AGO)
        return tenant


def book(
    books: Books, year: int = 4, *, amount: str = "100.00", at: datetime | None = None
) -> None:
    """A sale, one more in the year; booked now, if not at another time."""
    day, value = YEARS[year].replace(month=6, day=2), Decimal(amount)
    rows = (row(1930, value), row(3001, -value))
    books.add_voucher(year, "A", day, "Försäljning", rows, modified_at=at)


async def connect(engine: Engine, company: str) -> None:
    """The company, connected; it is not due by itself."""
    connection = engine.connection
    async with connection.transaction():
        now = await connection.fetchval(ADD_COMPANY, company, FORTNOX.name)
        await connection.execute(ADD_CONNECTION, company, FORTNOX.name)
        for kind in (CompanyRegistered, ConnectionEstablished):
            await outbox.emit(
                connection, kind, company_id=company, occurred_at=now, source=FORTNOX.name
            )


async def request(engine: Engine, company: str, *, scope: Scope | None = None) -> str:
    """Queues a run of the company; its id."""
    connection = engine.connection
    run_id, scope = str(uuid4()), scope or Scope()
    async with connection.transaction():
        now = await connection.fetchval("SELECT engine.clock()")
        queued = await outbox.emit(
            connection,
            SyncQueued,
            company_id=company,
            occurred_at=now,
            run_id=run_id,
            trigger="manual",
            source=FORTNOX.name,
            scope=scope,
        )
        document = scope.model_dump_json()
        run = (run_id, company, "manual", FORTNOX.name, document, queued, now)
        await connection.execute(ADD_RUN, *run)
    return run_id


@asynccontextmanager
async def a_runner(
    engine: Engine, vendor: Vendor, *, publisher: Publisher | None = None
) -> AsyncIterator[SyncRunner]:
    """A runner in this process; the duties around it are a worker's."""
    given = {f"BOKFLOW_{key.upper()}": value for key, value in vendor.settings.items()}
    database = await engine.database()
    try:
        yield SyncRunner(
            database,
            publisher or engine.publisher,
            Settings.from_environment(engine.environment | given),
            holder="test",
        )
    finally:
        await database.stop()


async def cancel(engine: Engine, run_id: str, *, by: str) -> None:
    """Asks for the end of a run that is running."""
    assert await engine.value(CANCEL, run_id, by)


async def held(tenant: Tenant) -> None:
    """Returns when an answer to the company waits at its gate."""

    async def is_held() -> bool:
        return tenant.gate.reached.is_set()

    await eventually(is_held, what=f"{tenant.name} does not answer")


async def reads_of(engine: Engine, run_id: str) -> dict[str, asyncpg.Record]:
    """The reads of a run that were published whole."""
    query = "SELECT read, attempt, whole FROM engine.sync_read WHERE run_id = $1"
    return {row["read"]: row for row in await engine.connection.fetch(query, run_id)}


async def no_run_is_held(engine: Engine) -> None:
    """Returns when no lease of a run is left."""

    async def look() -> bool:
        query = "SELECT count(*) = 0 FROM engine.lease WHERE starts_with(name, 'run:')"
        return bool(await engine.value(query))

    await eventually(look, what="no run is held")

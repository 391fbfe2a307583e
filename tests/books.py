"""A database with books in it, filled by the projections themselves, as the agents would."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from projections.ledger import projection as ledger
from projections.migrate import LEDGER, STATUS
from projections.status import projection as status
from schemas.ledger_events import AnyLedgerEvent
from schemas.lifecycle_events import AnyLifecycleEvent, LifecycleEvent
from tests.builders import COMPANY

REGISTER = """
    INSERT INTO engine.company (company_id, source, name, organisation_number, registered_at)
    VALUES ($1, $2, $3, $4, engine.clock())
"""
QUEUE = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, queued_outbox_id,
        queued_at, vouchers_expected)
    VALUES ($1, $2, 'upload', 'sie', '{}', 1, $3, $4)
"""
CONNECT = """
    INSERT INTO engine.connection (company_id, source, state, reason, connected_at, due_at,
        failures_in_a_row)
    SELECT company_id, source, $2, $3, $4::timestamptz, $5, $6
    FROM engine.company WHERE company_id = $1
"""
DECIDE = """
    INSERT INTO engine.command (company_id, command_id, type, decided_at, run_id, rejection, detail)
    VALUES ($1, $2, 'sync_requested.v1', engine.clock(), $3, $4, $5)
"""
PURGE = """
    INSERT INTO engine.purge (company_id, generation, command_id, fiscal_years, started_at)
    VALUES ($1, 1, $2, $3, engine.clock())
"""
HOLD_LEASE = "INSERT INTO engine.lease VALUES ($1, 'test', engine.clock() + $2)"


class Books:
    """Registers companies, and projects what is said about them."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._sequences: dict[str, int] = {}

    async def register(
        self,
        company: str = COMPANY,
        *,
        source: str = "sie",
        name: str = "",
        organisation_number: str | None = None,
    ) -> None:
        """Makes the company known to the engine."""
        await self.connection.execute(REGISTER, company, source, name, organisation_number)

    async def project(self, *events: AnyLedgerEvent | Sequence[AnyLedgerEvent]) -> None:
        """Applies ledger events, single ones or whole reads, in their order."""
        flat: list[AnyLedgerEvent] = []
        for event in events:
            if isinstance(event, Sequence):
                flat.extend(event)
            else:
                flat.append(event)
        async with self.connection.transaction():
            await self.connection.execute(f"SET LOCAL search_path = {LEDGER.schema(1)}")
            await ledger.apply(self.connection, flat)

    async def happened(
        self,
        kind: type[LifecycleEvent],
        *,
        company: str = COMPANY,
        at: datetime | None = None,
        **fields: Any,
    ) -> None:
        """Applies the company's next lifecycle event."""
        self._sequences[company] = self._sequences.get(company, 0) + 1
        stamp = {
            "company_id": company,
            "sequence": self._sequences[company],
            "occurred_at": at or await self.now(),
        }
        event = kind.model_validate(fields | stamp)
        assert isinstance(event, AnyLifecycleEvent)
        async with self.connection.transaction():
            await self.connection.execute(f"SET LOCAL search_path = {STATUS.schema(1)}")
            await status.apply(self.connection, [event])

    def continues(self, *, after: int, company: str = COMPANY) -> None:
        """Lifecycle events go on where others have left off."""
        self._sequences[company] = after

    async def queue(
        self, run_id: str = "run-1", *, company: str = COMPANY, expected: int = 0
    ) -> None:
        """A run that the engine has queued."""
        await self.connection.execute(QUEUE, run_id, company, await self.now(), expected)

    async def connect(
        self,
        company: str = COMPANY,
        *,
        state: str = "connected",
        reason: str | None = None,
        due_in: timedelta | None = None,
        failures: int = 0,
    ) -> datetime | None:
        """Connects a registered company to its source; when its next automatic run is due."""
        now = await self.now()
        due_at = None if due_in is None else now + due_in
        await self.connection.execute(CONNECT, company, state, reason, now, due_at, failures)
        return due_at

    async def decide(
        self,
        command_id: str,
        *,
        company: str = COMPANY,
        run_id: str | None = None,
        rejection: str | None = None,
        detail: str = "",
    ) -> None:
        """What the engine has decided about a command."""
        await self.connection.execute(DECIDE, company, command_id, run_id, rejection, detail)

    async def purge(
        self, command_id: str, years: tuple[date, ...] | None = None, *, company: str = COMPANY
    ) -> None:
        """A first purge that the engine has begun."""
        await self.connection.execute(PURGE, company, command_id, years)

    async def move(self, run_id: str = "run-1", **columns: Any) -> None:
        """Sets columns of the engine's run."""
        for column, value in columns.items():
            statement = f"UPDATE engine.sync_run SET {column} = $2 WHERE run_id = $1"
            await self.connection.execute(statement, run_id, value)

    async def hold_lease(self, name: str, *, lasts: timedelta = timedelta(minutes=1)) -> None:
        await self.connection.execute(HOLD_LEASE, name, lasts)

    async def now(self) -> datetime:
        now: datetime = await self.connection.fetchval("SELECT engine.clock()")
        return now.astimezone(UTC)

"""Runs in the queue, without the command agent and the relay that bring them there."""

from dataclasses import dataclass
from itertools import count

import asyncpg

from schemas.lifecycle_events import Trigger
from schemas.sources import FORTNOX
from streams import sync_runs
from streams.sync_runs import Claimed

ADD_COMPANY = """
    INSERT INTO engine.company (company_id, source, registered_at)
    VALUES ($1, $2, engine.clock()) ON CONFLICT (company_id) DO NOTHING
"""
ADD_CONNECTION = """
    INSERT INTO engine.connection (company_id, source, state, connected_at)
    VALUES ($1, $2, 'connected', engine.clock()) ON CONFLICT (company_id) DO NOTHING
"""
ADD_RUN = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, queued_outbox_id,
        queued_at)
    VALUES ($1, $2, $4, $3, '{}', 0, engine.clock())
"""
END = """
    UPDATE engine.sync_run SET state = 'completed', finished_at = engine.clock() WHERE run_id = $1
"""
_numbers = count(1)


@dataclass
class Queue:
    connection: asyncpg.Connection

    async def add(
        self, company: str, *, source: str = FORTNOX.name, trigger: Trigger = "manual"
    ) -> str:
        """A queued run, of a company that is made where it is not there."""
        run_id = f"run-{next(_numbers)}"
        await self.connection.execute(ADD_COMPANY, company, source)
        await self.connection.execute(ADD_CONNECTION, company, source)
        await self.connection.execute(ADD_RUN, run_id, company, source, trigger)
        return run_id

    async def claim_next(self, *, holder: str = "worker") -> Claimed | None:
        """The first run that is to be had."""
        return await claim_next(self.connection, holder=holder)

    async def end(self, run: Claimed) -> None:
        await self.connection.execute(END, run.run_id)


async def claim_next(connection: asyncpg.Connection, *, holder: str) -> Claimed | None:
    for run_id, company_id in await sync_runs.candidates(connection):
        async with connection.transaction():
            run = await sync_runs.claim(
                connection, run_id=run_id, company_id=company_id, holder=holder, seconds=60
            )
        if run is not None:
            return run
    return None

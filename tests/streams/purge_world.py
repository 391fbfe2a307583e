"""Companies, their sources and all that moves between them and the tables, one step at a time."""

from contextlib import suppress
from datetime import date
from io import BytesIO
from typing import Any

from projections.migrate import LEDGER, STATUS
from schemas.errors import BrokerUnavailable, UploadRefused
from streams import confirmer, purges, sync_runs, uploads
from streams.database import Database
from streams.outbox_relay import OutboxRelay
from streams.received import Received
from tests.connectors.sie.builders import of_bytes
from tests.streams.command_topic import CommandTopic
from tests.streams.listed_log import Agent, ListedLog
from tests.streams.listed_source import SourceBooks, as_file
from tests.streams.stepwise_runner import INTERVAL, Brought, StepwiseRunner

FETCHED = ("bageriet", "snickeriet")
UPLOADING = "gjuteriet"
COMPANIES = (*FETCHED, UPLOADING)
ROUNDS_MAX = 60
# In the order in which they refer to each other.
EMPTY = """
    DELETE FROM engine.sync_run; DELETE FROM engine.purge; DELETE FROM engine.watermark;
    DELETE FROM engine.connection; DELETE FROM engine.upload; DELETE FROM engine.company;
    DELETE FROM engine.unknown_company; DELETE FROM engine.command; DELETE FROM engine.outbox;
    DELETE FROM engine.lease; DELETE FROM engine.dead_letter;
    DELETE FROM engine.projection_failure;
    UPDATE engine.projection_offset
    SET next_offset = 0, last_digest = NULL, stopped_at = NULL, stopped_reason = NULL;
"""
RUN_OUT = """
    UPDATE engine.lease SET until = engine.clock() - interval '1 second' WHERE name = $1
"""
WAITING = """
    SELECT (SELECT count(*) FROM engine.outbox WHERE published_at IS NULL)
        + (SELECT count(*) FROM engine.purge WHERE completed_at IS NULL)
        + (SELECT count(*) FROM engine.sync_run
            WHERE state IN ('queued', 'running', 'confirming'))
"""


class PurgeWorld:
    """Everything is the engine's own but the broker, which is a list, and the sources."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.log = ListedLog()
        self.topic = CommandTopic(database)
        self.ledger = Agent(database, self.log, LEDGER)
        self.status = Agent(database, self.log, STATUS)
        self.sources = {company: SourceBooks() for company in COMPANIES}
        self.runners: list[StepwiseRunner] = []
        self.commands: list[Received] = []
        # What each run had read of a year when the broker had all of that read.
        self.brought: dict[tuple[str, int, date], tuple[Brought, bool]] = {}
        self._names = iter(range(1, 1_000_000))

    async def begin(self) -> None:
        async with self.database.connection() as connection:
            await connection.execute(EMPTY)
        await self.ledger.start_anew()
        await self.status.start_anew()

    async def command(self, kind: str, company: str, **fields: Any) -> None:
        name = f"command-{next(self._names)}"
        self.commands.append(await self.topic.command(kind, company, command_id=name, **fields))

    async def connect(self, company: str) -> None:
        """Its first automatic run is due at once."""
        await self.command("connection_requested", company, source="fortnox")
        await self.command("sync_requested", company, trigger="automatic")

    async def upload(self, company: str) -> None:
        """A file with what the source holds now, if the company takes files."""
        content = as_file(self.sources[company])
        async with self.database.connection() as connection:
            with suppress(UploadRefused):
                await uploads.receive(
                    connection,
                    company_id=company,
                    name="",
                    file=BytesIO(content),
                    file_name="books.se",
                    judgement=of_bytes(content).judge(),
                    forced=False,
                )

    async def repeat_command(self, place: int) -> None:
        """The same id, written again."""
        old = self.commands[place]
        assert old.value is not None
        await self.topic.decide(self.topic.written(old.value))

    async def relay(self, *, messages: int | None = None) -> None:
        """All that waits; or the relay dies after so many, and nobody hears of the last."""
        self.log.break_after(messages)
        with suppress(BrokerUnavailable):
            await OutboxRelay(self.database, self.log).relay()
        self.log.break_after(None)

    async def claim(self) -> None:
        """Whoever is free takes what is to be had."""
        async with self.database.connection() as connection:
            found = await sync_runs.candidates(connection)
        for run_id, company in found:
            async with self.database.transaction() as connection:
                holder = f"runner-{next(self._names)}"
                run = await sync_runs.claim(
                    connection, run_id=run_id, company_id=company, holder=holder, seconds=60
                )
            if run is not None:
                books = self.sources[company]
                self.runners.append(StepwiseRunner(self.database, self.log, run, books))

    async def step(self, runner: StepwiseRunner, count: int) -> None:
        await runner.step(count)
        self._settle()

    def _settle(self) -> None:
        for runner in self.runners:
            run = runner.run
            for year, brought in runner.brought.items():
                self.brought[run.company_id, run.run_number, year] = brought
        self.runners = [runner for runner in self.runners if not runner.is_over]

    async def let_lease_run_out(self, runner: StepwiseRunner) -> None:
        """Another one may take the run from here on."""
        async with self.database.connection() as connection:
            await connection.execute(RUN_OUT, sync_runs.lease_name(runner.run.run_id))

    async def confirm(self) -> None:
        await confirmer.confirm(self.database, ledger_agent=LEDGER.agent, interval=INTERVAL)
        await purges.complete(self.database)

    async def settle_all(self) -> None:
        """Everything that waits is done, by workers that all live; runners without a run stop."""
        for _ in range(ROUNDS_MAX):
            await self.relay()
            for agent in (self.ledger, self.status):
                await agent.apply_next(agent.waiting)
            await self.confirm()
            for runner in list(self.runners):
                await self.step(runner, 100)
            await self._let_leases_run_out()
            await self.claim()
            if not await self._waits():
                return
        raise AssertionError("something waits for ever")

    async def _let_leases_run_out(self) -> None:
        async with self.database.connection() as connection:
            for (name,) in await connection.fetch("SELECT name FROM engine.lease"):
                if name not in {sync_runs.lease_name(one.run.run_id) for one in self.runners}:
                    await connection.execute(RUN_OUT, name)

    async def _waits(self) -> bool:
        async with self.database.connection() as connection:
            waiting: int = await connection.fetchval(WAITING)
        return waiting + self.ledger.waiting + self.status.waiting > 0


async def started(dsn: str) -> Database:
    database = Database(dsn, transaction_timeout_seconds=20, lock_timeout_seconds=5)
    await database.start()
    return database

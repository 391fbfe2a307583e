"""A runner that goes on one message at a time, so that anything can happen in between."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from io import BytesIO

import asyncpg

from connectors.protocol import Connector, Page, PlannedRead
from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from projections.queries.known_books import known_books
from schemas.bookkeeping import Voucher
from schemas.errors import SourceUnavailable
from streams import run_ends, sync_runs, uploads, watermarks
from streams.database import Database
from streams.run_ends import Failure
from streams.stamper import Stamper
from streams.sync_runs import Claimed, PublishedRead, RunLost
from streams.upload_source import LEDGER_GENERATION
from tests.streams.listed_log import ListedLog
from tests.streams.listed_source import Content, Key, ListedConnector, SourceBooks

INTERVAL = timedelta(hours=1)
WHOLE_READ_SECONDS = 86_400
RUN_SECONDS_MAX = 3_600
Brought = dict[Key, Content]


class StepwiseRunner:
    """As streams.sync_runner, publication by publication; it does not look at its lease."""

    def __init__(self, database: Database, log: ListedLog, run: Claimed, books: SourceBooks):
        self.run = run
        self.is_over = False
        # What the source held when a read was taken that was published whole, and whether it
        # was read whole.
        self.brought: dict[date, tuple[Brought, bool]] = {}
        self._database = database
        self._log = log
        self._books = books
        self._plans: Iterator[tuple[int, PlannedRead]] = iter(())
        self._connector: Connector | None = None
        self._in_file: Brought | None = None  # Where the source is a file.
        self._reading: tuple[int, PlannedRead, Stamper, Iterator[Page], Brought] | None = None
        self._unfinished: tuple[str, ...] = ()

    async def step(self, count: int = 1) -> None:
        """Sends so many messages, each read's end among them, and hands over after the last."""
        with suppress(RunLost):
            for _ in range(count):
                if not self.is_over:
                    await self._step()
            return
        self.is_over = True

    async def look(self) -> None:
        """Whether somebody has asked for the run's end: then it ends."""
        with suppress(RunLost):
            async with self._database.transaction() as connection:
                found = await sync_runs.look(connection, self.run, seconds_max=RUN_SECONDS_MAX)
                if not found.is_cancelled:
                    return
                row = await sync_runs.lock_own(connection, self.run)
                await self._cancel(connection, row)
        self.is_over = True

    async def fail(self) -> None:
        """The source does not answer any more."""
        failure = Failure.because(SourceUnavailable("fortnox", "it is away"), self._unfinished)
        with suppress(RunLost):
            async with self._database.transaction() as connection:
                row = await sync_runs.lock_own(connection, self.run)
                if row["cancel_requested_at"] is None:
                    await run_ends.fail(connection, row, failure, interval=INTERVAL)
                else:
                    await self._cancel(connection, row)
        self.is_over = True

    async def _step(self) -> None:
        if self._connector is None and not await self._open():
            return
        if self._reading is None and not self._begin_read():
            await self._confirm()
            self.is_over = True
            return
        assert self._reading is not None
        position, plan, stamper, pages, brought = self._reading
        message = stamper.next_message(pages)
        if message is not None:
            self._unfinished = (plan.read.name,)
            await self._log.send(message)
            return
        sent = await self._log.send(stamper.completion())
        end = await self._log.acknowledged(sent)
        await self._add_read(plan, stamper, position=position, end_offset=end.offset)
        if plan.read.part == "vouchers" and plan.read.fiscal_year is not None:
            self.brought[plan.read.fiscal_year] = (brought, plan.snapshot)
        self._reading, self._unfinished = None, ()

    async def _open(self) -> bool:
        """Whether the source can be read: a file waits for the ledger to be behind its purge."""
        company_id = self.run.company_id
        async with self._database.connection() as connection:
            known = await watermarks.known_reads(
                connection, company_id, whole_read_seconds=WHOLE_READ_SECONDS
            )
            done = await sync_runs.done_reads(connection, self.run.run_id)
            self._connector = (
                ListedConnector(self._books, known)
                if self.run.upload_id is None
                else await self._file(connection, self.run.upload_id)
            )
        if self._connector is None:
            return False
        planned = enumerate(self._connector.reads(self.run.scope))
        self._plans = iter([(at, plan) for at, plan in planned if plan.read.name not in done])
        return True

    async def _file(self, connection: asyncpg.Connection, upload_id: str) -> SieConnector | None:
        """As streams.upload_source, but for the waiting. Raises RunLost."""
        generation = await connection.fetchval(LEDGER_GENERATION, self.run.company_id)
        if generation < self.run.generation:
            return None
        await uploads.check_again(connection, upload_id)
        stored = await uploads.fetch(connection, upload_id)
        if stored is None:
            raise RunLost(self.run.run_id)
        with stored.file:
            file = SieFile(BytesIO(stored.file.read()), name=stored.file_name)
        found = [one for one in file.vouchers() if isinstance(one, Voucher)]
        self._in_file = {(voucher.fiscal_year, voucher.number): voucher for voucher in found}
        return SieConnector(file, await known_books(connection, self.run.company_id))

    def _begin_read(self) -> bool:
        """Whether there is one that was not published whole."""
        assert self._connector is not None
        found = next(self._plans, None)
        if found is None:
            return False
        position, plan = found
        year = plan.read.fiscal_year if plan.read.part == "vouchers" else None
        in_source = self._books.of_year(year) if year is not None else {}
        brought = in_source if self._in_file is None else self._in_file
        pages = self._connector.pages(plan)
        self._reading = (position, plan, Stamper(self.run, plan), pages, brought)
        return True

    async def _add_read(
        self, plan: PlannedRead, stamper: Stamper, *, position: int, end_offset: int
    ) -> None:
        assert self._connector is not None
        read = PublishedRead(
            name=plan.read.name,
            position=position,
            partition=0,
            end_offset=end_offset,
            vouchers=stamper.all_vouchers,
            watermark=self._connector.watermark(plan),
            is_whole=plan.snapshot,
        )
        async with self._database.transaction() as connection:
            await sync_runs.add_read(connection, self.run, read)

    async def _confirm(self) -> None:
        async with self._database.transaction() as connection:
            row = await sync_runs.lock_own(connection, self.run)
            if row["cancel_requested_at"] is None:
                await sync_runs.confirm(connection, row, vouchers=0, remark="")
            else:
                await self._cancel(connection, row)

    async def _cancel(self, connection: asyncpg.Connection, row: asyncpg.Record) -> None:
        await run_ends.cancel(connection, row, unfinished=self._unfinished, interval=INTERVAL)

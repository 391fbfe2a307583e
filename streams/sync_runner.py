"""The runner: takes a queued run, reads its source, and publishes what it holds to the ledger.

A runner that dies is followed by another, which goes on with the first read that was not published
whole, under the next attempt; the ledger's fence keeps what the dead one still had under way out.
"""

import asyncio
from collections import deque
from uuid import uuid4

import structlog
from aiokafka.structs import RecordMetadata

from connectors.protocol import Connector, PlannedRead
from schemas.errors import (
    BrokerUnavailable,
    RejectedError,
    TransientError,
    UploadRefused,
)
from schemas.parts import Scope
from streams import lease, retry, sync_runs
from streams.database import Database
from streams.publisher import Publisher
from streams.stamper import Stamper
from streams.sync_runs import Claimed
from streams.upload_source import upload_source

log = structlog.get_logger()
UNACKNOWLEDGED_MAX = 16
PROGRESS_SECONDS = 1.0
BROKER_DELAY_SECONDS_MAX = 5.0


class AttemptsExhausted(RejectedError):
    """Every runner that took this run has died of it."""

    reason = "attempts_exhausted"

    def __init__(self, attempts: int) -> None:
        super().__init__(f"{attempts} attempts ended without an outcome; see the workers' logs")


class SyncRunner:
    """Runs what is queued, one run at a time; a worker has several of them."""

    def __init__(
        self, database: Database, publisher: Publisher, *, holder: str, lease_seconds: float
    ) -> None:
        self._database = database
        self._publisher = publisher
        # A worker's runners hold leases against each other too.
        self._holder = f"{holder}/{uuid4().hex[:8]}"
        self._lease_seconds = lease_seconds
        self._next_progress_at = 0.0

    async def run_next(self) -> bool:
        """Claims a run and carries it to its confirming; False where there is none to claim."""
        run = await self._claim()
        if run is None:
            return False
        heartbeat = asyncio.create_task(self._hold(run))
        work = asyncio.create_task(self._carry_out(run))
        try:
            await asyncio.wait({heartbeat, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                heartbeat.result()  # Its own error, if that is why it ended.
                raise sync_runs.RunLost(run.run_id)
            work.result()
        except sync_runs.RunLost:
            log.warning("run_lost", run_id=run.run_id, attempt=run.attempt)
        finally:
            for task in (heartbeat, work):
                task.cancel()
            await asyncio.gather(heartbeat, work, return_exceptions=True)
            name = sync_runs.lease_name(run.run_id)
            await lease.give_back(self._database, name, holder=self._holder)
        return True

    async def _claim(self) -> Claimed | None:
        async with self._database.connection() as connection:
            found = await sync_runs.candidates(connection)
        for run_id, company_id in found:
            async with self._database.transaction() as connection:
                run = await sync_runs.claim(
                    connection,
                    run_id=run_id,
                    company_id=company_id,
                    holder=self._holder,
                    seconds=self._lease_seconds,
                )
            if run is not None:
                return run
        return None

    async def _hold(self, run: Claimed) -> None:
        """Keeps the lease; returns when it is lost."""
        name, held = sync_runs.lease_name(run.run_id), True
        while held:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                async with self._database.connection() as connection:
                    held = await lease.extend(
                        connection, name=name, holder=self._holder, seconds=self._lease_seconds
                    )
            except TransientError:
                continue  # The lease goes on until it has run out.

    async def _carry_out(self, run: Claimed) -> None:
        try:
            if run.attempt > sync_runs.ATTEMPTS_MAX:
                raise AttemptsExhausted(run.attempt - 1)
            await self._read_source(run)
        except RejectedError as error:
            reason = error.code if isinstance(error, UploadRefused) else error.reason
            log.warning("run_failed", run_id=run.run_id, reason=reason, error=str(error))
            await self._fail(run, reason=reason, detail=str(error))
        except BrokerUnavailable:
            # Waited out here, so that an outage costs one attempt and not one per retry.
            await retry.until_done(
                self._publisher.reach,
                what="run_sync",
                delay_seconds_max=BROKER_DELAY_SECONDS_MAX,
            )
            raise

    async def _read_source(self, run: Claimed) -> None:
        assert run.upload_id is not None  # Other sources come with their connectors.
        async with upload_source(self._database, run) as connector:
            await self._publish_all(run, connector)
        async with self._database.transaction() as connection:
            await sync_runs.confirm(connection, run)

    async def _publish_all(self, run: Claimed, connector: Connector) -> None:
        planned = await asyncio.to_thread(connector.reads, Scope())
        async with self._database.connection() as connection:
            done = await sync_runs.done_reads(connection, run.run_id)
        for position, plan in enumerate(planned):
            if plan.read.name in done:
                continue
            end = await self._publish_read(run, connector, plan)
            async with self._database.transaction() as connection:
                await sync_runs.add_read(
                    connection,
                    run,
                    read=plan.read.name,
                    position=position,
                    partition=end.partition,
                    message_offset=end.offset,
                )

    async def _publish_read(
        self, run: Claimed, connector: Connector, plan: PlannedRead
    ) -> RecordMetadata:
        """Publishes one read; where its ReadCompleted stands, once the broker has all of it."""
        stamper = Stamper(run, plan)
        pages = connector.pages(plan.read)
        unacknowledged: deque[asyncio.Future[RecordMetadata]] = deque()
        # The reading is work of the processor: in a thread, so that the agents go on meanwhile.
        while (message := await asyncio.to_thread(stamper.next_message, pages)) is not None:
            unacknowledged.append(await self._publisher.send(message))
            if len(unacknowledged) > UNACKNOWLEDGED_MAX:
                await self._publisher.acknowledged(unacknowledged.popleft())
            await self._show_progress(run, stamper)
        while unacknowledged:
            await self._publisher.acknowledged(unacknowledged.popleft())
        last = await self._publisher.send(stamper.completion())
        await self._show_progress(run, stamper, at_once=True)
        return await self._publisher.acknowledged(last)

    async def _show_progress(
        self, run: Claimed, stamper: Stamper, *, at_once: bool = False
    ) -> None:
        now = asyncio.get_running_loop().time()
        if not stamper.vouchers or (not at_once and now < self._next_progress_at):
            return
        self._next_progress_at = now + PROGRESS_SECONDS
        done = stamper.vouchers + stamper.set_aside
        async with self._database.connection() as connection:
            await connection.execute(sync_runs.PROGRESS, run.run_id, run.attempt, done)

    async def _fail(self, run: Claimed, *, reason: str, detail: str) -> None:
        async with self._database.transaction() as connection:
            row = await sync_runs.lock_open(
                connection, run_id=run.run_id, company_id=run.company_id
            )
            if row is not None and row["attempt"] == run.attempt:
                now = await connection.fetchval("SELECT engine.clock()")
                await sync_runs.fail(
                    connection, row, reason=reason, detail=detail, reads=[], now=now
                )

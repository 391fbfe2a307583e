"""The runner: takes a queued run, reads its source, and publishes what it holds to the ledger.

A runner that dies is followed by another, which goes on with the first read that was not published
whole, under the next attempt; the ledger's fence keeps what the dead one still had under way out.
"""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import structlog

from schemas.errors import (
    BrokerUnavailable,
    RejectedError,
    SourceUnavailable,
    TransientError,
)
from streams import lease, retry, run_ends, sync_runs
from streams.database import Database
from streams.publication import Publication
from streams.publisher import Publisher
from streams.reading_thread import ReadingThread
from streams.run_ends import Failure
from streams.settings import Settings
from streams.sources import open_source
from streams.sync_runs import Claimed, RunLost

log = structlog.get_logger()
LOOK_SECONDS = 1.0
BROKER_DELAY_SECONDS_MAX = 5.0
PAUSE_DOUBLINGS_MAX = 8  # Up to 51 seconds.
ATTEMPTS_MAX = 20  # That end with the runner: an outage that it outlives is not the run's fault.


class AttemptsExhausted(RejectedError):
    """Every runner that took this run has died of it."""

    reason = "attempts_exhausted"

    def __init__(self, attempts: int) -> None:
        super().__init__(f"{attempts} attempts ended without an outcome; see the workers' logs")


class SourceTooSlow(RejectedError):
    """The source has not been read within the time that a run may take."""

    reason = "timed_out"

    def __init__(self, seconds_max: float) -> None:
        super().__init__(f"the source was not read within {seconds_max:.0f} s")


class CancelRequested(RejectedError):
    """Somebody has asked for the run's end."""

    reason = "requested"


class SyncRunner:
    """Runs what is queued, one run at a time; a worker has several of them."""

    def __init__(
        self, database: Database, publisher: Publisher, settings: Settings, *, holder: str
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._settings = settings
        self._interval = timedelta(seconds=settings.sync_interval_seconds)
        # A worker's runners hold leases against each other too.
        self._holder = f"{holder}/{uuid4().hex[:8]}"

    async def run_next(self) -> bool:
        """Claims a run and carries it to its confirming; False where there is none to claim."""
        run = await self._claim()
        if run is None:
            return False
        try:
            await self._carry_out(run)
        except RunLost:
            log.warning("run_lost", run_id=run.run_id, attempt=run.attempt)
        except (TransientError, asyncio.CancelledError):
            # Also where this worker is told to stop: another one goes on at once. An error that
            # nobody foresaw leaves the lease behind, as a worker does that is killed.
            await self._give_back(run)
            raise
        await self._give_back(run)
        return True

    async def _give_back(self, run: Claimed) -> None:
        name = sync_runs.lease_name(run.run_id)
        await lease.give_back(self._database, name, holder=self._holder)

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
                    seconds=self._settings.lease_seconds,
                )
            if run is not None:
                return run
        return None

    async def _carry_out(self, run: Claimed) -> None:
        publication = Publication(self._database, self._publisher, run)
        try:
            if run.runners_lost >= ATTEMPTS_MAX:
                raise AttemptsExhausted(run.runners_lost)
            await self._while_held(run, publication)
        except CancelRequested:
            await self._cancel(run, publication)
        except (RejectedError, SourceUnavailable) as error:
            await self._fail(run, publication, error)
        else:
            await self._confirm(run, publication)

    async def _while_held(self, run: Claimed, publication: Publication) -> None:
        """Publishes the run, until it is lost, cancelled or late. Raises as `_watch`, and more."""
        watch = asyncio.create_task(self._watch(run, publication))
        work = asyncio.create_task(self._publish(run, publication))
        try:
            await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
            await (work if work.done() else watch)
        finally:
            for task in (watch, work):
                task.cancel()
            await asyncio.gather(watch, work, return_exceptions=True)

    async def _publish(self, run: Claimed, publication: Publication) -> None:
        try:
            with ReadingThread() as thread:
                connector = await open_source(self._database, self._settings, run, thread)
                await publication.publish_all(connector, thread)
        except BrokerUnavailable:
            # Waited out here, with the lease kept: an outage is one attempt, not one per retry.
            await retry.until_done(
                self._publisher.reach,
                what="run_sync",
                delay_seconds_max=BROKER_DELAY_SECONDS_MAX,
            )
            # It may answer and yet take nothing: then each attempt waits longer for its turn.
            doublings = min(run.attempt - 1, PAUSE_DOUBLINGS_MAX)
            await asyncio.sleep(retry.FIRST_DELAY_SECONDS * 2**doublings)
            raise

    async def _watch(self, run: Claimed, publication: Publication) -> None:
        """Keeps the lease and shows the progress.

        Raises RunLost, CancelRequested and SourceTooSlow, at most a second after it is so.
        """
        shown = 0
        while True:
            try:
                async with self._database.connection() as connection:
                    await self._look(connection, run)
                    if publication.vouchers != shown:
                        shown = publication.vouchers
                        await sync_runs.show_progress(connection, run, vouchers=shown)
            except RunLost:
                raise
            except TransientError:
                pass  # The lease goes on until it has run out.
            await asyncio.sleep(min(LOOK_SECONDS, self._settings.lease_seconds / 3))

    async def _look(self, connection: asyncpg.Connection, run: Claimed) -> None:
        is_held = await lease.extend(
            connection,
            name=sync_runs.lease_name(run.run_id),
            holder=self._holder,
            seconds=self._settings.lease_seconds,
        )
        if not is_held:
            raise RunLost(run.run_id)
        seconds_max = self._settings.run_seconds_max
        found = await sync_runs.look(connection, run, seconds_max=seconds_max)
        if found.is_cancelled:
            raise CancelRequested(run.run_id)
        if found.is_late:
            raise SourceTooSlow(seconds_max)

    async def _confirm(self, run: Claimed, publication: Publication) -> None:
        async with self._database.transaction() as connection:
            row = await sync_runs.lock_own(connection, run)
            if row["cancel_requested_at"] is None:
                await sync_runs.confirm(
                    connection, row, vouchers=publication.vouchers, remark=publication.remark
                )
            else:  # It was not too late when somebody was told that the run would be cancelled.
                await run_ends.cancel(connection, row, unfinished=(), interval=self._interval)

    async def _cancel(self, run: Claimed, publication: Publication) -> None:
        unfinished = publication.unfinished
        async with self._database.transaction() as connection:
            row = await sync_runs.lock_own(connection, run)
            await run_ends.cancel(connection, row, unfinished=unfinished, interval=self._interval)

    async def _fail(
        self, run: Claimed, publication: Publication, error: RejectedError | SourceUnavailable
    ) -> None:
        unfinished = publication.unfinished
        failure = Failure.because(error, unfinished=unfinished)
        async with self._database.transaction() as connection:
            row = await sync_runs.lock_own(connection, run)
            if row["cancel_requested_at"] is not None:  # Somebody was told that it would be.
                await run_ends.cancel(
                    connection, row, unfinished=unfinished, interval=self._interval
                )
                return
            await run_ends.fail(connection, row, failure, interval=self._interval)
        log.warning("run_failed", run_id=run.run_id, reason=failure.reason, error=failure.detail)

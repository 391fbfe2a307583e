"""What a run reads, published to the ledger read by read."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date

from aiokafka.structs import RecordMetadata

from connectors.protocol import Connector, PlannedRead
from schemas.errors import RejectedError
from schemas.parts import Scope
from streams import sync_runs
from streams.database import Database
from streams.publisher import Publisher
from streams.reading_thread import ReadingThread
from streams.stamper import Stamper
from streams.sync_runs import Claimed, PublishedRead

UNACKNOWLEDGED_MAX = 16


class UnknownYear(RejectedError):
    """The source lacks a fiscal year that the run is for."""

    reason = "unknown_year"

    def __init__(self, first_days: Iterable[date]) -> None:
        years = ", ".join(str(first_day) for first_day in first_days)
        super().__init__(f"the source has no fiscal year from {years}")


def _missing_years(connector: Connector, run: Claimed) -> UnknownYear | None:
    """Those that the run names and the source lacks. Raises UnknownYear.

    A part that is not yearly is read whatever year is named, so the years are looked for in all.
    What a reload is for has been emptied already: it fetches the years that there are, if any.
    """
    named = set(run.scope.fiscal_years or ())
    if not named:
        return None
    of_all_parts = connector.reads(Scope(fiscal_years=run.scope.fiscal_years))
    missing = named - {plan.read.fiscal_year for plan in of_all_parts}
    if not missing:
        return None
    lacks = UnknownYear(sorted(missing))
    if run.trigger != "reload" or missing == named:
        raise lacks
    return lacks


class Publication:
    """The reads of one run, by one attempt; what an earlier one published whole stays as it is."""

    def __init__(self, database: Database, publisher: Publisher, run: Claimed) -> None:
        self._database = database
        self._publisher = publisher
        self._run = run
        self._vouchers_before = 0  # Those of the reads that are published whole.
        self._stamper: Stamper | None = None
        # The read of which something is published, and not all.
        self.unfinished: tuple[str, ...] = ()
        # What is to be said of a run that is read to its end.
        self.remark = ""

    @property
    def vouchers(self) -> int:
        """How many the run has read up to now, set aside or not."""
        return self._vouchers_before + (self._stamper.all_vouchers if self._stamper else 0)

    async def publish_all(self, connector: Connector, thread: ReadingThread) -> None:
        """Publishes the reads of the run's scope that are not published yet.

        Raises as the connector does, UnknownYear, MessageTooLarge, BrokerUnavailable,
        StoreUnavailable, and RunLost.
        """
        missing = await thread.do(_missing_years, connector, self._run)
        self.remark = str(missing or "")
        planned: Sequence[PlannedRead] = await thread.do(connector.reads, self._run.scope)
        async with self._database.connection() as connection:
            done = await sync_runs.done_reads(connection, self._run.run_id)
        self._vouchers_before = sum(done.values())
        for position, plan in enumerate(planned):
            if plan.read.name not in done:
                await self._publish(connector, thread, plan, position=position)

    async def _publish(
        self, connector: Connector, thread: ReadingThread, plan: PlannedRead, *, position: int
    ) -> None:
        self._stamper = stamper = Stamper(self._run, plan)
        end = await self._send(connector, thread, plan, stamper)
        read = PublishedRead(
            name=plan.read.name,
            position=position,
            partition=end.partition,
            end_offset=end.offset,
            vouchers=stamper.all_vouchers,
            watermark=await thread.do(connector.watermark, plan),
            is_whole=plan.snapshot,
        )
        async with self._database.transaction() as connection:
            await sync_runs.add_read(connection, self._run, read)
        self.unfinished = ()
        self._vouchers_before += stamper.all_vouchers
        self._stamper = None

    async def _send(
        self, connector: Connector, thread: ReadingThread, plan: PlannedRead, stamper: Stamper
    ) -> RecordMetadata:
        """Sends one read; where its ReadCompleted stands, once the broker has all of it."""
        pages = await thread.do(connector.pages, plan)
        unacknowledged: deque[asyncio.Future[RecordMetadata]] = deque()
        # Reading waits for the source, or is work of the processor: the agents go on meanwhile.
        while (message := await thread.do(stamper.next_message, pages)) is not None:
            self.unfinished = (plan.read.name,)
            unacknowledged.append(await self._publisher.send(message))
            if len(unacknowledged) > UNACKNOWLEDGED_MAX:
                await self._publisher.acknowledged(unacknowledged.popleft())
        while unacknowledged:
            await self._publisher.acknowledged(unacknowledged.popleft())
        return await self._publisher.acknowledged(await self._publisher.send(stamper.completion()))

"""A run that ends one way or another, and what is there then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from schemas.errors import RejectedError, SourceUnavailable
from streams import run_ends, sync_runs
from streams.run_ends import Failure
from streams.sync_runs import Claimed, PublishedRead

INTERVAL = timedelta(hours=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Run:
    """A run that has been claimed, and what is there after its end."""

    def __init__(self, connection: asyncpg.Connection, claimed: Claimed) -> None:
        self._connection = connection
        self._claimed = claimed

    async def has_read(self, name: str, watermark: str | None, *, is_whole: bool) -> None:
        read = PublishedRead(
            name=name,
            position=0,
            partition=0,
            end_offset=0,
            vouchers=0,
            watermark=watermark,
            is_whole=is_whole,
        )
        await sync_runs.add_read(self._connection, self._claimed, read)

    async def completes(self, *, remark: str = "") -> None:
        row = await sync_runs.lock_own(self._connection, self._claimed)
        await sync_runs.confirm(self._connection, row, vouchers=0, remark=remark)
        await run_ends.complete(self._connection, await self.row, [], interval=INTERVAL)

    async def fails(
        self, error: RejectedError | SourceUnavailable, *, unfinished: tuple[str, ...] = ()
    ) -> None:
        row = await sync_runs.lock_own(self._connection, self._claimed)
        failure = Failure.because(error, unfinished)
        await run_ends.fail(self._connection, row, failure, interval=INTERVAL)

    async def is_cancelled(self) -> None:
        row = await sync_runs.lock_own(self._connection, self._claimed)
        await run_ends.cancel(self._connection, row, unfinished=(), interval=INTERVAL)

    async def _found(self, query: str, *arguments: str) -> asyncpg.Record:
        row = await self._connection.fetchrow(query, *arguments)
        assert row is not None
        return row

    @property
    async def row(self) -> asyncpg.Record:
        query = "SELECT * FROM engine.sync_run WHERE run_id = $1"
        return await self._found(query, self._claimed.run_id)

    @property
    async def connection_row(self) -> asyncpg.Record:
        return await self._found("SELECT * FROM engine.connection")

    @property
    async def due_in(self) -> timedelta:
        """From the run's end to the next run."""
        due: datetime = (await self.connection_row)["due_at"]
        finished: datetime = (await self.row)["finished_at"]
        return due - finished

    @property
    async def events(self) -> list[dict[str, Any]]:
        """Those that its end has brought."""
        rows = await self._connection.fetch("SELECT * FROM engine.outbox ORDER BY outbox_id")
        events = [orjson.loads(row["message_value"]) for row in rows]
        return [event for event in events if event["type"] != "sync_started.v1"]

    async def watermarks(self) -> dict[str, tuple[str, datetime]]:
        rows = await self._connection.fetch("SELECT * FROM engine.watermark")
        return {row["read"]: (row["watermark"], row["whole_at"]) for row in rows}

    async def knows(self, name: str, watermark: str) -> None:
        """The ledger had all of that read, long ago."""
        known = (self._claimed.company_id, name, watermark, LONG_AGO)
        await self._connection.execute(
            "INSERT INTO engine.watermark VALUES ($1, $2, $3, $4)", *known
        )

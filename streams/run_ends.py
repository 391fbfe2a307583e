"""How a run ends: its final event, and what that means for the connection and the watermarks.

Each in the caller's transaction, in which the run and its company are locked (sync_runs.lock_open).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import asyncpg

from schemas.errors import (
    ReconnectRequired,
    RejectedError,
    SourceUnavailable,
    UploadRefused,
)
from schemas.lifecycle_events import ConnectionLost, SyncCancelled, SyncCompleted, SyncFailed
from schemas.limits import TEXT_CHARACTERS_MAX, replace_forbidden
from schemas.parts import Scope
from streams import outbox, watermarks
from streams.due import RETRY_DELAY_MAX, next_due

Outcomes = Sequence[dict[str, Any]]

FINISH = """
    UPDATE engine.sync_run SET state = $2, reason = $3, detail = $4, finished_at = $5
    WHERE run_id = $1
    RETURNING pg_notify('bokflow_progress', run_id), pg_notify('bokflow_published', '')
"""
# The bookkeeping of a file is on the topic now; what remains is the log of the upload.
FORGET_FILE = """
    DELETE FROM engine.upload_chunk USING engine.sync_run AS run
    WHERE run.run_id = $1 AND upload_chunk.upload_id = run.upload_id
"""
# Where nothing is fetched there is no next time: of uploads, and once it has been disconnected.
# A connection that was made after the run is none of its business.
FIND_CONNECTION = """
    SELECT failures_in_a_row, again, due_at FROM engine.connection
    WHERE company_id = $1 AND source = $2 AND state = 'connected' AND connected_at <= $3
    FOR UPDATE
"""
# But what that one asked for while the run was in its way is asked for now.
RUN_THE_NEWER = """
    UPDATE engine.connection AS connection SET due_at = $2, again = false
    FROM engine.sync_run AS run
    WHERE run.run_id = $1 AND connection.company_id = run.company_id AND again
        AND connection.state = 'connected' AND connected_at > run.queued_at
    RETURNING pg_notify('bokflow_due', '')
"""
PLAN_NEXT = """
    UPDATE engine.connection SET due_at = $2, failures_in_a_row = $3, again = false
    WHERE company_id = $1
"""
LOSE_CONNECTION = """
    UPDATE engine.connection SET state = 'reconnect_required', reason = $3, due_at = NULL,
        failures_in_a_row = failures_in_a_row + 1, again = false
    WHERE company_id = $1 AND source = $2 AND state = 'connected' AND connected_at <= $4
    RETURNING true
"""


@dataclass(frozen=True)
class Failure:
    """Why a run failed, and what follows from it."""

    reason: str
    detail: str
    retry_after_seconds: float | None = None  # Where the source has asked for a pause.
    connection_lost: str | None = None  # Why the source does not let us in any more.
    reads: Outcomes = ()  # What the ledger says of them.
    unfinished: Sequence[str] = ()  # Reads that the ledger has a part of.

    @classmethod
    def because(cls, error: RejectedError | SourceUnavailable, unfinished: Sequence[str]) -> Self:
        detail = str(error)
        match error:
            case SourceUnavailable():
                pause_seconds = error.retry_after_seconds
                return cls(error.reason, detail, pause_seconds, unfinished=unfinished)
            case ReconnectRequired():
                lost = error.code
                return cls(error.reason, detail, connection_lost=lost, unfinished=unfinished)
            case UploadRefused():
                return cls(error.code, detail, unfinished=unfinished)
            case _:
                return cls(error.reason, detail, unfinished=unfinished)


async def complete(
    connection: asyncpg.Connection, row: asyncpg.Record, reads: Outcomes, *, interval: timedelta
) -> None:
    """Ends a confirmed run well."""
    now = await _now(connection)
    await _finish(connection, row["run_id"], "completed", detail=row["detail"], now=now)
    known = await _connected(connection, row)
    if known is not None:  # Else another source may come, to which its watermarks mean nothing.
        await watermarks.move(connection, row["run_id"])
        due = now if known["again"] else _next_due(now, interval=interval)
        await _plan_next(connection, row, known, due=due, failures=0, now=now)
    await outbox.emit(
        connection,
        SyncCompleted,
        company_id=row["company_id"],
        occurred_at=now,
        run_id=row["run_id"],
        run_number=row["run_number"],
        fetched_at=row["fetched_at"],
        detail=row["detail"],
        reads=reads,
    )


async def fail(
    connection: asyncpg.Connection, row: asyncpg.Record, failure: Failure, *, interval: timedelta
) -> None:
    """Ends a run badly."""
    detail = replace_forbidden(failure.detail)[:TEXT_CHARACTERS_MAX]  # It quotes the source.
    now = await _now(connection)
    why = {"reason": failure.reason, "detail": detail}
    await _finish(connection, row["run_id"], "failed", **why, now=now)
    await watermarks.forget(connection, row["company_id"], failure.unfinished)
    is_lost = failure.connection_lost is not None and await connection.fetchval(
        LOSE_CONNECTION,
        row["company_id"],
        row["source"],
        failure.connection_lost,
        row["queued_at"],
    )
    retry_at = await _plan_retry(connection, row, failure, now=now, interval=interval)
    await outbox.emit(
        connection,
        SyncFailed,
        company_id=row["company_id"],
        occurred_at=now,
        run_id=row["run_id"],
        run_number=row["run_number"],
        reason=failure.reason,
        detail=detail,
        retry_at=retry_at,
        reads=failure.reads,
    )
    if is_lost:
        await outbox.emit(
            connection,
            ConnectionLost,
            company_id=row["company_id"],
            occurred_at=now,
            source=row["source"],
            reason=failure.connection_lost,
        )


async def cancel(
    connection: asyncpg.Connection,
    row: asyncpg.Record,
    *,
    unfinished: Sequence[str],
    interval: timedelta,
) -> None:
    """Ends a running run because somebody asked for it, and plans the next one."""
    now = await _now(connection)
    await end_cancelled(
        connection,
        company_id=row["company_id"],
        run_id=row["run_id"],
        reason=row["cancel_reason"],
        requested_by=row["cancel_requested_by"],
        now=now,
    )
    await watermarks.forget(connection, row["company_id"], unfinished)
    known = await _connected(connection, row)
    if known is not None:
        failures = known["failures_in_a_row"]
        due = _next_due(now, interval=interval, failures=failures)
        # What was asked for before somebody wanted this end has been forgotten then.
        due = now if known["again"] else min(due, known["due_at"] or due)
        await _plan_next(connection, row, known, due=due, failures=failures, now=now)


async def end_cancelled(
    connection: asyncpg.Connection,
    *,
    company_id: str,
    run_id: str,
    reason: str,
    requested_by: str,
    now: datetime,
    caused_by: str | None = None,
) -> None:
    """Ends a run that is to have no other end; what it has read is the caller's business."""
    await _finish(connection, run_id, "cancelled", reason=reason, now=now)
    await outbox.emit(
        connection,
        SyncCancelled,
        company_id=company_id,
        occurred_at=now,
        caused_by=caused_by,
        run_id=run_id,
        reason=reason,
        requested_by=requested_by,
    )


async def _now(connection: asyncpg.Connection) -> datetime:
    now: datetime = await connection.fetchval("SELECT engine.clock()")
    return now


async def _finish(
    connection: asyncpg.Connection,
    run_id: str,
    state: str,
    *,
    now: datetime,
    reason: str | None = None,
    detail: str = "",
) -> None:
    await connection.execute(FINISH, run_id, state, reason, detail, now)
    await connection.execute(FORGET_FILE, run_id)
    await connection.execute(RUN_THE_NEWER, run_id, now)


async def _connected(connection: asyncpg.Connection, row: asyncpg.Record) -> asyncpg.Record | None:
    if row["upload_id"] is not None:
        return None
    known_by = (row["company_id"], row["source"], row["queued_at"])
    return await connection.fetchrow(FIND_CONNECTION, *known_by)


async def _plan_retry(
    connection: asyncpg.Connection,
    row: asyncpg.Record,
    failure: Failure,
    *,
    now: datetime,
    interval: timedelta,
) -> datetime | None:
    """When the next run is due. One that was asked for meanwhile waits as well: it would fail."""
    known = await _connected(connection, row)
    if known is None:
        return None
    failures = known["failures_in_a_row"] + 1
    pause = min(failure.retry_after_seconds or 0.0, RETRY_DELAY_MAX.total_seconds())
    retry_at = now + timedelta(seconds=pause)
    due = _next_due(now, interval=interval, failures=failures, retry_at=retry_at)
    return await _plan_next(
        connection, row, known, due=due, failures=failures, now=now, not_before=retry_at
    )


async def _plan_next(
    connection: asyncpg.Connection,
    row: asyncpg.Record,
    known: asyncpg.Record,
    *,
    due: datetime,
    failures: int,
    now: datetime,
    not_before: datetime | None = None,
) -> datetime | None:
    """Plans the next run; after one that somebody asked for in part, only if it was asked for.

    `not_before` is the end of the pause that the source has asked for.
    """
    plan: tuple[datetime | None, int] = (due, failures)
    if row["trigger"] != "automatic" and Scope.model_validate_json(row["scope"]) != Scope():
        asked_for = now if known["again"] else known["due_at"]
        if asked_for is not None and not_before is not None:
            asked_for = max(asked_for, not_before)
        plan = (asked_for, known["failures_in_a_row"])
    await connection.execute(PLAN_NEXT, row["company_id"], *plan)
    return plan[0]


def _next_due(
    now: datetime, *, interval: timedelta, failures: int = 0, retry_at: datetime | None = None
) -> datetime:
    return next_due(
        now, interval=interval, failures=failures, retry_at=retry_at, jitter=random.random()
    )

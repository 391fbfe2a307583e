"""What a decision does to the engine's tables, and the events that tell of it."""

import asyncpg

from schemas.lifecycle_events import (
    CompanyRemoved,
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRestored,
    LifecycleEvent,
    SyncRejected,
)
from schemas.limits import TEXT_CHARACTERS_MAX
from schemas.sources import SOURCES
from streams import companies, connections, outbox, purges, run_ends, run_queue, watermarks
from streams.decided_commands import Answer, Occasion
from streams.decisions import (
    Cancel,
    Connect,
    Decision,
    Disconnect,
    Purge,
    QueueRun,
    Reject,
    Remove,
    RunAgain,
)

KEEP_IDENTITY = """
    UPDATE engine.company SET source = $2, name = CASE WHEN name = '' THEN $3 ELSE name END,
        organisation_number = coalesce(organisation_number, $4)
    WHERE company_id = $1
"""
# The first run is due at once.
CONNECT = """
    INSERT INTO engine.connection AS known (company_id, source, state, connected_at, due_at)
    VALUES ($1, $2, 'connected', $3, CASE WHEN $4 THEN $3::timestamptz END)
    ON CONFLICT (company_id) DO UPDATE
    SET source = excluded.source, state = excluded.state, reason = NULL,
        connected_at = excluded.connected_at, due_at = excluded.due_at, failures_in_a_row = 0,
        again = false
    RETURNING pg_notify('bokflow_due', '')
"""
DISCONNECT = """
    UPDATE engine.connection SET state = 'disconnected', reason = 'disconnected', due_at = NULL,
        again = false
    WHERE company_id = $1 RETURNING source
"""
RUN_AGAIN = "UPDATE engine.connection SET again = true WHERE company_id = $1"
RUN_NO_MORE = "UPDATE engine.connection SET again = false WHERE company_id = $1"
# The first who asked is remembered.
ASK_TO_STOP = """
    UPDATE engine.sync_run SET cancel_reason = $2, cancel_requested_at = $3,
        cancel_requested_by = $4
    WHERE run_id = $1 AND cancel_requested_at IS NULL RETURNING pg_notify('bokflow_cancel', run_id)
"""


async def carry_out(
    connection: asyncpg.Connection, decision: Decision, occasion: Occasion
) -> Answer:
    """Does what was decided, in the caller's transaction, which has locked the company."""
    match decision:
        case Reject():
            return await _reject(connection, decision, occasion)
        case QueueRun():
            return Answer(run_id=await _queue(connection, decision, occasion))
        case Cancel():
            await _cancel(connection, decision, occasion)
            return Answer(run_id=(decision.running + decision.at_once)[0])
        case Connect():
            await _connect(connection, decision, occasion)
        case RunAgain():
            await connection.execute(RUN_AGAIN, occasion.company_id)
        case Disconnect():
            await _cancel(connection, decision.cancel, occasion)
            await _disconnect(connection, occasion)
        case Purge():
            return Answer(run_id=await _purge(connection, decision, occasion))
        case Remove():
            await _remove(connection, decision, occasion)
    return Answer()


async def _emit(
    connection: asyncpg.Connection,
    kind: type[LifecycleEvent],
    occasion: Occasion,
    **fields: object,
) -> int:
    return await outbox.emit(
        connection,
        kind,
        company_id=occasion.company_id,
        occurred_at=occasion.now,
        caused_by=occasion.command_id,
        **fields,
    )


async def _reject(connection: asyncpg.Connection, decision: Reject, occasion: Occasion) -> Answer:
    detail = decision.detail[:TEXT_CHARACTERS_MAX]
    await _emit(
        connection,
        SyncRejected,
        occasion,
        command_id=occasion.command_id,
        reason=decision.reason,
        detail=detail,
    )
    return Answer(rejection=decision.reason, detail=detail)


async def _connect(connection: asyncpg.Connection, decision: Connect, occasion: Occasion) -> None:
    company_id, now = occasion.company_id, occasion.now
    if decision.is_new:
        await companies.register(
            connection,
            company_id,
            source=decision.source,
            name=decision.name,
            organisation_number=decision.organisation_number,
            now=now,
            caused_by=occasion.command_id,
        )
    else:
        identity = (decision.source, decision.name, decision.organisation_number)
        await connection.execute(KEEP_IDENTITY, company_id, *identity)
    if decision.cancel is not None:
        await _cancel(connection, decision.cancel, occasion)
    if decision.switches:
        await connections.forget_watermarks(connection, company_id)
    is_direct = SOURCES[decision.source].is_direct
    await connection.execute(CONNECT, company_id, decision.source, now, is_direct)
    kind = ConnectionRestored if decision.restores else ConnectionEstablished
    await _emit(connection, kind, occasion, source=decision.source)


async def _queue(connection: asyncpg.Connection, run: QueueRun, occasion: Occasion) -> str:
    return await run_queue.add(connection, occasion, run.scope, trigger=run.trigger)


async def _disconnect(connection: asyncpg.Connection, occasion: Occasion) -> None:
    source = await connection.fetchval(DISCONNECT, occasion.company_id)
    await _emit(connection, ConnectionLost, occasion, source=source, reason="disconnected")


async def _purge(connection: asyncpg.Connection, decision: Purge, occasion: Occasion) -> str | None:
    """The run that fetches anew what goes, if one does: it is queued behind the purge."""
    await _cancel(connection, decision.cancel, occasion)
    await purges.start(connection, decision, occasion)
    return await _queue(connection, decision.reload, occasion) if decision.reload else None


async def _remove(connection: asyncpg.Connection, decision: Remove, occasion: Occasion) -> None:
    await _purge(connection, decision.purge, occasion)
    if decision.is_connected:
        await _disconnect(connection, occasion)
    await _emit(connection, CompanyRemoved, occasion, requested_by=occasion.command.requested_by)
    await companies.forget(connection, occasion.company_id)


async def _cancel(connection: asyncpg.Connection, decision: Cancel, occasion: Occasion) -> None:
    """Who asks for an end does not want another run right after it either."""
    requested_by = occasion.command.requested_by
    await connection.execute(RUN_NO_MORE, occasion.company_id)
    for run_id in decision.at_once:
        await watermarks.forget_reads_of(connection, run_id)
        await run_ends.end_cancelled(
            connection,
            company_id=occasion.company_id,
            run_id=run_id,
            reason=decision.reason,
            requested_by=requested_by,
            now=occasion.now,
            caused_by=occasion.command_id,
        )
    for run_id in decision.running:
        asked = (decision.reason, occasion.now, requested_by)
        await connection.execute(ASK_TO_STOP, run_id, *asked)

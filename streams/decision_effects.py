"""What a decision does to the engine's tables, and the events that tell of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import asyncpg

from schemas.commands import AnyCommand, SyncRequested
from schemas.lifecycle_events import (
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRestored,
    LifecycleEvent,
    SyncQueued,
    SyncRejected,
)
from schemas.limits import TEXT_CHARACTERS_MAX
from schemas.parts import Scope
from schemas.sources import SOURCES
from streams import companies, connections, outbox, run_ends, watermarks
from streams.decided_commands import Answer
from streams.decisions import Cancel, Connect, Decision, Disconnect, QueueRun, Reject, RunAgain

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
ADD_RUN = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, requested_by,
        queued_outbox_id, queued_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
SOURCE_OF = "SELECT source FROM engine.company WHERE company_id = $1"
RUN_AGAIN = "UPDATE engine.connection SET again = true WHERE company_id = $1"
RUN_NO_MORE = "UPDATE engine.connection SET again = false WHERE company_id = $1"
# The first who asked is remembered.
ASK_TO_STOP = """
    UPDATE engine.sync_run SET cancel_reason = $2, cancel_requested_at = $3,
        cancel_requested_by = $4
    WHERE run_id = $1 AND cancel_requested_at IS NULL RETURNING pg_notify('bokflow_cancel', run_id)
"""


@dataclass(frozen=True)
class Occasion:
    """The command that has been decided, and when."""

    command: AnyCommand
    command_id: str
    now: datetime

    @property
    def company_id(self) -> str:
        return self.command.company_id


async def carry_out(
    connection: asyncpg.Connection, decision: Decision, occasion: Occasion
) -> Answer:
    """Does what was decided, in the caller's transaction, which has locked the company."""
    match decision:
        case Reject():
            return await _reject(connection, decision, occasion)
        case QueueRun():
            return Answer(run_id=await _queue(connection, decision.scope, occasion))
        case Cancel():
            await _cancel(connection, decision, occasion)
            return Answer(run_id=(decision.running + decision.at_once)[0])
        case Connect():
            await _connect(connection, decision, occasion)
        case RunAgain():
            await connection.execute(RUN_AGAIN, occasion.company_id)
        case Disconnect():
            await _cancel(connection, decision.cancel, occasion)
            source = await connection.fetchval(DISCONNECT, occasion.company_id)
            reason = "disconnected"
            await _emit(connection, ConnectionLost, occasion, source=source, reason=reason)
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


async def _queue(connection: asyncpg.Connection, scope: Scope, occasion: Occasion) -> str:
    """The id of the run that waits from here on."""
    command = occasion.command
    assert isinstance(command, SyncRequested)  # Nothing else is decided so.
    run_id = str(uuid4())
    source = await connection.fetchval(SOURCE_OF, command.company_id)
    queued = await _emit(
        connection,
        SyncQueued,
        occasion,
        run_id=run_id,
        trigger=command.trigger,
        source=source,
        scope=scope,
        requested_by=command.requested_by,
    )
    await connection.execute(
        ADD_RUN,
        run_id,
        command.company_id,
        command.trigger,
        source,
        scope.model_dump_json(),
        command.requested_by,
        queued,
        occasion.now,
    )
    return run_id


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

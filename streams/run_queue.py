"""The queue of runs that commands lead to: each waits there until a runner claims it."""

from uuid import uuid4

import asyncpg

from schemas.lifecycle_events import SyncQueued, Trigger
from schemas.parts import Scope
from streams import outbox
from streams.decided_commands import Occasion

SOURCE_OF = "SELECT source FROM engine.company WHERE company_id = $1"
ADD = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, requested_by,
        queued_outbox_id, queued_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def add(
    connection: asyncpg.Connection, occasion: Occasion, scope: Scope, *, trigger: Trigger
) -> str:
    """The id of the run that waits from here on. The caller has locked the company."""
    command = occasion.command
    run_id = str(uuid4())
    source = await connection.fetchval(SOURCE_OF, command.company_id)
    queued = await outbox.emit(
        connection,
        SyncQueued,
        company_id=command.company_id,
        occurred_at=occasion.now,
        caused_by=occasion.command_id,
        run_id=run_id,
        trigger=trigger,
        source=source,
        scope=scope,
        requested_by=command.requested_by,
    )
    about = (command.company_id, trigger, source, scope.model_dump_json(), command.requested_by)
    await connection.execute(ADD, run_id, *about, queued, occasion.now)
    return run_id

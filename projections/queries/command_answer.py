"""What has the engine decided about a command?"""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

COMMAND_ANSWER = """
    SELECT decided_at, run_id, rejection, detail, coalesce(source, '') AS source
    FROM engine.command LEFT JOIN engine.company USING (company_id)
    WHERE company_id = $1 AND command_id = $2
"""
# The run that a connection leads to by itself: the one that is going, or the next one.
RUN_SINCE = """
    SELECT run_id FROM engine.sync_run
    WHERE company_id = $1 AND upload_id IS NULL
        AND (queued_at >= $2 OR finished_at IS NULL AND cancel_requested_at IS NULL)
    ORDER BY queue_number LIMIT 1
"""


@dataclass(frozen=True)
class CommandAnswer:
    """The decision; without a rejection the command was taken."""

    decided_at: datetime
    run_id: str | None  # The run that it started, or asked to end.
    rejection: str | None
    detail: str
    source: str  # The company's; empty where there is no such company.


async def command_answer(
    connection: asyncpg.Connection, company_id: str, command_id: str
) -> CommandAnswer | None:
    """The answer to a command; None as long as it has not been decided."""
    row = await connection.fetchrow(COMMAND_ANSWER, company_id, command_id)
    return None if row is None else CommandAnswer(**row)


async def run_since(connection: asyncpg.Connection, company_id: str, since: datetime) -> str | None:
    """The first run of a company that was open then, or queued since."""
    run_id: str | None = await connection.fetchval(RUN_SINCE, company_id, since)
    return run_id

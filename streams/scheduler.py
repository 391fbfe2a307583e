"""The scheduler: asks for the automatic run of each direct connection when it is due.

It writes commands like anyone else, so that what was asked for stands on the topic.
"""

import random
from datetime import datetime, timedelta

import asyncpg

from schemas.codec import Message, encode_command
from schemas.commands import SyncRequested
from schemas.topics import COMMANDS
from streams import outbox
from streams.database import Database
from streams.due import next_due

CONNECTIONS_MAX = 200
REQUESTED_BY = "scheduler"
# While Kafka is away nothing is piled up: one request of a company waits at a time.
DUE = """
    SELECT company_id, due_at, failures_in_a_row FROM engine.connection AS connection
    WHERE state = 'connected' AND due_at <= (SELECT engine.clock()) AND NOT EXISTS (
        SELECT FROM engine.outbox WHERE published_at IS NULL AND topic = $1
            AND message_key = convert_to(company_id, 'UTF8'))
    ORDER BY due_at LIMIT $2 FOR UPDATE OF connection SKIP LOCKED
"""
MOVE_ON = """
    UPDATE engine.connection AS connection SET due_at = planned.due_at
    FROM unnest($1::text[], $2::timestamptz[]) AS planned (company_id, due_at)
    WHERE connection.company_id = planned.company_id
"""


async def request_due(database: Database, *, interval: timedelta) -> int:
    """Puts the requests that are due into the outbox, up to a batch; how many."""
    async with database.transaction() as connection:
        due = await connection.fetch(DUE, COMMANDS.name, CONNECTIONS_MAX)
        if due:
            now = await connection.fetchval("SELECT engine.clock()")
            await outbox.add_all(connection, [_request(row) for row in due], created_at=now)
            companies = [row["company_id"] for row in due]
            planned = [_planned(row, now, interval) for row in due]
            await connection.execute(MOVE_ON, companies, planned)
        return len(due)


def _request(row: asyncpg.Record) -> Message:
    """The same due time of a company is the same command, whoever asks for it."""
    company_id, due_at = row["company_id"], row["due_at"]
    return encode_command(
        SyncRequested(
            company_id=company_id,
            command_id=f"automatic/{company_id}/{due_at.isoformat()}",
            requested_by=REQUESTED_BY,
            trigger="automatic",
        )
    )


def _planned(row: asyncpg.Record, now: datetime, interval: timedelta) -> datetime:
    """The next due time; how the run ends may say otherwise."""
    failures = row["failures_in_a_row"]
    return next_due(
        now, interval=interval, failures=failures, retry_at=None, jitter=random.random()
    )

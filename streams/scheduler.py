"""The scheduler: asks for the automatic run of each direct connection when it is due.

It writes commands like anyone else, so that what was asked for stands on the topic.
"""

import random
from datetime import datetime, timedelta

import asyncpg

from schemas.codec import Message, encode_command
from schemas.commands import SyncRequested
from streams import outbox
from streams.database import Database
from streams.decisions import SHORT_LIFE
from streams.due import next_due

CONNECTIONS_MAX = 200
REQUESTED_BY = "scheduler"
# Nothing is piled up while Kafka is away or commands are not decided: one request of a company
# waits at a time, in the outbox or on the topic, until it would be refused as expired.
DUE = """
    SELECT company_id, due_at, failures_in_a_row FROM engine.connection AS connection
    WHERE state = 'connected' AND due_at <= (SELECT engine.clock())
        AND (EXISTS (SELECT FROM engine.command AS decided
                WHERE decided.company_id = connection.company_id
                    AND decided.command_id = connection.request_id)
            OR NOT EXISTS (SELECT FROM engine.outbox WHERE outbox_id = request_outbox_id AND (
                published_at IS NULL OR published_at > (SELECT engine.clock()) - $1::interval)))
    ORDER BY due_at LIMIT $2 FOR UPDATE OF connection SKIP LOCKED
"""
MOVE_ON = """
    UPDATE engine.connection AS connection SET due_at = planned.due_at,
        request_id = planned.request_id, request_outbox_id = planned.outbox_id
    FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[])
        AS planned (company_id, due_at, request_id, outbox_id)
    WHERE connection.company_id = planned.company_id
"""


async def request_due(database: Database, *, interval: timedelta) -> int:
    """Puts the requests that are due into the outbox, up to a batch; how many."""
    async with database.transaction() as connection:
        due = await connection.fetch(DUE, SHORT_LIFE, CONNECTIONS_MAX)
        if due:
            now = await connection.fetchval("SELECT engine.clock()")
            messages = [_request(row) for row in due]
            waiting = await outbox.add_all(connection, messages, created_at=now)
            companies = [row["company_id"] for row in due]
            planned = [_planned(row, now, interval) for row in due]
            requests = [_command_id(row) for row in due]
            await connection.execute(MOVE_ON, companies, planned, requests, waiting)
        return len(due)


def _command_id(row: asyncpg.Record) -> str:
    """The same due time of a company is the same command, whoever asks for it."""
    return f"automatic/{row['company_id']}/{row['due_at'].isoformat()}"


def _request(row: asyncpg.Record) -> Message:
    return encode_command(
        SyncRequested(
            company_id=row["company_id"],
            command_id=_command_id(row),
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

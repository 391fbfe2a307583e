"""What `doctor` looks at: whether each piece is there, and what to do where it is not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import asyncpg
from aiokafka import TopicPartition

from projections import migrate
from projections.migrate import READERS
from projections.queries import accepted_gaps
from projections.queries.workers import ready_workers
from schemas.errors import SyncError, TransientError
from schemas.topics import DEAD_LETTERS, TOPICS
from streams import offsets, topics
from streams.database import CONNECT_SECONDS_MAX, translated
from streams.log_identity import LOST
from streams.settings import Settings

State = Literal["ok", "warning", "error"]
OUTBOX_SECONDS_MAX = 60
LAG_MESSAGES_MAX = 1000

OUTBOX = """
    SELECT count(*), coalesce(extract(epoch FROM engine.clock() - min(created_at)), 0)::float8
    FROM engine.outbox WHERE published_at IS NULL AND given_up_at IS NULL
"""
GIVEN_UP = """
    SELECT count(*), coalesce(min(outbox_id), 0) FROM engine.outbox WHERE given_up_at IS NOT NULL
"""
RUNS = """
    SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state <> 'queued')
    FROM engine.sync_run WHERE state IN ('queued', 'running', 'confirming')
"""
FAILURES = "SELECT * FROM engine.projection_failure ORDER BY agent, partition, message_offset"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` says what to do, where something is to be done."""

    check: str
    state: State
    detail: str
    advice: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Looks at everything, in the order in which one thing needs the other."""
    connection = None
    try:
        async with translated():
            connection = await asyncpg.connect(
                settings.postgres_dsn.get_secret_value(), timeout=CONNECT_SECONDS_MAX
            )
            yield Finding("PostgreSQL", "ok", await connection.fetchval("SHOW server_version"))
            await migrate.check(connection)
            yield Finding("migrations", "ok", f"{len(migrate.known_migrations())} applied")
    except TransientError as error:
        yield Finding("PostgreSQL", "error", str(error), "start it, or check BOKFLOW_POSTGRES_DSN")
    except migrate.DatabaseTooOld as error:
        yield Finding("migrations", "error", str(error), "bokflow migrate")
    except migrate.DatabaseTooNew as error:
        yield Finding("migrations", "error", str(error), "install the newer engine")
    else:
        assert connection is not None  # No exception.
        async for finding in _database_findings(connection):
            yield finding
        async for finding in _kafka_findings(connection, settings):
            yield finding
    finally:
        if connection is not None:
            await connection.close()


async def _database_findings(connection: asyncpg.Connection) -> AsyncIterator[Finding]:
    workers = await ready_workers(connection)
    yield Finding(
        "workers",
        "ok" if workers else "error",
        ", ".join(workers) or "none is at work",
        "" if workers else "start one: bokflow up, or bokflow worker",
    )
    waiting, age_seconds = tuple(await connection.fetchrow(OUTBOX) or (0, 0.0))
    late = age_seconds > OUTBOX_SECONDS_MAX
    yield Finding(
        "outbox",
        "warning" if late else "ok",
        f"{waiting} messages wait, the oldest for {age_seconds:.0f} s",
        "see the workers' logs: Kafka does not take them" if late else "",
    )
    given_up, first_id = tuple(await connection.fetchrow(GIVEN_UP) or (0, 0))
    if given_up:
        yield Finding(
            "messages given up",
            "warning",
            f"Kafka never takes {given_up} messages, the first is {first_id} of engine.outbox",
            "see message_given_up in the workers' logs; housekeeping drops them after 90 days",
        )
    queued, going = tuple(await connection.fetchrow(RUNS) or (0, 0))
    yield Finding("sync runs", "ok", f"{queued} queued, {going} going")
    lacking = await accepted_gaps.lacking(connection)
    if lacking:
        yield Finding(
            "accepted gaps",
            "warning",
            f"messages are lost of {', '.join(lacking)}: their bookkeeping may lack something",
            "bokflow sync COMPANY reads it whole; of files, import them again",
        )
    for row in await connection.fetch(FAILURES):
        yield Finding(
            f"{row['agent']}/{row['partition']}",
            "warning",
            f"message {row['message_offset']} ended a worker {row['exits']} times: {row['error']}",
            "mend the cause, then: bokflow doctor --resume",
        )


async def _kafka_findings(
    connection: asyncpg.Connection, settings: Settings
) -> AsyncIterator[Finding]:
    try:
        counts = await topics.partition_counts(settings.kafka_url)
    except TransientError as error:
        yield Finding("Kafka", "error", str(error), "start it, or check BOKFLOW_KAFKA_URL")
        return
    yield Finding("Kafka", "ok", settings.kafka_url)
    missing = [topic.name for topic in TOPICS if topic.name not in counts]
    if missing:
        detail = f"missing: {', '.join(missing)}"
        yield Finding("topics", "error", detail, "bokflow migrate makes them, empty")
        return
    yield Finding("topics", "ok", f"{len(counts)} topics of {max(counts.values())} partitions")
    for reader in READERS:
        topic = reader.topic
        rows = await offsets.read(connection, reader)
        try:
            ends = await topics.end_offsets(
                settings.kafka_url, [TopicPartition(topic, number) for number in rows]
            )
        except SyncError as error:
            yield Finding(topic, "error", str(error))
            continue
        lag = sum(max(0, ends[place] - rows[place.partition].next_offset) for place in ends)
        behind: State = "warning" if lag > LAG_MESSAGES_MAX else "ok"
        yield Finding(reader.agent, behind, f"{lag} messages behind the end of {topic}")
        for place, end in ends.items():
            row = rows[place.partition]
            reason = row.stopped_reason
            if reason is None and row.next_offset > end:
                reason = f"{LOST}: {topic} ends at {end}, the next offset is {row.next_offset}"
            if reason is not None:
                yield _stopped(f"{reader.agent}/{place.partition}", reason)
    places = [
        TopicPartition(DEAD_LETTERS.name, number) for number in range(counts[DEAD_LETTERS.name])
    ]
    dead = sum((await topics.end_offsets(settings.kafka_url, places)).values())
    yield Finding(
        "dead letters",
        "warning" if dead else "ok",
        f"{dead} so far",
        "bokflow dead-letters list" if dead else "",
    )


def _stopped(name: str, reason: str) -> Finding:
    if reason.startswith(LOST):
        advice = (
            "the topic was deleted, recreated or truncated; what the tables hold stays. "
            "Bring the topic back as it was and restart the workers"
        )
    else:
        advice = "mend the cause (often: install a newer engine), then: bokflow doctor --resume"
    return Finding(name, "error", f"stopped. {reason}", advice)

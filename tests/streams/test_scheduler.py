"""Automatic runs: asked for once when due, and never piled up."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.topics import COMMANDS
from streams import decisions, scheduler
from streams.database import Database
from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine
HOUR = timedelta(hours=1)


async def connect(topic: CommandTopic, *companies: str, source: str = "fortnox") -> None:
    for company in companies:
        await topic.command("connection_requested", company, source=source)


async def requests(pool: Database) -> list[dict[str, Any]]:
    """What the scheduler has asked for; the relay takes it."""
    async with pool.connection() as connection:
        rows = await connection.fetch(
            """
            UPDATE engine.outbox SET published_at = engine.clock()
            WHERE topic = $1 AND published_at IS NULL RETURNING message_key, message_value
            """,
            COMMANDS.name,
        )
    found = [json.loads(row["message_value"]) for row in rows]
    assert [row["message_key"].decode() for row in rows] == [one["company_id"] for one in found]
    return found


async def decided(topic: CommandTopic, request: dict[str, Any]) -> None:
    """The command agent has met the request."""
    await topic.decide(topic.written(json.dumps(request).encode()))


async def due_at(pool: Database, company: str = "bageriet") -> datetime:
    async with pool.connection() as connection:
        due: datetime = await connection.fetchval(
            "SELECT due_at FROM engine.connection WHERE company_id = $1", company
        )
    return due


async def test_a_connection_is_due_at_once_and_then_after_its_interval(
    pool: Database, topic: CommandTopic
) -> None:
    await connect(topic, "bageriet")
    first = await due_at(pool)

    assert await scheduler.request_due(pool, interval=HOUR) == 1
    assert await scheduler.request_due(pool, interval=HOUR) == 0

    (request,) = await requests(pool)
    assert request == {
        "type": "sync_requested.v1",
        "company_id": "bageriet",
        "command_id": f"automatic/bageriet/{first.isoformat()}",
        "requested_by": "scheduler",
        "trigger": "automatic",
    }
    second = await due_at(pool)
    assert HOUR <= second - first <= 1.2 * HOUR

    await topic.set_clock(timedelta(minutes=59))
    assert await scheduler.request_due(pool, interval=HOUR) == 0
    await topic.set_clock(timedelta(minutes=75))
    assert await scheduler.request_due(pool, interval=HOUR) == 1
    (request,) = await requests(pool)
    assert request["command_id"] == f"automatic/bageriet/{second.isoformat()}"


async def test_days_without_an_engine_are_one_request(pool: Database, topic: CommandTopic) -> None:
    await connect(topic, "bageriet")
    await topic.set_clock(timedelta(days=3))

    assert await scheduler.request_due(pool, interval=HOUR) == 1
    assert await scheduler.request_due(pool, interval=HOUR) == 0

    assert len(await requests(pool)) == 1
    async with pool.connection() as connection:
        assert await due_at(pool) > await connection.fetchval("SELECT engine.clock()")


async def test_while_kafka_takes_nothing_one_request_waits(
    pool: Database, topic: CommandTopic
) -> None:
    await connect(topic, "bageriet", "gjuteriet")
    for hours in range(0, 6, 2):
        await topic.set_clock(timedelta(hours=hours))
        await scheduler.request_due(pool, interval=HOUR)

    assert sorted(one["company_id"] for one in await requests(pool)) == ["bageriet", "gjuteriet"]
    assert await scheduler.request_due(pool, interval=HOUR) == 0  # They are on the topic now.
    await topic.set_clock(timedelta(hours=6))
    assert await scheduler.request_due(pool, interval=HOUR) == 2


async def test_while_nobody_decides_commands_one_request_waits(
    pool: Database, topic: CommandTopic
) -> None:
    await connect(topic, "bageriet", "gjuteriet")
    for minutes in range(0, 60, 10):
        await topic.set_clock(timedelta(minutes=minutes))
        await scheduler.request_due(pool, interval=timedelta(minutes=5))
        if not minutes:
            first = await requests(pool)
    assert not await requests(pool)

    await decided(topic, first[0])
    await scheduler.request_due(pool, interval=timedelta(minutes=5))

    assert [one["company_id"] for one in await requests(pool)] == [first[0]["company_id"]]


async def test_what_would_be_refused_as_expired_is_asked_for_again(
    pool: Database, topic: CommandTopic
) -> None:
    await connect(topic, "bageriet")
    await scheduler.request_due(pool, interval=timedelta(minutes=5))
    (lost,) = await requests(pool)
    await topic.set_clock(decisions.SHORT_LIFE + timedelta(minutes=1))

    await scheduler.request_due(pool, interval=timedelta(minutes=5))

    (request,) = await requests(pool)
    assert request["command_id"] != lost["command_id"]


async def test_what_is_not_connected_or_not_fetched_is_never_asked_for(
    pool: Database, topic: CommandTopic
) -> None:
    await connect(topic, "bageriet", "gjuteriet")
    await connect(topic, "snickeriet", source="visma-administration")
    await topic.command("disconnect_requested", "gjuteriet")

    await scheduler.request_due(pool, interval=HOUR)

    assert [one["company_id"] for one in await requests(pool)] == ["bageriet"]


async def test_many_that_are_due_at_once_are_taken_in_batches_and_each_once(
    pool: Database,
) -> None:
    companies = [f"company-{number}" for number in range(scheduler.CONNECTIONS_MAX + 30)]
    async with pool.connection() as connection:
        await connection.execute(
            """
            INSERT INTO engine.company (company_id, source, registered_at)
            SELECT company, 'fortnox', now() FROM unnest($1::text[]) AS company
            """,
            companies,
        )
        await connection.execute(
            """
            INSERT INTO engine.connection (company_id, source, state, connected_at, due_at)
            SELECT company_id, source, 'connected', now(), now() FROM engine.company
            """
        )

    # Two leaders for a moment.
    taken = await asyncio.gather(*(scheduler.request_due(pool, interval=HOUR) for _ in range(2)))
    while await scheduler.request_due(pool, interval=HOUR):
        pass

    assert max(taken) <= scheduler.CONNECTIONS_MAX
    assert sorted(one["company_id"] for one in await requests(pool)) == sorted(companies)
    async with pool.connection() as connection:
        apart = await connection.fetchval("SELECT count(DISTINCT due_at) FROM engine.connection")
    assert apart > len(companies) / 2  # Jitter lets them drift apart.


async def test_failures_in_a_row_make_the_next_request_later(
    pool: Database, topic: CommandTopic
) -> None:
    await connect(topic, "bageriet")
    async with pool.connection() as connection:
        await connection.execute("UPDATE engine.connection SET failures_in_a_row = 3")
        now = await connection.fetchval("SELECT engine.clock()")

    await scheduler.request_due(pool, interval=HOUR)

    assert await due_at(pool) - now >= 4 * HOUR

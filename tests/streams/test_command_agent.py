"""Commands into the engine's tables, once: in a PostgreSQL of their own, without Kafka."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from projections.migrate import COMMANDS
from schemas.codec import decode_lifecycle
from schemas.limits import COMMAND_BYTES_MAX
from streams import offsets
from streams.database import Database
from streams.housekeeping import UNKNOWN_COMPANY_DAYS, forget_old
from streams.received import Received
from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine


async def connected(topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox")


async def test_a_new_company_is_registered_and_connected(topic: CommandTopic) -> None:
    await topic.command(
        "connection_requested",
        source="fortnox",
        name="Bageriet AB",
        organisation_number="16556000-0001",
        command_id="c-1",
    )

    registered, established = await topic.events()
    assert registered["type"] == "company_registered.v1"
    assert registered["organisation_number"] == "5560000001"
    assert (registered["sequence"], established["sequence"]) == (1, 2)
    assert established["type"] == "connection_established.v1"
    row = await topic.row("SELECT * FROM engine.connection")
    assert (row["source"], row["state"], row["due_at"]) == (
        "fortnox",
        "connected",
        row["connected_at"],
    )
    assert await topic.value("SELECT name FROM engine.company") == "Bageriet AB"


async def test_a_source_that_is_uploaded_to_is_never_due(topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="visma-administration")

    assert await topic.value("SELECT due_at FROM engine.connection") is None
    assert await topic.value("SELECT state FROM engine.connection") == "connected"


async def test_the_same_command_has_one_effect_and_one_answer(topic: CommandTopic) -> None:
    await connected(topic)

    first = await topic.command("sync_requested", command_id="c-2")
    await topic.decide(first)  # Delivered again.
    await topic.command("sync_requested", command_id="c-2")  # Written again.
    await topic.command("sync_requested", command_id="c-2", partition=3)

    assert await topic.value("SELECT count(*) FROM engine.sync_run") == 1
    assert (await topic.kinds())[2:] == ["sync_queued"]


async def test_a_command_without_an_id_is_known_by_its_place(topic: CommandTopic) -> None:
    await connected(topic)

    first = await topic.command("sync_requested")
    await topic.decide(first)
    await topic.command("sync_requested")

    *_, queued, rejected = await topic.events()
    assert queued["type"] == "sync_queued.v1"
    assert rejected["reason"] == "already_running"
    assert rejected["command_id"] == f"{COMMANDS.topic}/0/{first.offset + 1}"


async def test_a_queued_run_carries_what_was_asked_for(topic: CommandTopic) -> None:
    await connected(topic)

    year = date(2024, 7, 1)
    await topic.command(
        "sync_requested", parts=["vouchers"], fiscal_years=[year], requested_by="Åsa"
    )

    queued = (await topic.events())[-1]
    scope = {"parts": ["vouchers"], "fiscal_years": ["2024-07-01"]}
    assert (queued["scope"], queued["requested_by"]) == (scope, "Åsa")
    run = await topic.row("SELECT * FROM engine.sync_run")
    assert json.loads(run["scope"]) == scope
    assert (run["state"], run["trigger"], run["source"]) == ("queued", "manual", "fortnox")
    assert (run["run_id"], run["requested_by"]) == (queued["run_id"], "Åsa")


async def test_two_requests_at_once_are_one_run_and_one_rejection(topic: CommandTopic) -> None:
    await connected(topic)
    value = b'{"type":"sync_requested.v1","company_id":"bageriet"}'

    await asyncio.gather(
        *(topic.decide(topic.written(value, partition=partition)) for partition in (1, 2))
    )

    assert (await topic.kinds())[2:] == ["sync_queued", "sync_rejected"]
    assert await topic.value("SELECT count(*) FROM engine.sync_run") == 1


async def test_a_company_that_is_connected_twice_at_once_is_registered_once(
    topic: CommandTopic,
) -> None:
    value = b'{"type":"connection_requested.v1","company_id":"bageriet","source":"fortnox"}'

    await asyncio.gather(
        *(topic.decide(topic.written(value, partition=partition)) for partition in range(4))
    )

    kinds = await topic.kinds()
    assert kinds == ["company_registered", *["connection_established"] * 4]
    assert [event["sequence"] for event in await topic.events()] == [1, 2, 3, 4, 5]
    assert await topic.value("SELECT count(*) FROM engine.dead_letter") == 0


async def test_the_answers_to_an_unknown_company_come_before_its_registration(
    topic: CommandTopic,
) -> None:
    await asyncio.gather(
        *(topic.command("sync_requested", partition=partition) for partition in range(3))
    )
    await connected(topic)

    events = await topic.events()
    assert [event.get("reason") for event in events] == ["unknown_company"] * 3 + [None, None]
    assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5]
    assert await topic.value("SELECT count(*) FROM engine.unknown_company") == 0


async def test_no_event_has_the_id_of_one_that_was_given_before_a_company_was_forgotten(
    pool: Database, topic: CommandTopic
) -> None:
    await topic.command("sync_requested")
    await topic.set_clock(timedelta(days=UNKNOWN_COMPANY_DAYS, minutes=5))
    assert await forget_old(pool) > 0
    await topic.command("sync_requested")
    await topic.set_clock(2 * timedelta(days=UNKNOWN_COMPANY_DAYS, minutes=5))
    assert await forget_old(pool) > 0
    await connected(topic)

    events = await topic.events()
    assert [event["sequence"] for event in events] == [1, 1, 1, 2]
    ids = {decode_lifecycle(json.dumps(event).encode()).event_id for event in events}
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"age": timedelta(minutes=59)}, None),
        ({"age": timedelta(minutes=61)}, "expired"),
        ({"expires_at": datetime.now(UTC) - timedelta(seconds=1)}, "expired"),
        ({"expires_at": datetime.now(UTC) + timedelta(days=1), "age": timedelta(hours=9)}, None),
    ],
)
async def test_a_command_that_waited_too_long_has_expired(
    topic: CommandTopic, fields: dict[str, Any], reason: str | None
) -> None:
    await connected(topic)

    await topic.command("sync_requested", **fields)

    assert (await topic.events())[-1].get("reason") == reason


async def test_the_clock_of_a_test_makes_no_command_older(topic: CommandTopic) -> None:
    await topic.set_clock(timedelta(days=90))

    await connected(topic)
    await topic.command("sync_requested")
    await topic.command("disconnect_requested", age=timedelta(hours=25))

    assert (await topic.kinds())[1:3] == ["connection_established", "sync_queued"]
    assert (await topic.events())[-1]["reason"] == "expired"


async def test_a_queued_run_is_cancelled_at_once(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("sync_requested")
    await topic.command("sync_cancel_requested", requested_by="Åsa")
    await topic.command("sync_cancel_requested")

    cancelled, rejected = (await topic.events())[-2:]
    assert (cancelled["reason"], cancelled["requested_by"]) == ("requested", "Åsa")
    assert rejected["reason"] == "nothing_to_cancel"
    run = await topic.row("SELECT state, reason, finished_at FROM engine.sync_run")
    assert (run["state"], run["reason"]) == ("cancelled", "requested")
    assert run["finished_at"] is not None


COMMAND = b'{"type":"sync_requested.v1","company_id":"bageriet"%s}'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"sync, please", "unreadable"),
        (b"[" * 60_000, "unreadable"),
        (b'{"type":"sync_wanted.v1","company_id":"bageriet"}', "unknown_type"),
        (COMMAND % b',"fiscal_year":"2024-01-01"', "wrong_schema"),
        (COMMAND % b',"expires_at":"tomorrow"', "wrong_schema"),
        (COMMAND % b',"expires_at":"2026-01-01T00:00:00"', "wrong_schema"),
        (COMMAND % b',"command_id":"a\\u0000b"', "wrong_schema"),
        (COMMAND % b',"parts":["a\\u0000b"]', "wrong_schema"),
        (COMMAND % b',"requested_by":"\\ud800"', "unreadable"),
        (b'{"type":"sync_requested.v1","company_id":"../etc"}', "wrong_schema"),
        (COMMAND % b',"expires_at":"0001-01-01T00:00:00+01:00"', "wrong_schema"),
        (COMMAND % b',"expires_at":"9999-12-31T23:59:59-01:00"', "wrong_schema"),
        (COMMAND % (b" " * COMMAND_BYTES_MAX), "too_large"),
    ],
)
async def test_what_is_no_command_goes_to_the_dead_letters(
    topic: CommandTopic, value: bytes, reason: str
) -> None:
    bad, good = topic.written(value), topic.written(COMMAND % b"")

    await topic.decide(bad, good)

    assert await topic.value("SELECT reason FROM engine.dead_letter") == reason
    assert [event["reason"] for event in await topic.events()] == ["unknown_company"]


async def test_the_largest_command_is_taken(topic: CommandTopic) -> None:
    spaces = COMMAND_BYTES_MAX - len(COMMAND % b"")
    await topic.decide(topic.written(COMMAND % (b" " * spaces)))

    assert await topic.kinds() == ["sync_rejected"]


async def test_a_time_that_is_none_is_set_aside(topic: CommandTopic) -> None:
    bad = topic.written(COMMAND % b"", age=timedelta(0))
    strange = Received(**{**vars(bad), "timestamp_seconds": 1e18})

    await topic.decide(strange)

    assert await topic.value("SELECT reason FROM engine.dead_letter") == "unreadable"


async def test_holes_are_passed(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("sync_requested", hole=7)

    assert (await topic.kinds())[-1] == "sync_queued"
    async with topic.database.connection() as connection:
        rows = await offsets.read(connection, COMMANDS)
    assert rows[0].next_offset == topic.ends[0] == 9
    assert rows[0].stopped_reason is None
    assert await topic.value("SELECT count(*) FROM engine.projection_failure") == 0

"""What decisions do to connections and runs, in a PostgreSQL of their own."""

import pytest

from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine


async def connected(topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox")


async def test_another_source_begins_from_the_start(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("sync_requested")
    async with topic.database.connection() as connection:
        await connection.execute(
            "INSERT INTO engine.watermark VALUES ('bageriet', 'accounts', 'x', now())"
        )

    await topic.command("connection_requested", source="visma-administration")

    assert (await topic.kinds())[3:] == ["sync_cancelled", "connection_established"]
    assert (await topic.events())[-1]["source"] == "visma-administration"
    assert await topic.value("SELECT count(*) FROM engine.watermark") == 0
    assert await topic.value("SELECT source FROM engine.company") == "visma-administration"
    assert await topic.value("SELECT state FROM engine.sync_run") == "cancelled"


async def test_disconnecting_ends_what_waits_and_asks_what_runs_to_stop(
    topic: CommandTopic,
) -> None:
    await connected(topic)
    await topic.command("sync_requested")
    async with topic.database.connection() as connection:
        await connection.execute("UPDATE engine.sync_run SET state = 'running'")
    await topic.command("sync_requested", trigger="automatic")
    assert await topic.value("SELECT again FROM engine.connection")

    await topic.command("disconnect_requested", requested_by="Åsa")
    await topic.command("sync_cancel_requested", requested_by="Bo")
    await topic.command("disconnect_requested")

    run = await topic.row("SELECT * FROM engine.sync_run")
    asked = (run["state"], run["cancel_requested_by"], run["cancel_reason"])
    assert asked == ("running", "Åsa", "disconnected")
    assert run["cancel_requested_at"] is not None
    row = await topic.row("SELECT * FROM engine.connection")
    assert (row["state"], row["due_at"], row["again"]) == ("disconnected", None, False)
    *_, lost, rejected = await topic.events()
    assert (lost["type"], lost["reason"]) == ("connection_lost.v1", "disconnected")
    assert rejected["reason"] == "not_connected"

    await connected(topic)
    assert (await topic.kinds())[-1] == "connection_restored"


async def test_who_asks_for_an_end_wants_no_other_run_right_after_it(topic: CommandTopic) -> None:
    await connected(topic)
    await topic.command("sync_requested")
    async with topic.database.connection() as connection:
        await connection.execute("UPDATE engine.sync_run SET state = 'running'")
    await topic.command("sync_requested", trigger="automatic")
    assert await topic.value("SELECT again FROM engine.connection")

    await topic.command("sync_cancel_requested")

    assert not await topic.value("SELECT again FROM engine.connection")


async def test_a_connection_that_is_made_anew_has_not_failed_yet(topic: CommandTopic) -> None:
    await connected(topic)
    async with topic.database.connection() as connection:
        await connection.execute(
            "UPDATE engine.connection SET state = 'reconnect_required', failures_in_a_row = 5"
        )

    await connected(topic)

    row = await topic.row("SELECT state, failures_in_a_row FROM engine.connection")
    assert tuple(row) == ("connected", 0)

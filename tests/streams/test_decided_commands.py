"""What whoever asked finds of a command that has been decided."""

import pytest

from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine


async def test_whoever_asked_finds_the_answer(topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox", command_id="connect")
    await topic.command("sync_requested", command_id="sync")
    await topic.command("sync_requested", command_id="too soon")
    await topic.command("sync_cancel_requested", command_id="cancel")
    await topic.command("disconnect_requested", command_id="disconnect")
    await topic.command("sync_requested", company="konditoriet", command_id="nobody's")

    run_id = await topic.value("SELECT run_id FROM engine.sync_run")
    assert (await topic.answer("connect")).rejection is None
    assert (await topic.answer("sync")).run_id == run_id
    assert (await topic.answer("cancel")).run_id == run_id
    too_soon = await topic.answer("too soon")
    assert (too_soon.run_id, too_soon.rejection) == (None, "already_running")
    assert run_id in too_soon.detail
    assert (await topic.answer("disconnect")).rejection is None
    unknown = await topic.answer("nobody's", company="konditoriet")
    assert unknown.rejection == "unknown_company"


async def test_the_first_answer_to_an_id_stays(topic: CommandTopic) -> None:
    await topic.command("sync_requested", command_id="c-1")
    await topic.command("connection_requested", source="fortnox")
    await topic.command("sync_requested", command_id="c-1")

    assert (await topic.answer("c-1")).rejection == "unknown_company"

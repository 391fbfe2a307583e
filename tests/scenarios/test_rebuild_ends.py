"""Rebuilds that meet what cannot be applied, find no room, or are interrupted."""

from dataclasses import replace
from typing import Any

import pytest

from projections.migrate import LEDGER
from projections.queries.verification import verification
from schemas.codec import encode
from schemas.topics import DEAD_LETTERS
from streams.database import Database
from streams.rebuild import builds, takeover
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.folding import BuildProjector, BuildRefusals
from streams.rebuild.whole import Rebuild
from tests.builders import a_page, a_voucher
from tests.engine import Engine
from tests.scenarios.rebuilding import (
    COMPANY,
    books,
    project,
    rows,
    say,
    say_what_older_code_applied,
)
from tests.scenarios.test_command_line import in_background, sent
from tests.servers import PARTITIONS
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


def a_rebuild(engine: Engine, **options: Any) -> Rebuild:
    return Rebuild(engine.settings, LEDGER, holder="test", report=lambda *_: None, **options)


async def test_what_this_code_rejects_and_older_code_applied_is_told_and_leaves_it_unverified(
    engine: Engine, pool: Database
) -> None:
    await say_what_older_code_applied(engine, pool)
    command_line = CommandLine(engine.environment)
    arguments = ("rebuild", "--projection", "ledger")

    (compared,) = await in_background(lambda: command_line.json(*arguments, "--verify"))
    assert (await verification(engine.connection, COMPANY)).state == "verified"
    (told,) = await in_background(lambda: command_line.json(*arguments))
    (again,) = await in_background(lambda: command_line.json(*arguments))

    assert compared["first_newly_rejected"] == told["first_newly_rejected"]
    (message,) = told["first_newly_rejected"]
    assert (message["company_id"], message["offset"], message["reason"]) == (
        COMPANY,
        3,
        "unreadable",
    )
    assert (told["passed"], told["newly_rejected"]) == (1, 1)
    assert (again["passed"], again["newly_rejected"]) == (1, 0)
    found = await verification(engine.connection, COMPANY)
    assert (found.state, found.dead_letters) == ("unverified", 1)
    assert await sent(engine, DEAD_LETTERS.name) == []


async def test_a_message_that_postgresql_refuses_at_the_takeover_is_passed_outside_of_it(
    engine: Engine, pool: Database
) -> None:
    page = encode(a_page(a_voucher("9", text="here"), run=3))
    bad = replace(page, value=page.value.replace(b'"here"', b'"\\u0000"'))
    await say(engine, *books(COMPANY))
    await engine.publish(bad)
    await project(engine, pool)
    before = await rows(engine, COMPANY)
    refusals = BuildRefusals()

    async with (
        BulkReader.open(engine.endpoints.kafka_url, LEDGER.topic) as reader,
        builds.building(pool, LEDGER, kind="whole", holder="test", lease_seconds=30) as build,
    ):
        projector = BuildProjector(pool, LEDGER, build.version, refusals)

        async def catch_up() -> None:
            async for batch in reader.read(await reader.bounds(PARTITIONS)):
                await projector.apply(batch)

        await takeover.take_over(
            pool,
            build,
            projector=projector,
            reader=reader,
            lost={},
            rejected=refusals.rejected,
            catch_up=catch_up,
        )

    assert [one.reason for one in refusals.rejected.values()] == ["value_refused"]
    assert await rows(engine, COMPANY, version=build.version) == before

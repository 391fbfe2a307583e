"""A topic that has lost messages, once that is accepted: it is good for what there is."""

from datetime import UTC, datetime

import pytest

from projections.migrate import LEDGER
from projections.queries.company_status import company_status
from projections.queries.verification import verification
from streams.checkup import examine
from streams.command_line.status_page import show_status
from streams.database import Database
from streams.rebuild.company_build import company_build
from streams.rebuild.gaps import TopicTruncated
from streams.rebuild.verify import verify_all, verify_company
from streams.rebuild.whole import Rebuild
from tests.builders import YEAR, a_purge, a_read, a_total, a_voucher
from tests.engine import Engine
from tests.scenarios.rebuilding import (
    COMPANY,
    a_neighbour,
    a_stranger,
    accept,
    lose_before,
    project,
    rebuild,
    rows,
    say,
)
from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine
TOTALS = (a_total("1930", "125.00"), a_total("3001", "-125.00", "result"))
FIRST = a_read(a_voucher("1"), run=1)
SECOND = a_read(a_voucher("1"), run=2, totals=TOTALS)
VOUCHERS = "SELECT count(*) FROM ledger.voucher WHERE company_id = $1"
# As if the proof that is there had come after it.
READ_SINCE = "UPDATE engine.accepted_gap SET accepted_at = '2020-01-01'"

KNOW = "INSERT INTO engine.watermark VALUES ($1, 'vouchers', 'x', engine.clock())"
KNOWN = "SELECT array_agg(company_id) FROM engine.watermark"


def a_rebuild(engine: Engine) -> Rebuild:
    return Rebuild(engine.settings, LEDGER, holder="test", report=lambda *_: None)


async def test_a_gap_is_accepted_once_and_for_all_but_not_one_above_it(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *FIRST, *SECOND)
    await project(engine, pool)
    await lose_before(engine, len(FIRST))
    assert (await accept(engine)).doubted == [COMPANY]
    assert (await verification(engine.connection, COMPANY)).state == "unverified"
    await engine.connection.execute(READ_SINCE)
    assert (await verification(engine.connection, COMPANY)).state == "verified"

    again = await a_rebuild(engine).take_over()

    assert (again.differing, again.doubted) == ([], [])
    assert (await verification(engine.connection, COMPANY)).state == "verified"
    await lose_before(engine, len(FIRST) + 1)
    with pytest.raises(TopicTruncated, match=f"begins at offset {len(FIRST) + 1}"):
        await a_rebuild(engine).take_over()


async def test_what_is_asked_of_one_company_is_answered_from_what_is_left(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *FIRST, *SECOND)
    await project(engine, pool)
    await lose_before(engine, len(FIRST))
    await accept(engine)
    version = (await a_rebuild(engine).take_over()).version
    before = await rows(engine, COMPANY, version=version)

    whole = await verify_all(engine.settings, holder="test", report=lambda *_: None)
    one = await verify_company(engine.settings, COMPANY, holder="test", report=lambda *_: None)
    await rebuild(engine, pool)

    assert (whole.in_use, one.in_use) == (whole.rebuilt, one.rebuilt)
    assert whole.in_use
    assert await rows(engine, COMPANY, version=version) == before
    assert await _vouchers_now(engine, pool) == 1


async def test_a_company_whose_purge_is_lost_is_built_from_its_generation(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *FIRST, a_purge(generation=1, run=2))
    await say(engine, *a_read(a_voucher("2"), run=3, generation=1))
    await project(engine, pool)
    await lose_before(engine, len(FIRST) + 1)
    await accept(engine)

    rebuilt = await a_rebuild(engine).take_over()
    one = await verify_company(engine.settings, COMPANY, holder="test", report=lambda *_: None)
    await rebuild(engine, pool)

    assert rebuilt.differing == []
    assert one.in_use == one.rebuilt
    assert await engine.value(VOUCHERS, COMPANY) == 1
    assert await _vouchers_now(engine, pool) == 1


async def test_what_is_purged_after_the_gap_takes_no_other_year_with_it(
    engine: Engine, pool: Database
) -> None:
    other = YEAR.replace(year=YEAR.year - 1)
    await say(engine, *FIRST, *SECOND)
    await project(engine, pool)
    await lose_before(engine, len(FIRST))
    await accept(engine)
    await say(engine, a_purge(other, generation=1, run=3))
    await say(engine, *a_read(a_voucher("7"), company=a_neighbour()))
    await project(engine, pool)

    rebuilt = await a_rebuild(engine).take_over()
    await rebuild(engine, pool)

    assert (rebuilt.differing, rebuilt.doubted) == ([], [])
    assert await engine.value(VOUCHERS, COMPANY) == 1
    assert await engine.value(VOUCHERS, a_neighbour()) == 1


async def test_the_next_sync_of_a_company_that_lacks_messages_reads_whole(
    engine: Engine, pool: Database
) -> None:
    await say(engine, *FIRST, *SECOND)
    await project(engine, pool)
    commands = CommandTopic(pool)
    for company_id in (COMPANY, a_stranger()):
        await commands.command("connection_requested", company_id, source="fortnox")
        await engine.connection.execute(KNOW, company_id)
    await lose_before(engine, len(FIRST))

    await accept(engine)

    assert await engine.value(KNOWN) == [a_stranger()]


async def test_doctor_and_status_tell_of_a_company_until_its_source_has_been_read_whole(
    engine: Engine, pool: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await CommandTopic(pool).command("connection_requested", COMPANY, source="fortnox")
    await say(engine, *FIRST, *SECOND)
    await project(engine, pool)
    assert not await _told(engine)
    await lose_before(engine, len(FIRST))

    await accept(engine)

    assert (await _told(engine))[0] == f"messages are lost of {COMPANY}"
    status = await company_status(engine.connection, COMPANY)
    assert status.verification.lacks_messages
    show_status(status, "en")
    assert "not verified: messages were lost" in capsys.readouterr().out
    await engine.connection.execute(READ_SINCE)
    assert not await _told(engine)
    status = await company_status(engine.connection, COMPANY)
    assert not status.verification.lacks_messages


async def _told(engine: Engine) -> list[str]:
    """What the doctor says of it."""
    findings = {one.check: one async for one in examine(engine.settings)}
    return findings["accepted gaps"].detail.split(": ") if "accepted gaps" in findings else []


async def _vouchers_now(engine: Engine, pool: Database) -> int:
    """As of now, from the topic."""
    async with company_build(
        pool, LEDGER, COMPANY, kind="as_of", settings=engine.settings, holder="test"
    ) as build:
        await build.advance(build.log_end, at=datetime.now(UTC))
        query = f"SELECT count(*) FROM {build.build.schema}.voucher"
        return int(await engine.value(query))

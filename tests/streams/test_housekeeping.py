"""What has had its time goes, each kind after its own, and nothing that is in use."""

from datetime import timedelta

import pytest

from streams import housekeeping
from streams.database import Database
from streams.housekeeping import Housekeeping, forget_old
from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine
KEPT_DAYS = {
    "outbox": housekeeping.PUBLISHED_DAYS,
    "command": housekeeping.COMMAND_DAYS,
    "sync_read": housekeeping.READ_DAYS,
    "unknown_company": housekeeping.UNKNOWN_COMPANY_DAYS,
    "request_window": housekeeping.REQUEST_WINDOW_DAYS,
}
PUBLISH = "UPDATE engine.outbox SET published_at = engine.clock()"
ADD_READ = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset)
    SELECT run_id, 'vouchers/2024-01-01', 1, 0, 0, 0 FROM engine.sync_run
"""
END = "UPDATE engine.sync_run SET state = 'completed', finished_at = engine.clock()"
ASK = "INSERT INTO engine.request_window VALUES ('fortnox', 'token', ARRAY[engine.clock()])"

UPLOAD = """
    WITH stored AS (
        INSERT INTO engine.upload (upload_id, company_id, file_name, size_bytes, sha256, forced,
            judgement, received_at)
        SELECT 'upload-1', company_id, 'books.se', 1, '', false, '{}', engine.clock()
        FROM engine.company RETURNING upload_id)
    UPDATE engine.sync_run SET upload_id = stored.upload_id FROM stored
"""
OPEN_RUN = """
    INSERT INTO engine.sync_run (run_id, company_id, trigger, source, scope, queued_outbox_id,
        queued_at, state)
    SELECT 'open', company_id, 'manual', source, '{}', 0, engine.clock(), 'running'
    FROM engine.company
"""
ADD_LEASES = """
    INSERT INTO engine.lease
    SELECT name, 'gone', engine.clock()
    FROM unnest(ARRAY['worker:gone', 'run:ended', 'run:open', 'build:project_ledger:4']) AS name
    UNION ALL SELECT 'relay', 'here', engine.clock() + interval '2 days'
"""
COMPLETE = "UPDATE engine.purge SET completed_at = engine.clock() WHERE command_id = 'p-1'"
# What this test is not about.
FORGET_COMPANYS_PAST = "DELETE FROM engine.command"


async def execute(pool: Database, *statements: str) -> None:
    async with pool.connection() as connection:
        for statement in statements:
            await connection.execute(statement)


async def kept(topic: CommandTopic) -> set[str]:
    """The tables that still hold something."""
    return {table for table in KEPT_DAYS if await topic.value(f"SELECT 1 FROM engine.{table}")}


async def test_each_kind_goes_after_its_time(pool: Database, topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox")
    await topic.command("sync_requested")
    await topic.command("sync_requested", company="nobody")
    await execute(pool, PUBLISH, ADD_READ, END, ASK)
    for table, days in sorted(KEPT_DAYS.items(), key=lambda pair: pair[1]):
        before = await kept(topic)
        await topic.set_clock(timedelta(days=days, minutes=-5))
        assert await forget_old(pool) == 0

        await topic.set_clock(timedelta(days=days, minutes=5))
        assert await forget_old(pool) > 0
        assert before - await kept(topic) == {table}

    assert await topic.value("SELECT count(*) FROM engine.sync_run") == 1


async def test_what_is_in_use_stays(pool: Database, topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox")
    await topic.command("sync_requested")
    await topic.command("sync_requested", company="nobody")
    await execute(pool, ADD_READ)

    await topic.set_clock(timedelta(days=70))
    await topic.command("sync_requested", company="nobody")
    await execute(pool, ASK)

    assert await forget_old(pool) == 3  # The ids of the first three commands.
    assert await kept(topic) == set(KEPT_DAYS)


async def test_a_run_goes_after_a_year_with_its_upload(pool: Database, topic: CommandTopic) -> None:
    await topic.command("connection_requested", source="fortnox")
    await topic.command("sync_requested")
    await execute(pool, UPLOAD, ADD_READ, END, OPEN_RUN, FORGET_COMPANYS_PAST)

    await topic.set_clock(timedelta(days=housekeeping.READ_DAYS, minutes=5))
    assert await forget_old(pool) == 1  # Its read.
    await topic.set_clock(timedelta(days=housekeeping.RUN_DAYS, minutes=-5))
    assert await forget_old(pool) == 0
    await topic.set_clock(timedelta(days=housekeeping.RUN_DAYS, minutes=5))
    assert await forget_old(pool) == 1

    assert await topic.value("SELECT run_id FROM engine.sync_run") == "open"
    assert await topic.value("SELECT count(*) FROM engine.upload") == 0


async def test_a_purge_goes_once_its_command_may_come_again_and_not_before_it_is_told(
    pool: Database, topic: CommandTopic
) -> None:
    await topic.command("connection_requested", source="fortnox")
    await topic.command("purge_requested", command_id="p-1")
    await topic.command("purge_requested", command_id="p-2")
    await execute(pool, COMPLETE, FORGET_COMPANYS_PAST)

    await topic.set_clock(timedelta(days=housekeeping.PURGE_DAYS, minutes=-5))
    assert await forget_old(pool) == 0
    await topic.set_clock(timedelta(days=housekeeping.PURGE_DAYS, minutes=5))
    assert await forget_old(pool) == 1

    assert await topic.value("SELECT command_id FROM engine.purge") == "p-2"


async def test_a_lease_that_ran_out_long_ago_goes_unless_it_still_says_something(
    pool: Database, topic: CommandTopic
) -> None:
    await topic.command("connection_requested", source="fortnox")
    await execute(pool, OPEN_RUN, ADD_LEASES)

    await topic.set_clock(timedelta(days=housekeeping.LEASE_DAYS, minutes=-5))
    assert await forget_old(pool) == 0
    await topic.set_clock(timedelta(days=housekeeping.LEASE_DAYS, minutes=5))
    assert await forget_old(pool) == 2

    left = await topic.value("SELECT array_agg(name ORDER BY name) FROM engine.lease")
    assert left == ["build:project_ledger:4", "relay", "run:open"]


async def test_what_was_given_up_is_kept_as_long_as_a_dead_letter(
    pool: Database, topic: CommandTopic
) -> None:
    await topic.command("sync_requested", company="nobody")
    await execute(pool, "UPDATE engine.outbox SET given_up_at = engine.clock()")

    await topic.set_clock(timedelta(days=housekeeping.GIVEN_UP_DAYS, minutes=-5))
    await forget_old(pool)
    assert await topic.value("SELECT count(*) FROM engine.outbox") == 1
    await topic.set_clock(timedelta(days=housekeeping.GIVEN_UP_DAYS, minutes=5))
    await forget_old(pool)
    assert await topic.value("SELECT count(*) FROM engine.outbox") == 0


async def test_much_goes_in_batches_until_all_is_gone(pool: Database, topic: CommandTopic) -> None:
    for number in range(5):
        await topic.command("sync_requested", company=f"nobody-{number}")
    await topic.set_clock(timedelta(days=70))
    taken = [await forget_old(pool, rows_max=2) for _ in range(3)]
    await topic.command("sync_requested", company="late")
    work = Housekeeping(pool)

    assert taken == [4, 4, 2]
    assert await work.keep() == 0
    await topic.set_clock(timedelta(days=140))
    assert await work.keep() == 0  # It has looked just now.
    assert await Housekeeping(pool).keep() == 2

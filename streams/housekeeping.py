"""Housekeeping: rows that nobody needs any more go, each kind after its time, some at once."""

import asyncio

from streams.database import Database
from streams.rebuild.builds import drop_orphans

EVERY_SECONDS = 3600.0
ROWS_MAX = 10_000  # Of each kind in one transaction.
PUBLISHED_DAYS = 7  # For whoever wants to look.
GIVEN_UP_DAYS = 90  # As long as a dead letter: doctor tells of it until then.
COMMAND_DAYS = 60  # Twice as long as a command stays on its topic: its id cannot come again.
PURGE_DAYS = COMMAND_DAYS  # Whoever waits knows it by its command; the status keeps it for good.
READ_DAYS = 30  # Its run has ended, and the ledger has the result.
# So that who asks about last year's books finds which run or file it was; the status keeps a run's
# outcome for good.
RUN_DAYS = 365
LEASE_DAYS = 1  # It has run out: its worker is gone, or its run has ended.
UNKNOWN_COMPANY_DAYS = 31  # Longer than the command that named it stays on its topic.
REQUEST_WINDOW_DAYS = 1  # A window is seconds; a new token of a company has one of its own.
BUILD_DAYS = 30  # For whoever wants to look.

FORGET_PUBLISHED = """
    DELETE FROM engine.outbox WHERE outbox_id IN (
        SELECT outbox_id FROM engine.outbox
        WHERE published_at < (SELECT engine.clock()) - make_interval(days => $1)
        ORDER BY published_at LIMIT $2)
    RETURNING 1
"""
FORGET_GIVEN_UP = """
    DELETE FROM engine.outbox WHERE outbox_id IN (
        SELECT outbox_id FROM engine.outbox
        WHERE given_up_at < (SELECT engine.clock()) - make_interval(days => $1)
        ORDER BY given_up_at LIMIT $2)
    RETURNING 1
"""
FORGET_COMMANDS = """
    DELETE FROM engine.command WHERE (company_id, command_id) IN (
        SELECT company_id, command_id FROM engine.command
        WHERE decided_at < (SELECT engine.clock()) - make_interval(days => $1)
        ORDER BY decided_at LIMIT $2)
    RETURNING 1
"""
# One that the ledger has not applied yet is still to be told of.
FORGET_PURGES = """
    DELETE FROM engine.purge WHERE (company_id, generation) IN (
        SELECT company_id, generation FROM engine.purge
        WHERE completed_at < (SELECT engine.clock()) - make_interval(days => $1)
        ORDER BY completed_at LIMIT $2)
    RETURNING 1
"""
# The run remembers that they are gone, so that it is looked at once.
FORGET_READS = """
    WITH old AS (
        SELECT run_id FROM engine.sync_run
        WHERE has_reads AND finished_at < (SELECT engine.clock()) - make_interval(days => $1)
        ORDER BY finished_at LIMIT $2
    ), gone AS (
        DELETE FROM engine.sync_read USING old WHERE sync_read.run_id = old.run_id
    )
    UPDATE engine.sync_run SET has_reads = false FROM old WHERE sync_run.run_id = old.run_id
    RETURNING 1
"""
# With the upload that the run was for; its file went when the run ended.
FORGET_RUNS = """
    WITH gone AS (
        DELETE FROM engine.sync_run WHERE run_id IN (
            SELECT run_id FROM engine.sync_run
            WHERE finished_at < (SELECT engine.clock()) - make_interval(days => $1)
            ORDER BY finished_at LIMIT $2)
        RETURNING upload_id
    ), uploads AS (
        DELETE FROM engine.upload USING gone WHERE upload.upload_id = gone.upload_id
    )
    SELECT 1 FROM gone
"""
# That of an open run says that its runner was lost, and that of a build whose tables are there.
FORGET_LEASES = """
    DELETE FROM engine.lease WHERE name IN (
        SELECT name FROM engine.lease
        WHERE until < (SELECT engine.clock()) - make_interval(days => $1)
            AND name NOT LIKE 'build:%' AND name NOT IN (
                SELECT 'run:' || run_id FROM engine.sync_run
                WHERE state IN ('queued', 'running', 'confirming'))
        LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
"""
# A row that is locked is in use.
FORGET_UNKNOWN_COMPANIES = """
    DELETE FROM engine.unknown_company WHERE company_id IN (
        SELECT company_id FROM engine.unknown_company
        WHERE named_at < (SELECT engine.clock()) - make_interval(days => $1)
        LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
"""
FORGET_REQUEST_WINDOWS = """
    DELETE FROM engine.request_window WHERE (source, tenant) IN (
        SELECT source, tenant FROM engine.request_window
        WHERE made_at[cardinality(made_at)]
            < (SELECT engine.clock()) - make_interval(days => $1)
        LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING 1
"""
# The last one of each agent says which number comes next.
FORGET_BUILDS = """
    DELETE FROM engine.build WHERE (agent, version) IN (
        SELECT agent, version FROM engine.build AS ended
        WHERE ended_at < (SELECT engine.clock()) - make_interval(days => $1)
            AND version < (SELECT max(version) FROM engine.build WHERE agent = ended.agent)
        LIMIT $2)
    RETURNING 1
"""
KEPT_DAYS = {
    FORGET_PUBLISHED: PUBLISHED_DAYS,
    FORGET_GIVEN_UP: GIVEN_UP_DAYS,
    FORGET_COMMANDS: COMMAND_DAYS,
    FORGET_PURGES: PURGE_DAYS,
    FORGET_READS: READ_DAYS,
    FORGET_RUNS: RUN_DAYS,
    FORGET_LEASES: LEASE_DAYS,
    FORGET_UNKNOWN_COMPANIES: UNKNOWN_COMPANY_DAYS,
    FORGET_REQUEST_WINDOWS: REQUEST_WINDOW_DAYS,
    FORGET_BUILDS: BUILD_DAYS,
}


async def forget_old(database: Database, *, rows_max: int = ROWS_MAX) -> int:
    """Forgets what has had its time, up to so many rows of each kind; how many there were."""
    forgotten = 0
    for statement, days in KEPT_DAYS.items():
        async with database.connection() as connection:
            forgotten += len(await connection.fetch(statement, days, rows_max))
    return forgotten


class Housekeeping:
    """That of one worker; it works while it holds the lease."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due_at_seconds = 0.0

    async def keep(self) -> int:
        """Forgets, once in a while, until nothing old is left; how many rows."""
        now_seconds = asyncio.get_running_loop().time()
        if now_seconds < self._due_at_seconds:
            return 0
        forgotten = await drop_orphans(self._database)
        forgotten += await forget_old(self._database)
        if not forgotten:
            self._due_at_seconds = now_seconds + EVERY_SECONDS
        return forgotten

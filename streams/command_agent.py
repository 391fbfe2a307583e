"""The command agent: one transaction in which a command is remembered, decided and carried out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import asyncpg

from projections.migrate import LEDGER
from projections.queries.fiscal_years import fiscal_years
from projections.queries.snapshot import LEDGER_VIEWS
from schemas.codec import decode_command
from schemas.commands import AnyCommand, PurgeRequested
from schemas.errors import MessageUnreadable, RejectedError
from schemas.limits import COMMAND_BYTES_MAX
from streams import companies, connections, decided_commands, decision_effects
from streams.decided_commands import Occasion
from streams.decisions import Decision, Known, OpenRun, Reject, decide, expires_at
from streams.received import Received

CLOCK = "SELECT engine.clock() AS now, clock_offset FROM engine.clock_offset"
OPEN_RUNS = """
    SELECT run_id, state, stalled_at IS NOT NULL AS is_stalled FROM engine.sync_run
    WHERE company_id = $1 AND state IN ('queued', 'running', 'confirming')
    ORDER BY state = 'queued', queue_number FOR UPDATE
"""
# The ledger has met the last purge, and passed every read that was published whole.
HAS_CAUGHT_UP = """
    SELECT company.generation <= coalesce(seen.generation, 0) AND NOT EXISTS (
        SELECT FROM engine.sync_run AS run JOIN engine.sync_read AS read USING (run_id)
        JOIN engine.projection_offset AS stood
            ON stood.agent = $2 AND stood.in_use AND stood.partition = read.partition
        WHERE run.company_id = $1 AND stood.next_offset <= read.message_offset)
    FROM engine.company AS company LEFT JOIN ledger.company AS seen USING (company_id)
    WHERE company_id = $1
"""


class CommandTooLarge(RejectedError):
    """A command is a few fields; whatever this is, nobody has to read it."""

    reason = "too_large"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"it has {size_bytes} bytes; a command has {COMMAND_BYTES_MAX} at most")
        self.size_bytes = size_bytes


@dataclass(frozen=True)
class Asked:
    """A command as it was found on the topic, and when the broker had it."""

    command: AnyCommand
    command_id: str
    written_at: datetime


def read(received: Received) -> Asked:
    """The command in a message: its company is what its value says. Raises RejectedError."""
    size_bytes = len(received.value or b"")
    if size_bytes > COMMAND_BYTES_MAX:
        raise CommandTooLarge(size_bytes)
    command = decode_command(received.value)
    place = f"{received.topic}/{received.partition}/{received.offset}"
    try:
        written_at = datetime.fromtimestamp(received.timestamp_seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:  # Where the topic takes anyone's time.
        raise MessageUnreadable(f"its time is {received.timestamp_seconds}") from error
    return Asked(command, command.command_id or place, written_at)


async def apply(connection: asyncpg.Connection, asked: Sequence[Asked]) -> int:
    """Decides the commands in their order; how many had been decided before.

    The caller has opened the transaction and locked the offsets.
    """
    repeated = 0
    for one in asked:
        repeated += not await _answer(connection, one)
    return repeated


async def _answer(connection: asyncpg.Connection, asked: Asked) -> bool:
    command = asked.command
    known = await _known(connection, command)
    clock = await connection.fetchrow(CLOCK)
    assert clock is not None  # The migration has made that row.
    now: datetime = clock["now"]
    if not await decided_commands.remember(
        connection, command, command_id=asked.command_id, now=now
    ):
        return False
    occasion = Occasion(command, asked.command_id, now)
    decision = _decision(asked, known, now=now, clock_offset=clock["clock_offset"])
    answered = await decision_effects.carry_out(connection, decision, occasion)
    await decided_commands.answer(
        connection, answered, company_id=command.company_id, command_id=asked.command_id
    )
    return True


def _decision(
    asked: Asked, known: Known | None, *, now: datetime, clock_offset: timedelta
) -> Decision:
    # The broker's clock has no offset: what a test adds to ours is added to its times too.
    expiry = expires_at(asked.command, written_at=asked.written_at + clock_offset)
    if now > expiry:
        return Reject("expired", f"it was to be met until {expiry.isoformat(timespec='seconds')}")
    return decide(asked.command, known)


async def _known(connection: asyncpg.Connection, command: AnyCommand) -> Known | None:
    """What is known of the company, which is locked, as are its connection and open runs.

    Its fiscal years are asked for only where the command purges some.
    """
    company_id = command.company_id
    row = await companies.lock(connection, company_id)
    if row is None:
        return None
    state = await connections.state_of(connection, company_id)
    runs = await connection.fetch(OPEN_RUNS, company_id)
    open_runs = tuple(OpenRun(**run) for run in runs)
    years = None
    if isinstance(command, PurgeRequested) and command.fiscal_years:
        years = await _held_years(connection, company_id)
    return Known(row["source"], row["organisation_number"], state, open_runs, years)


async def _held_years(connection: asyncpg.Connection, company_id: str) -> frozenset[date] | None:
    """By their first days; None where the ledger may hear of others yet."""
    if not await connection.fetchval(HAS_CAUGHT_UP, company_id, LEDGER.agent):
        return None
    await connection.execute(f"SET LOCAL search_path = {LEDGER_VIEWS}")
    years = await fiscal_years(connection, company_id)
    await connection.execute("SET LOCAL search_path TO DEFAULT")
    return frozenset(year.first_day for year in years)

"""Commands that have been decided: the same id again has no second effect, and no second answer."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from schemas.commands import AnyCommand
from streams.database import Database

KEPT_DAYS = 60  # Twice as long as a command stays on its topic.
FORGOTTEN_AT_ONCE_MAX = 10_000
REMEMBER = """
    INSERT INTO engine.command (company_id, command_id, type, decided_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (company_id, command_id) DO NOTHING RETURNING true
"""
ANSWER = """
    UPDATE engine.command SET run_id = $3, rejection = $4, detail = $5
    WHERE company_id = $1 AND command_id = $2
"""
FORGET = """
    DELETE FROM engine.command WHERE (company_id, command_id) IN (
        SELECT company_id, command_id FROM engine.command
        WHERE decided_at < engine.clock() - make_interval(days => $1)
        ORDER BY decided_at LIMIT $2)
    RETURNING 1
"""


@dataclass(frozen=True)
class Answer:
    """What whoever asked finds here; without a rejection the command was taken."""

    run_id: str | None = None  # The run that it started, or asked to end.
    rejection: str | None = None
    detail: str = ""


async def remember(
    connection: asyncpg.Connection, command: AnyCommand, *, command_id: str, now: datetime
) -> bool:
    """Whether the command is new; it is not from here on."""
    arguments = (command.company_id, command_id, command.type, now)
    return bool(await connection.fetchval(REMEMBER, *arguments))


async def answer(
    connection: asyncpg.Connection, answered: Answer, *, company_id: str, command_id: str
) -> None:
    """Keeps the answer with the command, in the transaction that carries it out."""
    facts = (answered.run_id, answered.rejection, answered.detail)
    await connection.execute(ANSWER, company_id, command_id, *facts)


async def forget_old(database: Database) -> int:
    """Forgets the ids that cannot come again; how many there were."""
    async with database.connection() as connection:
        return len(await connection.fetch(FORGET, KEPT_DAYS, FORGOTTEN_AT_ONCE_MAX))

"""Commands that have been decided: the same id again has no second effect, and no second answer."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from schemas.commands import AnyCommand

REMEMBER = """
    INSERT INTO engine.command (company_id, command_id, type, decided_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (company_id, command_id) DO NOTHING RETURNING true
"""
ANSWER = """
    UPDATE engine.command SET run_id = $3, rejection = $4, detail = $5
    WHERE company_id = $1 AND command_id = $2
"""


@dataclass(frozen=True)
class Answer:
    """What whoever asked finds here; without a rejection the command was taken."""

    run_id: str | None = None  # The run that it started, or asked to end.
    rejection: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Occasion:
    """The command that has been decided, and when."""

    command: AnyCommand
    command_id: str
    now: datetime

    @property
    def company_id(self) -> str:
        return self.command.company_id


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

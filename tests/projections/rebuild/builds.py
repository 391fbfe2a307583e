"""Two versions of the ledger and the status beside each other, filled by the projections."""

from collections.abc import Sequence

import asyncpg

from projections.ledger import projection
from projections.migrate import LEDGER, STATUS
from schemas.ledger_events import AnyLedgerEvent
from tests.books import Books

LIVE, BUILT = LEDGER.schema(1), LEDGER.schema(2)
LIVE_STATUS, BUILT_STATUS = STATUS.schema(1), STATUS.schema(2)


class Builds:
    """The live version, which `books` fills, and another one built beside it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.books = Books(connection)

    async def project(self, *events: AnyLedgerEvent | Sequence[AnyLedgerEvent]) -> None:
        """Applies the events to the live version in one batch, to the other one by one."""
        await self.books.project(*events)
        await self.build(*events)

    async def build(self, *events: AnyLedgerEvent | Sequence[AnyLedgerEvent]) -> None:
        """Applies the events to the version beside the live one alone."""
        async with self.connection.transaction():
            await self.connection.execute(f"SET LOCAL search_path = {BUILT}")
            for event in events:
                for one in event if isinstance(event, Sequence) else (event,):
                    await projection.apply(self.connection, [one])

    async def damage(self, statement: str, *arguments: object) -> None:
        """Changes rows of the version beside the live one by a statement."""
        async with self.connection.transaction():
            await self.connection.execute(f"SET LOCAL search_path = {BUILT}, {BUILT_STATUS}")
            done = await self.connection.execute(statement, *arguments)
        assert not done.endswith(" 0"), f"{statement} has found no row"

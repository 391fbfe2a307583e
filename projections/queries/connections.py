"""Which companies are connected to an accounting system, and how is each connection?"""

from datetime import datetime
from typing import Literal

import asyncpg

from projections.queries.company_facts import check_known
from projections.queries.snapshot import snapshot
from schemas.errors import NotFound
from schemas.model import Model
from schemas.sources import CONNECTABLE

ConnectionState = Literal["connected", "reconnect_required", "disconnected"]

CONNECTIONS = """
    SELECT company_id, connection.source, connection.state, connection.reason,
        connection.connected_at, connection.due_at, connection.failures_in_a_row,
        coalesce(nullif(registered.name, ''), observed.name, '') AS name, known.last_fetched_at
    FROM engine.connection AS connection
    JOIN engine.company AS registered USING (company_id)
    LEFT JOIN status.company_status AS known USING (company_id)
    LEFT JOIN ledger.company AS observed USING (company_id)
    WHERE $1::text IS NULL OR company_id = $1
    ORDER BY company_id COLLATE "C"
"""
SOURCE = "SELECT source FROM engine.company WHERE company_id = $1"


class NotConnected(NotFound):
    """The company is there, and has never been connected to a system."""

    reason = "not_connected"

    def __init__(self, company_id: str, source: str) -> None:
        super().__init__(f"{company_id} has no connection.")
        self.company_id = company_id
        self.source = source


class ComesByFiles(NotFound):
    """The company's bookkeeping comes by files: it has no connection, and needs none."""

    reason = "comes_by_files"

    def __init__(self, company_id: str) -> None:
        super().__init__(f"{company_id} gets its bookkeeping by files.")
        self.company_id = company_id


class ConnectionRow(Model):
    company_id: str
    name: str
    source: str
    state: ConnectionState
    reason: str | None  # Why it is not connected.
    connected_at: datetime
    due_at: datetime | None  # The next automatic run.
    last_fetched_at: datetime | None
    failures_in_a_row: int


async def connections(connection: asyncpg.Connection) -> list[ConnectionRow]:
    """All connections, by company."""
    async with snapshot(connection):
        return [ConnectionRow(**row) for row in await connection.fetch(CONNECTIONS, None)]


async def connection_of(connection: asyncpg.Connection, company_id: str) -> ConnectionRow:
    """The company's connection. Raises UnknownCompany, NotConnected, ComesByFiles."""
    async with snapshot(connection):
        await check_known(connection, company_id)
        row = await connection.fetchrow(CONNECTIONS, company_id)
        source = await connection.fetchval(SOURCE, company_id)
    if row is None and source in CONNECTABLE:
        raise NotConnected(company_id, source)
    if row is None:
        raise ComesByFiles(company_id)
    return ConnectionRow(**row)

"""Any history has the same digests of all its tables, however its batches fall."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from projections.ledger import projection
from projections.migrate import LEDGER
from projections.rebuild.digests import Digests, differing, digests
from schemas.ledger_events import AnyLedgerEvent
from tests.projections.ledger.histories import histories
from tests.servers import PostgresServer

pytestmark = pytest.mark.engine
SCHEMA = LEDGER.schema(1)


@given(history=histories(), size=some.integers(2, 40))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_table_tells_how_the_batches_fell(
    postgres_server: PostgresServer, history: list[AnyLedgerEvent], size: int
) -> None:
    """The count of what the fence ignored is in it, with events that came late or twice."""
    batches = [history[start : start + size] for start in range(0, len(history), size)]

    live, rebuilt = asyncio.run(_digests(postgres_server, batches, [[one] for one in history]))

    assert differing(live, rebuilt) == []


async def _digests(
    server: PostgresServer, *builds: Sequence[Sequence[AnyLedgerEvent]]
) -> list[Digests]:
    """Of each way to apply the history; they are rolled back, for the next example."""
    connection = await asyncpg.connect(server.dsn)
    try:
        return [await _digests_after(connection, batches) for batches in builds]
    finally:
        await connection.close()


async def _digests_after(
    connection: asyncpg.Connection, batches: Sequence[Sequence[AnyLedgerEvent]]
) -> Digests:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL search_path = {SCHEMA}")
        for batch in batches:
            await projection.apply(connection, batch)
        return await digests(connection, SCHEMA)
    finally:
        await transaction.rollback()

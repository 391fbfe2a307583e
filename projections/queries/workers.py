"""Which workers are ready?"""

import asyncpg

# A worker keeps its lease for as long as it is at work, degraded or not.
READY_WORKERS = """
    SELECT holder FROM engine.lease
    WHERE starts_with(name, 'worker:') AND until > engine.clock() ORDER BY name
"""


async def ready_workers(connection: asyncpg.Connection) -> list[str]:
    """The workers that hold a lease now."""
    return [row["holder"] for row in await connection.fetch(READY_WORKERS)]

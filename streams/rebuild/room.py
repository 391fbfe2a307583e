"""Whether a second copy of a projection finds room on the disk."""

import shutil
from pathlib import Path

import asyncpg

from projections.migrate import Projection, version_in_use
from schemas.errors import SyncError

# Sorting for the keys, and the log that PostgreSQL writes of it, come on top of the tables.
TIMES_THE_LIVE_COPY = 1.5
SIZE = """
    SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint FROM pg_class
    WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'
"""


class DiskTooFull(SyncError):
    """A second copy does not fit beside the first: it was not begun, or has been given up."""


async def check(connection: asyncpg.Connection, projection: Projection, path: Path) -> None:
    """Looks at the disk on which the database lies. Raises DiskTooFull."""
    schema = projection.schema(await version_in_use(connection, projection))
    live_bytes = await connection.fetchval(SIZE, schema)
    wanted_bytes = int(live_bytes * TIMES_THE_LIVE_COPY)
    free_bytes = shutil.disk_usage(path).free
    if free_bytes < wanted_bytes:
        raise DiskTooFull(
            f"{path} has {free_bytes / 2**20:,.0f} MiB free, a rebuild takes about"
            f" {wanted_bytes / 2**20:,.0f} MiB"
        )

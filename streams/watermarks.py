"""How far each read of a company has come: moved only by what the ledger has got."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import asyncpg

from connectors.protocol import KnownRead

KNOWN = """
    SELECT read, watermark, whole_at > engine.clock() - make_interval(secs => $2) AS is_fresh
    FROM engine.watermark WHERE company_id = $1
"""
# A whole read stands for the time at which its run began: what changed since may be missing in it.
MOVE_WHOLE = """
    INSERT INTO engine.watermark (company_id, read, watermark, whole_at)
    SELECT run.company_id, read.read, read.watermark, run.started_at
    FROM engine.sync_read AS read JOIN engine.sync_run AS run USING (run_id)
    WHERE run_id = $1 AND read.whole AND read.watermark IS NOT NULL
    ON CONFLICT (company_id, read) DO UPDATE
    SET watermark = excluded.watermark, whole_at = excluded.whole_at
"""
MOVE_ON = """
    UPDATE engine.watermark AS known SET watermark = read.watermark
    FROM engine.sync_read AS read JOIN engine.sync_run AS run USING (run_id)
    WHERE run_id = $1 AND NOT read.whole AND read.watermark IS NOT NULL
        AND known.company_id = run.company_id AND known.read = read.read
"""
# The reads that a run has published whole.
FORGET_READS_OF = """
    DELETE FROM engine.watermark AS known
    USING engine.sync_read AS read JOIN engine.sync_run AS run USING (run_id)
    WHERE run_id = $1 AND known.company_id = run.company_id AND known.read = read.read
"""
FORGET_YEARS = """
    DELETE FROM engine.watermark WHERE company_id = $1
        AND split_part(read, '/', 2) = ANY(SELECT year::text FROM unnest($2::date[]) AS year)
"""
FORGET = "DELETE FROM engine.watermark WHERE company_id = $1 AND read = ANY($2::text[])"


async def known_reads(
    connection: asyncpg.Connection, company_id: str, *, whole_read_seconds: float
) -> Mapping[str, KnownRead]:
    """How far the company's reads have come; one that is not there is to be done whole."""
    rows = await connection.fetch(KNOWN, company_id, whole_read_seconds)
    return {row["read"]: KnownRead(row["watermark"], row["is_fresh"]) for row in rows}


async def move(connection: asyncpg.Connection, run_id: str) -> None:
    """The run has completed: the next one reads on from where its reads came to."""
    await connection.execute(MOVE_WHOLE, run_id)
    await connection.execute(MOVE_ON, run_id)


async def forget(connection: asyncpg.Connection, company_id: str, reads: Iterable[str]) -> None:
    """The ledger may have a part of these reads: the next run does them whole."""
    await connection.execute(FORGET, company_id, list(reads))


async def forget_reads_of(connection: asyncpg.Connection, run_id: str) -> None:
    """Nobody waits any more for what the ledger makes of the run: the next one reads whole."""
    await connection.execute(FORGET_READS_OF, run_id)


async def forget_years(
    connection: asyncpg.Connection, company_id: str, fiscal_years: Sequence[date]
) -> None:
    """Nothing of these years is in the ledger any more: they are read whole next time."""
    await connection.execute(FORGET_YEARS, company_id, fiscal_years)

"""What a topic has lost: a rebuild from it would be short of that, and nobody would know.

The ledger's and the lifecycle's messages stay for ever. A log that does not begin at its first
message, ends before what has been applied, or holds another message there, has been truncated,
deleted or made anew.
"""

from collections.abc import Collection, Mapping

import asyncpg

from projections.migrate import LEDGER, Projection
from schemas.errors import SyncError
from streams import log_identity, offsets, topics

# Their books are not known to be whole until their source has proved them again.
DOUBT = """
    INSERT INTO engine.accepted_gap (company_id, topic, partition, detail, accepted_at)
    SELECT company_id, $2, partition, detail, engine.clock()
    FROM unnest($1::text[], $3::integer[], $4::text[]) AS gap (company_id, partition, detail)
    ON CONFLICT (company_id, topic) DO UPDATE
    SET partition = excluded.partition, detail = excluded.detail,
        accepted_at = excluded.accepted_at
"""
COMPANIES = """
    SELECT company_id FROM engine.company UNION SELECT company_id FROM status.company_status
    UNION SELECT company_id FROM ledger.company
"""
# The generation of a company's bookkeeping may have been raised by what is lost; not by a purge
# that the ledger has not applied: until it comes the books are those from before it.
GENERATIONS = """
    SELECT company_id, generation FROM (
        SELECT company_id, coalesce(
            (SELECT min(purge.generation) - 1 FROM engine.purge
                WHERE purge.company_id = asked.company_id AND completed_at IS NULL
                    AND purge.generation > coalesce(applied.generation, 0)),
            greatest(asked.generation, applied.generation)) AS generation
        FROM engine.company AS asked FULL JOIN ledger.company AS applied USING (company_id)
    ) AS known WHERE generation > 0
"""
RAISE_FENCES = """
    INSERT INTO company (company_id, generation, run_number, attempt)
    SELECT company_id, generation, 0, 0
    FROM unnest($1::text[], $2::integer[]) AS known (company_id, generation)
"""
# What is behind the fence is not applied once more: what it took stands as it was. The version in
# use may have an older shape, which lacks the last columns.
KEEP_RESULTS = """
    INSERT INTO purge_result SELECT * FROM ledger.purge_result WHERE company_id = ANY($1::text[])
"""


class TopicTruncated(SyncError):
    """The topic does not hold all that the projection was built from."""

    def __init__(self, projection: Projection, lost: Mapping[int, str]) -> None:
        self.lost = lost
        super().__init__(
            f"{'; '.join(lost.values())}. What is built of the {projection.name} would be short of"
            " that: restore the topic, or accept the loss by bokflow rebuild --accept-gap"
        )


async def find(
    kafka_url: str,
    projection: Projection,
    *,
    stored: Mapping[int, offsets.Stored],
    bounds: Mapping[int, tuple[int, int]],
) -> dict[int, str]:
    """Why each partition is not what it was; empty where all is there. Raises BrokerUnavailable."""
    examined = await log_identity.examine(kafka_url, projection, stored)
    lost = dict(examined.differences)
    for partition, (first, _) in bounds.items():
        if first > 0:
            place = f"{projection.topic}/{partition}"
            lost[partition] = f"{log_identity.LOST}: {place} begins at offset {first}"
    return lost


async def raise_fences(
    connection: asyncpg.Connection, schema: str, *, partitions: int, lost: Collection[int]
) -> None:
    """Lets a build of the ledger take up a company where its log begins now.

    Its first messages are of a generation that a purge has raised before: they would be ignored.
    """
    known = [
        (row["company_id"], row["generation"])
        for row in await connection.fetch(GENERATIONS)
        if topics.partition_of(row["company_id"], partitions=partitions) in lost
    ]
    await connection.execute(f"SET LOCAL search_path = {schema}")
    company_ids = [one[0] for one in known]
    await connection.execute(RAISE_FENCES, company_ids, [one[1] for one in known])
    await connection.execute(KEEP_RESULTS, company_ids)
    await connection.execute("SET LOCAL search_path TO DEFAULT")


async def accept(
    connection: asyncpg.Connection,
    projection: Projection,
    *,
    lost: Mapping[int, str],
) -> list[str]:
    """Remembers the loss with every company that it may concern; their ids."""
    partitions = len(await offsets.read(connection, projection))
    doubted, of_partition, details = list[str](), list[int](), list[str]()
    for (company_id,) in await connection.fetch(COMPANIES):
        partition = topics.partition_of(company_id, partitions=partitions)
        if partition in lost:
            doubted.append(company_id)
            of_partition.append(partition)
            details.append(lost[partition])
    await connection.execute(DOUBT, doubted, projection.topic, of_partition, details)
    return doubted if projection is LEDGER else []

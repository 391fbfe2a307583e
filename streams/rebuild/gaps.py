"""What a topic has lost: a rebuild from it would be short of that, and nobody would know.

The ledger's and the lifecycle's messages stay for ever. A log that does not begin at its first
message, ends before what has been applied, or holds another message there, has been truncated,
deleted or made anew. What an operator has accepted once is no loss any more: builds begin there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from projections.migrate import LEDGER, Projection
from schemas.errors import SyncError
from streams import connections, log_identity, offsets, topics
from streams.database import Database

# Their books are not known to be whole until their source has proved them again.
DOUBT = """
    INSERT INTO engine.accepted_gap
        (company_id, topic, partition, detail, generation, accepted_at)
    SELECT company_id, $2, partition, detail, generation, engine.clock()
    FROM unnest($1::text[], $3::integer[], $4::text[], $5::integer[])
        AS gap (company_id, partition, detail, generation)
    ON CONFLICT (company_id, topic) DO UPDATE
    SET partition = excluded.partition, detail = excluded.detail,
        generation = excluded.generation, accepted_at = excluded.accepted_at
"""
REMEMBER_BEGINNINGS = """
    INSERT INTO engine.accepted_beginning (topic, partition, first_offset)
    SELECT $1, partition, first_offset
    FROM unnest($2::integer[], $3::bigint[]) AS begun (partition, first_offset)
    ON CONFLICT (topic, partition) DO UPDATE SET first_offset = excluded.first_offset
"""
BEGINNINGS = "SELECT partition, first_offset FROM engine.accepted_beginning WHERE topic = $1"
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
# As they were when the gap was accepted: what has been purged since stands on the log.
ACCEPTED_GENERATIONS = """
    SELECT company_id, partition, generation FROM engine.accepted_gap
    WHERE topic = $1 AND generation > 0
"""
RAISE_FENCES = """
    INSERT INTO company (company_id, generation, run_number, attempt)
    SELECT company_id, generation, 0, 0
    FROM unnest($1::text[], $2::integer[]) AS known (company_id, generation)
"""
# What is behind the fence is not applied once more: what it took stands as it was. The version in
# use may have an older shape, which lacks the last columns.
KEEP_RESULTS = """
    INSERT INTO purge_result
    SELECT met.* FROM ledger.purge_result AS met
    JOIN unnest($1::text[], $2::integer[]) AS known (company_id, generation)
        ON met.company_id = known.company_id AND met.generation <= known.generation
"""


@dataclass(frozen=True)
class Gap:
    """What a partition has lost, and where its log begins now."""

    detail: str
    first_offset: int


class TopicTruncated(SyncError):
    """The topic does not hold all that the projection was built from."""

    def __init__(self, projection: Projection, lost: Mapping[int, Gap]) -> None:
        self.lost = lost
        details = "; ".join(gap.detail for gap in lost.values())
        super().__init__(
            f"{details}. What is built of the {projection.name} would be short of"
            " that: restore the topic, or accept the loss by bokflow rebuild --accept-gap"
        )


async def find(
    database: Database,
    kafka_url: str,
    projection: Projection,
    *,
    stored: Mapping[int, offsets.Stored],
    bounds: Mapping[int, tuple[int, int]],
) -> dict[int, Gap]:
    """Why partitions are not what they were or were accepted to be; empty where all is there.

    Raises BrokerUnavailable, StoreUnavailable.
    """
    async with database.connection() as connection:
        rows = await connection.fetch(BEGINNINGS, projection.topic)
    beginnings = {row["partition"]: row["first_offset"] for row in rows}
    examined = await log_identity.examine(kafka_url, projection, stored)
    details = dict(examined.differences)
    for partition, (first, _) in bounds.items():
        if first > beginnings.get(partition, 0):
            place = f"{projection.topic}/{partition}"
            details[partition] = f"{log_identity.LOST}: {place} begins at offset {first}"
    return {number: Gap(detail, bounds[number][0]) for number, detail in details.items()}


async def generations(
    connection: asyncpg.Connection, *, partitions: int, lost: Mapping[int, Gap]
) -> dict[str, int]:
    """With which generation of their bookkeeping the companies begin that lack their beginning.

    Of what is lost by now it is the one that is known; of what was accepted before, the one then.
    """
    accepted = {
        row["company_id"]: row["generation"]
        for row in await connection.fetch(ACCEPTED_GENERATIONS, LEDGER.topic)
        if row["partition"] not in lost
    }
    if not lost:
        return accepted
    return accepted | {
        row["company_id"]: row["generation"]
        for row in await connection.fetch(GENERATIONS)
        if topics.partition_of(row["company_id"], partitions=partitions) in lost
    }


async def raise_fences(
    connection: asyncpg.Connection, schema: str, begun: Mapping[str, int]
) -> None:
    """Lets a build of the ledger take up companies with the generations that they begin with.

    Their first messages are of a generation that a purge has raised before: they would be ignored.
    """
    await connection.execute(f"SET LOCAL search_path = {schema}")
    await connection.execute(RAISE_FENCES, list(begun), list(begun.values()))
    await connection.execute(KEEP_RESULTS, list(begun), list(begun.values()))
    await connection.execute("SET LOCAL search_path TO DEFAULT")


async def accept(
    connection: asyncpg.Connection,
    projection: Projection,
    *,
    lost: Mapping[int, Gap],
    begun: Mapping[str, int],
) -> list[str]:
    """Remembers the loss, also with every company that it may concern; their ids.

    Where it is bookkeeping, their next syncs read whole. `begun`: the generations with which the
    build has begun.
    """
    firsts = [one.first_offset for one in lost.values()]
    await connection.execute(REMEMBER_BEGINNINGS, projection.topic, list(lost), firsts)
    partitions = len(await offsets.read(connection, projection))
    doubted = {
        company_id: partition
        for (company_id,) in await connection.fetch(COMPANIES)
        if (partition := topics.partition_of(company_id, partitions=partitions)) in lost
    }
    await connection.execute(
        DOUBT,
        list(doubted),
        projection.topic,
        list(doubted.values()),
        [lost[partition].detail for partition in doubted.values()],
        [begun.get(company_id, 0) for company_id in doubted],
    )
    if projection is not LEDGER:
        return []
    await connections.forget_watermarks(connection, *doubted)
    return list(doubted)

"""Everything that has to be there before a worker starts: the database's schema and the topics."""

import asyncpg

from projections.migrate import migrate
from streams import topics
from streams.database import CONNECT_SECONDS_MAX, translated
from streams.settings import Settings


async def bring_up_to_date(settings: Settings) -> list[str]:
    """Migrates the database and makes the topics; what was done, in words. Safe to run twice.

    Raises DatabaseTooOld, DatabaseTooNew, PartitionsDiffer, StoreUnavailable, BrokerUnavailable.
    """
    made = await topics.ensure(
        settings.kafka_url,
        partitions=settings.partitions,
        replication_factor=settings.replication_factor,
    )
    async with translated():
        connection = await asyncpg.connect(
            settings.postgres_dsn.get_secret_value(), timeout=CONNECT_SECONDS_MAX
        )
        try:
            done = await migrate(connection, partitions=settings.partitions)
        finally:
            await connection.close()
    return [f"topic {topic} made" for topic in made] + done

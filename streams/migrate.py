"""Everything that has to be there before a worker starts: the database's schema and the topics."""

import asyncpg

from projections.migrate import migrate, outdated_projections
from streams import topics
from streams.database import CONNECT_SECONDS_MAX, translated
from streams.rebuild.builds import builder
from streams.rebuild.whole import Rebuild, Report
from streams.settings import Settings


def _nobody(*_: object) -> None:
    """Where nobody watches."""


async def bring_up_to_date(settings: Settings, *, report: Report = _nobody) -> list[str]:
    """Migrates the database and makes the topics; what was done, in words. Safe to run twice.

    A projection whose tables have an older shape is built anew beside them, and takes over.

    Raises DatabaseTooOld, DatabaseTooNew, PartitionsDiffer, StoreUnavailable, BrokerUnavailable,
    and as Rebuild.take_over does.
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
            outdated = await outdated_projections(connection)
        finally:
            await connection.close()
    for projection in outdated:
        rebuilt = await Rebuild(settings, projection, holder=builder(), report=report).take_over()
        done.append(f"projection {projection.name} rebuilt, version {rebuilt.version}")
        done += [
            f"{projection.topic}/{one.partition}/{one.offset} of {one.company_id} cannot be applied"
            f" any more ({one.reason}): the company is not verified"
            for one in rebuilt.newly_rejected
        ]
    return [f"topic {topic} made" for topic in made] + done

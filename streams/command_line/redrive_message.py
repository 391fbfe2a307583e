"""A dead letter of the ledger or the lifecycle taken up again, in its original place.

Its company is built anew from all its messages: what this code can apply is applied where it
stands.
"""

import asyncpg
import typer
from aiokafka import ConsumerRecord

from projections.migrate import PROJECTIONS, Projection
from streams.command_line.connect import connected, engine_settings
from streams.command_line.left_out import first_left_out, left_out_sentence
from streams.command_line.options import Options
from streams.command_line.redrive import Place, Redriven, place_of
from streams.command_line.refusal import CommandRefused
from streams.command_line.run_progress import run_progress
from streams.command_line.texts import label
from streams.rebuild.builds import builder
from streams.rebuild.rebuild_company import RebuiltCompany, rebuild_company, rebuild_database

OPEN = """
    SELECT company_id FROM engine.dead_letter
    WHERE topic = $1 AND partition = $2 AND message_offset = $3
"""


async def redrive_message(options: Options, record: ConsumerRecord) -> Redriven:
    """Rebuilds the message's company. Raises CommandRefused, NotFound."""
    place = place_of(record)
    projection = next((one for one in PROJECTIONS if one.topic == place.topic), None)
    if projection is None:
        raise CommandRefused("redrive_unknown_topic", id=place.letter_id, topic=place.topic or "?")
    async with connected(options.data_dir) as connection:
        company_id = await _company_of(connection, place)
    done = await _rebuilt(options, projection, company_id)
    _warn(options, done)
    return _redriven(place, done, size_bytes=len(record.value or b""))


async def _company_of(connection: asyncpg.Connection, place: Place) -> str:
    row = await connection.fetchrow(OPEN, place.topic, place.partition, place.offset)
    if row is None:
        raise CommandRefused("redriven_already", id=place.letter_id)
    company_id: str | None = row["company_id"]
    if company_id is None:
        raise CommandRefused("redrive_without_company", id=place.letter_id)
    return company_id


async def _rebuilt(options: Options, projection: Projection, company_id: str) -> RebuiltCompany:
    settings = engine_settings(options.data_dir)
    language = options.language
    with run_progress(label("phase.building", language), language) as progress:
        async with rebuild_database(settings) as database:
            return await rebuild_company(
                database,
                projection,
                company_id,
                settings=settings,
                holder=builder(),
                report=progress.read,
            )


def _warn(options: Options, done: RebuiltCompany) -> None:
    """Of what this code has left out that was in the tables before, on stderr."""
    if done.newly_rejected:
        first = first_left_out(done.topic, done.newly_rejected)
        told = left_out_sentence(first, len(done.newly_rejected), options.language)
        typer.echo(told, err=True)


def _redriven(place: Place, done: RebuiltCompany, *, size_bytes: int) -> Redriven:
    if place.partition != done.partition:
        raise CommandRefused(
            "redrive_elsewhere",
            id=place.letter_id,
            topic=place.topic,
            partition=place.partition,
            company_id=done.company_id,
        )
    rejected = next((one for one in done.rejected if one.offset == place.offset), None)
    return Redriven(
        id=place.letter_id,
        topic=place.topic,
        company_id=done.company_id,
        size_bytes=size_bytes,
        status="applied" if rejected is None else "rejected",
        reason=rejected.reason if rejected else None,
        error=rejected.error if rejected else "",
    )

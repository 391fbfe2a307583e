"""A process that builds some partitions of a version; several of them share the work.

It is told what to do by one line of JSON on stdin, and tells how far it has come by lines of JSON
on stdout. When its stdin ends, whoever asked for it is gone, and so is it.
"""

import asyncio
import gc
import os
import sys
import threading
from itertools import islice

import orjson

from projections.migrate import PROJECTIONS
from schemas.errors import SyncError
from schemas.model import Model
from streams import log
from streams.database import Database
from streams.rebuild.bulk_reader import BulkReader
from streams.rebuild.folding import BuildProjector, BuildRefusals, Rejected
from streams.rebuild.room import DiskTooFull
from streams.settings import Settings

TRANSACTION_SECONDS_MAX = 3_600.0
LOCK_SECONDS_MAX = 600.0  # Keys are made while the others wait.
STDIN = 0
# What a crash takes is a version that nobody uses.
SESSION = {"synchronous_commit": "off"}


class Task(Model):
    """Partitions of a projection's topic, each from an offset up to another."""

    projection: str
    version: int
    stretch: dict[int, tuple[int, int]]


class Progress(Model):
    """What has been applied since the last word."""

    messages: int = 0
    rejected: tuple[Rejected, ...] = ()
    error: str | None = None  # The last word.
    is_disk_full: bool = False  # What the error is of.


def build_database(settings: Settings) -> Database:
    """A pool whose sessions may take their time."""
    return Database(
        settings.postgres_dsn.get_secret_value(),
        transaction_timeout_seconds=TRANSACTION_SECONDS_MAX,
        lock_timeout_seconds=LOCK_SECONDS_MAX,
        session=SESSION,
    )


async def build(settings: Settings, task: Task) -> None:
    """Raises SyncError."""
    projection = next(one for one in PROJECTIONS if one.name == task.projection)
    refusals, told = BuildRefusals(), 0
    database = build_database(settings)
    await database.start()
    try:
        projector = BuildProjector(database, projection, task.version, refusals)
        async with BulkReader.open(settings.kafka_url, projection.topic) as reader:
            async for batch in reader.read(task.stretch):
                await projector.apply(batch)
                rejected = tuple(islice(refusals.rejected.values(), told, None))
                _tell(Progress(messages=len(batch), rejected=rejected))
                told += len(rejected)
                if rejected:
                    gc.collect()  # An error holds the frames that it came through, and they it.
    finally:
        await database.stop()


def _tell(progress: Progress) -> None:
    sys.stdout.write(progress.model_dump_json(exclude_defaults=True) + "\n")
    sys.stdout.flush()


def _end_with_stdin() -> None:
    os.read(STDIN, 1)  # Nobody writes any more. Not by sys.stdin, whose lock outlives the thread.
    os._exit(1)


def main() -> None:
    task = Task.model_validate(orjson.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_stdin, name="end_with_stdin", daemon=True).start()
    log.configure("console", "error")
    gc.disable()  # Good messages leave no cycles behind: a tenth of the time was looking.
    try:
        asyncio.run(build(Settings.from_environment(), task))
    except DiskTooFull as error:
        _tell(Progress(error=str(error), is_disk_full=True))
        sys.exit(1)
    except SyncError as error:
        _tell(Progress(error=f"{type(error).__name__}: {error}"))
        sys.exit(1)


if __name__ == "__main__":
    main()

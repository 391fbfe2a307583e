"""The worker process: Faust with our agents, ended at once where going on could lose something."""

import asyncio
import gc
import os
import sys

import asyncpg
import faust
import structlog

from projections import migrate
from streams import app, retry
from streams import log as logging
from streams.database import CONNECT_SECONDS_MAX, translated
from streams.settings import Settings

log = structlog.get_logger()
EXIT_GAVE_UP = 70
# A page decodes into thousands of objects without a cycle: Python's own 700 would have the
# collector walk them again and again (measured: a quarter of the projection's time).
COLLECTION_THRESHOLDS = (100_000, 50, 100)


def run(settings: Settings) -> None:
    """Runs a worker until it is told to stop; does not return."""
    logging.configure(settings.log, settings.log_level)
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    worker = faust.Worker(
        app.build(settings, give_up=give_up),
        loglevel="error",
        override_logging=False,
        redirect_stdouts=False,
        quiet=True,
        blocking_timeout=None,
    )
    worker.spinner = None  # It writes escape codes, also where no terminal is.
    log.info("worker_started", name=settings.worker_name, pid=os.getpid())
    worker.execute_from_commandline()


def check(settings: Settings) -> None:
    """Raises DatabaseTooOld or DatabaseTooNew; waits for a database that does not answer yet."""

    async def checked() -> None:
        async with translated():
            connection = await asyncpg.connect(
                settings.postgres_dsn.get_secret_value(), timeout=CONNECT_SECONDS_MAX
            )
            try:
                await migrate.check(connection)
            finally:
                await connection.close()

    asyncio.run(
        retry.until_done(checked, what="start", delay_seconds_max=settings.retry_delay_seconds_max)
    )


def give_up(duty: str, error: BaseException) -> None:
    """Ends the process at once: nothing of what was not committed may be acknowledged."""
    log.error("worker_gave_up", duty=duty, error=f"{type(error).__name__}: {error}")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_GAVE_UP)

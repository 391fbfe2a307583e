"""The worker, put together: reading `build` from top to bottom shows the whole engine."""

import os
import socket
from collections.abc import Callable
from datetime import timedelta

import faust
from mode import CrashingSupervisor

from projections.ledger import purge
from projections.migrate import COMMANDS, LEDGER
from schemas.limits import MESSAGE_BYTES_MAX
from streams import agents, command_agent, confirmer, purges, scheduler, watchdog
from streams.background import Background, Duty
from streams.consumer import Transport
from streams.database import Database
from streams.folds import FOLDS
from streams.housekeeping import Housekeeping
from streams.outbox_relay import OutboxRelay
from streams.positions import Agent, Positions
from streams.presence import Presence
from streams.projector import Projector
from streams.publisher import Publisher
from streams.settings import Settings
from streams.sync_runner import SyncRunner

GROUP = "bokflow"
GiveUp = Callable[[str, BaseException], None]
BATCH_MESSAGES_MAX = 100


def build(settings: Settings, *, give_up: GiveUp) -> faust.App:
    """A worker that reads the topics, and does the engine's other duties beside it.

    `give_up` ends the process: it is called where going on could lose something.
    """
    holder = f"{settings.worker_name}@{socket.gethostname()}:{os.getpid()}"
    database = Database(
        settings.postgres_dsn.get_secret_value(),
        transaction_timeout_seconds=settings.transaction_timeout_seconds,
        lock_timeout_seconds=settings.lock_timeout_seconds,
    )
    reading = _agents(settings, database)
    positions = Positions(
        database,
        reading,
        kafka_url=settings.kafka_url,
        retry_delay_seconds_max=settings.retry_delay_seconds_max,
    )
    app = faust_app(settings, positions)
    for agent in reading:
        agents.install(
            app,
            agent,
            batch_messages_max=BATCH_MESSAGES_MAX,
            batch_wait_seconds=settings.batch_wait_seconds,
            give_up=give_up,
        )
    publisher = Publisher(settings.kafka_url)
    background = Background(
        database,
        settings,
        _duties(settings, database, publisher, holder),
        holder=holder,
        give_up=give_up,
    )
    presence = Presence(database, positions, reading, settings, holder=holder, give_up=give_up)
    for service in (database, publisher, background, presence):
        app.add_dependency(service)  # Started before any agent, in this order.
    return app


def _agents(settings: Settings, database: Database) -> list[Agent]:
    delay_seconds_max = settings.retry_delay_seconds_max
    folding = [
        Agent(
            projection,
            Projector(
                database,
                projection,
                decode=fold.decode,
                apply=fold.apply,
                retry_delay_seconds_max=delay_seconds_max,
            ),
        )
        for projection, fold in FOLDS.items()
    ]
    command_projector = Projector(
        database,
        COMMANDS,
        decode=command_agent.read,
        apply=command_agent.apply,
        retry_delay_seconds_max=delay_seconds_max,
        transaction_messages_max=1,
    )
    return [*folding, Agent(COMMANDS, command_projector)]


def faust_app(settings: Settings, positions: Positions) -> faust.App:
    """Faust, with the settings that matter (each has been measured or read up)."""
    session_timeout_seconds = settings.session_timeout_seconds
    app = faust.App(
        GROUP,
        broker=[f"kafka://{broker}" for broker in settings.kafka_url.split(",")],
        agent_supervisor=CrashingSupervisor,
        autodiscover=False,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        broker_session_timeout=session_timeout_seconds,
        broker_heartbeat_interval=session_timeout_seconds / 4,
        broker_request_timeout=max(90.0, session_timeout_seconds + 1),
        broker_max_poll_interval=_apply_seconds_max(settings),
        broker_commit_interval=1.0,
        broker_max_poll_records=500,
        stream_buffer_maxsize=4 * BATCH_MESSAGES_MAX,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="none",
        consumer_max_fetch_size=MESSAGE_BYTES_MAX + 1024 * 1024,
        producer_acks=-1,
        store="memory://",
    )
    app.transport = Transport(settings.kafka_url, app, positions)
    return app


def _apply_seconds_max(settings: Settings) -> float:
    """A projection waits out an outage in place, and a purge takes its time: both at once."""
    return 3600.0 + max(purge.SECONDS_MAX, settings.transaction_timeout_seconds)


def _duties(
    settings: Settings, database: Database, publisher: Publisher, holder: str
) -> list[Duty]:
    interval = timedelta(seconds=settings.sync_interval_seconds)

    async def confirm() -> int:
        purged = await purges.complete(database)
        ended = await confirmer.confirm(database, ledger_agent=LEDGER.agent, interval=interval)
        return purged + ended

    async def request_due() -> int:
        return await scheduler.request_due(database, interval=interval)

    async def watch() -> int:
        return await watchdog.watch(database, stalled_seconds=settings.stalled_seconds)

    runners = [
        SyncRunner(database, publisher, settings, holder=holder)
        for _ in range(settings.runs_at_once)
    ]
    return [
        Duty("relay", OutboxRelay(database, publisher).relay, "bokflow_outbox", single=True),
        Duty("confirmer", confirm, "bokflow_ledger", single=True),
        Duty("scheduler", request_due, "bokflow_due", single=True),
        Duty("watchdog", watch, "bokflow_watchdog", single=True),
        Duty("housekeeping", Housekeeping(database).keep, "bokflow_housekeeping", single=True),
        *(
            Duty(f"runner-{number}", runner.run_next, "bokflow_published", single=False)
            for number, runner in enumerate(runners, start=1)
        ),
    ]

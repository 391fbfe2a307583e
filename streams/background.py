"""What a worker does beside its agents: each duty a loop, woken by PostgreSQL or by the clock."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import asyncpg
from mode import Service

from streams import lease, retry
from streams.database import CONNECT_SECONDS_MAX, Database
from streams.settings import Settings

IDLE_SECONDS_MAX = 1.0
RECONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class Duty:
    """Work to be done again and again: `work` says whether there was any.

    `channel` is the notification that says "look"; `single` work is done by one worker at a time.
    """

    name: str
    work: Callable[[], Awaitable[int]]
    channel: str
    single: bool


async def guarded(
    loop: Coroutine[Any, Any, None], *, what: str, give_up: Callable[[str, BaseException], None]
) -> None:
    """Runs a loop that nothing may end: where something does, the process ends, and says why."""
    try:
        await loop
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - handed on to where processes end.
        give_up(what, error)


class Background(Service):
    """Runs the duties. What is transient is waited out; anything else ends the process."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        duties: list[Duty],
        *,
        holder: str,
        give_up: Callable[[str, BaseException], None],
    ) -> None:
        super().__init__()
        self._database = database
        self._settings = settings
        self._duties = duties
        self._holder = holder
        self._give_up = give_up
        self._wakeups = {duty.channel: asyncio.Event() for duty in duties}
        self._running: list[asyncio.Task[None]] = []

    async def on_start(self) -> None:
        self._running.append(asyncio.create_task(self._listen(), name="listen"))
        for duty in self._duties:
            loop = guarded(self._again_and_again(duty), what=duty.name, give_up=self._give_up)
            self._running.append(asyncio.create_task(loop, name=duty.name))

    async def on_stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        names = [duty.name for duty in self._duties if duty.single]
        await lease.give_back(self._database, *names, holder=self._holder)

    async def _again_and_again(self, duty: Duty) -> None:
        while True:
            await self._turn(duty)

    async def _turn(self, duty: Duty) -> None:
        wakeup = self._wakeups[duty.channel]
        wakeup.clear()
        done = await retry.until_done(
            lambda: self._work(duty),
            what=duty.name,
            delay_seconds_max=self._settings.retry_delay_seconds_max,
        )
        if not done:
            try:
                await asyncio.wait_for(wakeup.wait(), timeout=IDLE_SECONDS_MAX)
            except TimeoutError:
                return

    async def _work(self, duty: Duty) -> int:
        if duty.single:
            async with self._database.connection() as connection:
                if not await lease.acquire(
                    connection,
                    name=duty.name,
                    holder=self._holder,
                    seconds=self._settings.lease_seconds,
                ):
                    return 0
        return await duty.work()

    async def _listen(self) -> None:
        """Turns PostgreSQL's notifications into wake-ups; without them the clock is enough."""
        while True:
            try:
                connection = await asyncpg.connect(
                    self._settings.postgres_dsn.get_secret_value(), timeout=CONNECT_SECONDS_MAX
                )
            except (asyncpg.PostgresError, OSError, TimeoutError):
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            closed = asyncio.Event()
            connection.add_termination_listener(lambda *_: closed.set())  # noqa: B023
            try:
                for channel, wakeup in self._wakeups.items():
                    await connection.add_listener(channel, lambda *_, w=wakeup: w.set())
                await closed.wait()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await asyncio.sleep(RECONNECT_SECONDS)
            finally:
                connection.terminate()

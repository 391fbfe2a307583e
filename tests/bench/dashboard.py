"""Dashboards that ask all the time: how long each answer took, and which answers there were."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

from projections.queries.company_status import company_status
from projections.queries.trial_balance import trial_balance
from schemas.errors import NotFound
from schemas.model import Model
from streams.embedded.endpoints import Endpoints
from tests.bench.connected import in_background, session

PAUSE_SECONDS = 0.05
Ask = Callable[[asyncpg.Connection, str], Awaitable[Model]]
QUESTIONS: dict[str, Ask] = {"company_status": company_status, "trial_balance": trial_balance}


@dataclass
class Reader:
    """One question about one company, on a connection of its own, over and over again."""

    question: str
    company: str
    times: list[tuple[float, float]] = field(default_factory=list)  # Begun and ended.
    answers: list[str] = field(default_factory=list)  # As they came, without repetitions.

    async def ask_on(self, connection: asyncpg.Connection) -> None:
        while True:
            begun_at = time.perf_counter()
            answer = await self._ask(connection)
            self.times.append((begun_at, time.perf_counter()))
            if not self.answers or self.answers[-1] != answer:
                self.answers.append(answer)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, connection: asyncpg.Connection) -> str:
        try:
            found = await QUESTIONS[self.question](connection, self.company)
        except NotFound as error:
            return error.reason
        return found.model_dump_json()

    def seconds(self, *, since: float, until: float) -> list[float]:
        """Of the questions that were open within that time."""
        return [ended - begun for begun, ended in self.times if ended > since and begun < until]


@asynccontextmanager
async def dashboards(endpoints: Endpoints, companies: list[str]) -> AsyncIterator[list[Reader]]:
    """Every question about each of the companies, for as long as the block lasts."""
    readers = [Reader(question, company) for company in companies for question in QUESTIONS]
    async with AsyncExitStack() as stack:
        for reader in readers:
            connection = await stack.enter_async_context(session(endpoints))
            await stack.enter_async_context(in_background(reader.ask_on(connection)))
        yield readers

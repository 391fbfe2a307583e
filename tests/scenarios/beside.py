"""What another system keeps beside a whole engine, in its database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bystanders import Bystanders
from tests.engine import Engine


@asynccontextmanager
async def bystanders_of(engine: Engine) -> AsyncIterator[Bystanders]:
    name = await engine.value("SELECT current_database()")
    dsn = engine.endpoints.postgres_admin_dsn.replace("/bokflow?", f"/{name}?")
    async with Bystanders.beside(dsn) as bystanders:
        yield bystanders

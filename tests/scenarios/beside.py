"""What another system keeps beside a whole engine, in its database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bystanders import Bystanders
from tests.engine import Engine


async def admin_dsn_of(engine: Engine) -> str:
    """The engine's database, for a superuser."""
    name = await engine.value("SELECT current_database()")
    return engine.endpoints.postgres_admin_dsn.replace("/bokflow?", f"/{name}?")


@asynccontextmanager
async def bystanders_of(engine: Engine) -> AsyncIterator[Bystanders]:
    async with Bystanders.beside(await admin_dsn_of(engine)) as bystanders:
        yield bystanders

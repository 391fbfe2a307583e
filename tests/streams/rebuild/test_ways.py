"""Any history has the same tables to the byte, by whichever way it comes into them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from projections.rebuild.digests import differing
from schemas.codec import Message
from streams.database import Database
from tests.projections.ledger.histories import COMPANIES
from tests.servers import PostgresServer
from tests.streams.purge_world import started
from tests.streams.rebuild.logs import messages
from tests.streams.rebuild.ways import (
    PartitionedLog,
    Stint,
    apply_live,
    as_of_now,
    in_use,
    rebuilt,
    start_anew,
)

pytestmark = pytest.mark.engine
EXAMPLES = 20
STINTS = some.builds(
    Stint,
    count=some.integers(1, 30),
    again=some.sampled_from((0, 0, 1, 5, 100)),
    transaction_messages_max=some.sampled_from((500, 3)),
    is_killed=some.booleans(),
)


def test_every_way_to_the_tables_gives_the_same(postgres_server: PostgresServer) -> None:
    """Live in any batches and over any restarts, by a rebuild, each company as of now, and put in
    its place.
    """
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        dsn = runner.run(stack.enter_async_context(postgres_server.fresh_database()))
        database = runner.run(started(dsn))

        @given(
            history=messages(),
            stints=some.lists(STINTS, max_size=8),
            places=some.sampled_from(((0, 0), (0, 1), (2, 1))),
            share=some.floats(0, 1),
            size=some.integers(1, 60),
        )
        @settings(max_examples=EXAMPLES)
        def check(
            history: list[Message],
            stints: list[Stint],
            places: tuple[int, int],
            share: float,
            size: int,
        ) -> None:
            companies = dict(zip(COMPANIES, places, strict=True))
            runner.run(_check(database, history, stints, companies, share, size))

        try:
            check()
        finally:
            runner.run(database.stop())
            runner.run(stack.aclose())


async def _check(
    database: Database,
    history: Sequence[Message],
    stints: Sequence[Stint],
    companies: Mapping[str, int],
    share: float,
    size: int,
) -> None:
    await start_anew(database)
    log = PartitionedLog.of(history, companies)
    refused_live = await apply_live(database, log, stints)
    live = await in_use(database)

    whole, refused = await rebuilt(database, log, share=share, size=size)
    await start_anew(database)
    now, refused_now = await as_of_now(database, log, companies, size=size)

    assert differing(live, whole) == []
    assert differing(live, now) == []
    assert differing(live, await in_use(database)) == []
    assert refused_live == refused == refused_now

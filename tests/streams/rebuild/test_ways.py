"""Any history has the same tables to the byte, by whichever way it comes into them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from projections.rebuild.digests import differing
from schemas.codec import Message, encode
from streams.database import Database
from tests.builders import a_page, a_voucher
from tests.projections.ledger.histories import COMPANIES, MORE, histories
from tests.servers import PostgresServer
from tests.streams.purge_world import started
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
EXAMPLES = 30
BAD = ("garbage", "unknown", "empty", "wrong key", "refused by PostgreSQL")
STINTS = some.builds(
    Stint,
    count=some.integers(1, 30),
    again=some.sampled_from((0, 0, 1, 5, 100)),
    transaction_messages_max=some.sampled_from((500, 3)),
    is_killed=some.booleans(),
)


@some.composite
def messages(draw: some.DrawFn) -> list[Message]:
    """A history as it stands on the log, with messages between that nobody can apply."""
    found = [encode(event) for event in draw(histories(MORE))]
    for what in draw(some.lists(some.sampled_from(BAD), max_size=3)):
        place = draw(some.integers(0, len(found)))
        found.insert(place, a_bad_message(what, company=draw(some.sampled_from(COMPANIES))))
    return found


def a_bad_message(what: str, *, company: str) -> Message:
    page = encode(a_page(a_voucher("1", text="here"), company=company, run=9))
    if what == "wrong key":
        return replace(page, key=COMPANIES[company == COMPANIES[0]].encode())
    values = {
        "garbage": b"{",
        "unknown": b'{"type": "vouchers_dreamt.v1"}',
        "empty": b"",
        "refused by PostgreSQL": page.value.replace(b'"here"', b'"\\u0000"'),
    }
    return replace(page, value=values[what])


def test_every_way_to_the_tables_gives_the_same(postgres_server: PostgresServer) -> None:
    """Live in any batches and over any restarts, by a rebuild, and each company as of now."""
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
    log = PartitionedLog(history, {name.encode(): place for name, place in companies.items()})
    refused_live = await apply_live(database, log, stints)
    live = await in_use(database)

    bulk = {partition: round(share * end) for partition, end in log.ends.items()}
    rebuild, refused = await rebuilt(database, log, bulk=bulk, size=size)
    now, refused_now = await as_of_now(database, log, companies, size=size)

    assert differing(live, rebuild) == []
    assert differing(live, now) == []
    assert refused_live == refused == refused_now

"""An answer is of one state, whatever is written or taken over meanwhile."""

import asyncpg
import pytest

from projections.migrate import LEDGER, show
from projections.queries.selection import Selection
from projections.queries.snapshot import snapshot
from projections.queries.vouchers import vouchers
from tests.books import Books
from tests.builders import COMPANY, a_read, a_voucher
from tests.servers import PostgresServer

pytestmark = pytest.mark.engine
COUNT = "SELECT count(*) FROM ledger.voucher"


async def test_what_is_written_meanwhile_is_not_seen(postgres_server: PostgresServer) -> None:
    async with postgres_server.fresh_database() as dsn:
        reader, writer = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        async with snapshot(reader):
            before = await reader.fetchval(COUNT)
            await Books(writer).project(a_read(a_voucher("1")))
            assert await reader.fetchval(COUNT) == before
        assert await reader.fetchval(COUNT) == 1
        await reader.close()
        await writer.close()


async def test_a_rebuilt_version_takes_over_before_an_answer_or_after_it(
    postgres_server: PostgresServer,
) -> None:
    """Else the answer would go on in tables that are younger than its snapshot: empty ones."""
    async with postgres_server.fresh_database() as dsn:
        reader, rebuilder = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
        await rebuilder.execute("SET lock_timeout = '100ms'")
        async with snapshot(reader):
            with pytest.raises(asyncpg.LockNotAvailableError):
                await show(rebuilder, LEDGER, 1)
        await show(rebuilder, LEDGER, 1)
        await reader.close()
        await rebuilder.close()


async def test_an_answer_that_is_left_early_lets_go_of_the_views(books: Books) -> None:
    await books.register()
    await books.project(a_read(a_voucher("1"), a_voucher("2")))
    answer = vouchers(books.connection, COMPANY, Selection())
    await anext(answer)
    await answer.aclose()

    assert not books.connection.is_in_transaction()

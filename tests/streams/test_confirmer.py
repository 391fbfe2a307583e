"""A run ends as the ledger says: also of a read that the ledger has never heard of."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from projections.migrate import LEDGER
from streams import confirmer, sync_runs
from streams.database import Database
from streams.sync_runs import Claimed, PublishedRead
from tests.streams.queue import Queue

pytestmark = pytest.mark.engine
ENDS = {"vouchers/2024-01-01": 5, "vouchers/2025-01-01": 9}
KNOW = "INSERT INTO engine.watermark SELECT 'bageriet', unnest($1::text[]), 'x', engine.clock()"
KNOWN = "SELECT array_agg(read) FROM engine.watermark"
APPLY = """
    INSERT INTO ledger.read_result (company_id, generation, run_number, attempt, read, part,
        fiscal_year, state, events_applied, snapshot)
    VALUES ('bageriet', 0, 1, 1, 'vouchers/2024-01-01', 'vouchers', '2024-01-01', 'complete', 1,
        true)
"""
APPLY_ANOTHER_ATTEMPT = """
    INSERT INTO ledger.read_result (company_id, generation, run_number, attempt, read, part,
        fiscal_year, state, events_applied, snapshot)
    VALUES ('bageriet', 0, 1, 2, 'vouchers/2025-01-01', 'vouchers', '2025-01-01', 'complete', 1,
        true)
"""
STAND = """
    UPDATE engine.projection_offset SET next_offset = $2 WHERE agent = $1 AND partition = 0
"""
FAILED = """
    SELECT message_value FROM engine.outbox
    WHERE convert_from(message_value, 'UTF8') LIKE '{"type":"sync_failed%'
"""


async def confirm(pool: Database) -> int:
    return await confirmer.confirm(pool, ledger_agent=LEDGER.agent, interval=timedelta(hours=1))


async def published(pool: Database) -> Claimed:
    """A run of two years that waits for the ledger, which has the first."""
    async with pool.connection() as connection:
        queue = Queue(connection)
        await queue.add("bageriet")
        run = await queue.claim_next()
        assert run is not None
        for position, (name, end_offset) in enumerate(ENDS.items()):
            place: dict[str, Any] = {"position": position, "end_offset": end_offset}
            read = PublishedRead(
                name, partition=0, vouchers=1, watermark="y", is_whole=True, **place
            )
            await sync_runs.add_read(connection, run, read)
        row = await sync_runs.lock_own(connection, run)
        await sync_runs.confirm(connection, row, vouchers=2, remark="")
        await connection.execute(KNOW, list(ENDS))
        await connection.execute(APPLY)
    return run


async def stand_at(pool: Database, next_offset: int) -> None:
    async with pool.connection() as connection:
        await connection.execute(STAND, LEDGER.agent, next_offset)


async def test_a_read_whose_end_the_ledger_has_not_passed_is_waited_for(pool: Database) -> None:
    await published(pool)
    await stand_at(pool, ENDS["vouchers/2025-01-01"])

    assert await confirm(pool) == 0


async def test_a_read_whose_end_was_passed_without_a_result_is_named_and_read_whole(
    pool: Database,
) -> None:
    await published(pool)
    await stand_at(pool, ENDS["vouchers/2025-01-01"] + 1)

    assert await confirm(pool) == 1

    async with pool.connection() as connection:
        failed = orjson.loads(await connection.fetchval(FAILED))
        known = await connection.fetchval(KNOWN)
    assert failed["reason"] == "incomplete"
    assert "vouchers/2025-01-01" in failed["detail"]
    states = {read["read"]["fiscal_year"]: read["state"] for read in failed["reads"]}
    assert states == {"2024-01-01": "complete", "2025-01-01": "incomplete"}
    assert known == ["vouchers/2024-01-01"]


async def test_what_the_ledger_has_of_another_attempt_is_no_word_on_a_read(pool: Database) -> None:
    await published(pool)
    await stand_at(pool, ENDS["vouchers/2025-01-01"] + 1)
    async with pool.connection() as connection:
        await connection.execute(APPLY_ANOTHER_ATTEMPT)

    assert await confirm(pool) == 1

    async with pool.connection() as connection:
        failed = orjson.loads(await connection.fetchval(FAILED))
    states = {read["read"]["fiscal_year"]: read["state"] for read in failed["reads"]}
    assert states == {"2024-01-01": "complete", "2025-01-01": "incomplete"}

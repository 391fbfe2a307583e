"""A purge names years: those that the company does not have are refused, once that is known."""

from datetime import date

import pytest

from tests.books import Books
from tests.builders import a_read, a_voucher
from tests.streams.command_topic import CommandTopic

pytestmark = pytest.mark.engine
YEAR, UNKNOWN = date(2024, 1, 1), date(2099, 1, 1)
FAIL_RUN = "UPDATE engine.sync_run SET state = 'failed', finished_at = engine.clock()"
CLAIM_RUN = "UPDATE engine.company SET run_number = 2"
RAISE_GENERATION = "UPDATE engine.company SET generation = 2"
HAS_READ = """
    INSERT INTO engine.sync_read (run_id, read, attempt, position, partition, message_offset)
    SELECT run_id, 'fiscal_years', 1, 0, 0, 4 FROM engine.sync_run
"""
PASS = "UPDATE engine.projection_offset SET next_offset = 5 WHERE agent = 'project_ledger'"


@pytest.fixture
async def holding(topic: CommandTopic) -> CommandTopic:
    """A connected company with a year, whose last run has failed."""
    await topic.command("connection_requested", source="fortnox")
    await topic.command("sync_requested")
    async with topic.database.connection() as connection:
        await Books(connection).project(a_read(a_voucher("1", year=YEAR, day=YEAR), year=YEAR))
        await connection.execute(FAIL_RUN)
        await connection.execute(CLAIM_RUN)
    return topic


@pytest.mark.parametrize("years", [[], [UNKNOWN], [YEAR, UNKNOWN]])
async def test_years_that_the_company_does_not_have_are_not_purged(
    holding: CommandTopic, years: list[date]
) -> None:
    await holding.command("purge_requested", command_id="p-1", fiscal_years=years, reload=True)

    assert (await holding.kinds())[-1] == "sync_rejected"
    assert (await holding.answer("p-1")).rejection == "invalid"


@pytest.mark.parametrize("waits_for", [RAISE_GENERATION, HAS_READ])
async def test_a_year_is_purged_untold_while_the_ledger_may_still_hear_of_it(
    holding: CommandTopic, waits_for: str
) -> None:
    async with holding.database.connection() as connection:
        await connection.execute(waits_for)

    await holding.command("purge_requested", fiscal_years=[UNKNOWN])

    assert (await holding.kinds())[-1] == "purge_started"


async def test_a_read_that_the_ledger_has_passed_brings_no_other_year(
    holding: CommandTopic,
) -> None:
    async with holding.database.connection() as connection:
        await connection.execute(HAS_READ)
        await connection.execute(PASS)

    await holding.command("purge_requested", fiscal_years=[UNKNOWN])

    assert (await holding.kinds())[-1] == "sync_rejected"

"""What the status keeps of purges, and of companies that were removed: in batches, in tables."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from projections.migrate import STATUS
from projections.status import projection
from schemas.lifecycle_events import (
    AnyLifecycleEvent,
    CompanyRegistered,
    CompanyRemoved,
    PurgeCompleted,
    PurgeStarted,
)
from schemas.parts import PARTS
from tests.projections.status.test_fold import (
    DIRECT,
    a_sync,
    an_event,
    an_upload,
    at,
    completed,
)

pytestmark = pytest.mark.engine
YEAR = date(2025, 1, 1)
TABLES = ("company_status", "part_status", "sync_run", "purge")


class Status:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def apply(self, *events: AnyLifecycleEvent) -> int:
        """One batch."""
        async with self._connection.transaction():
            await self._connection.execute(f"SET LOCAL search_path = {STATUS.schema(1)}")
            return await projection.apply(self._connection, events)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(f"SELECT * FROM status.{table} ORDER BY 1, 2")
        return [dict(row) for row in rows]


@pytest.fixture
def status(database: asyncpg.Connection) -> Status:
    return Status(database)


def started(sequence: int, generation: int, *years: date, **fields: Any) -> AnyLifecycleEvent:
    fields |= {"generation": generation, "fiscal_years": years or None}
    return an_event(PurgeStarted, sequence, **fields)


def ended(
    sequence: int, generation: int, vouchers: int, *years: date, left: int | None = None
) -> AnyLifecycleEvent:
    counts = {"vouchers": vouchers, "postings": 2 * vouchers, "years_left": left}
    fields = {"generation": generation, "fiscal_years": years or None}
    return an_event(PurgeCompleted, sequence, **fields, **counts)


async def test_every_purge_stays_with_who_asked_for_it_and_what_went(status: Status) -> None:
    await status.apply(DIRECT, started(2, 1, YEAR, requested_by="Åsa"), started(3, 2, reload=True))
    await status.apply(ended(4, 1, 7))
    await status.apply(ended(5, 2, 1), ended(4, 1, 9))  # The second one comes again.

    first, second = await status.rows("purge")
    assert (first["generation"], first["fiscal_years"], first["requested_by"]) == (1, [YEAR], "Åsa")
    assert (first["state"], first["started_at"], first["completed_at"]) == (
        "completed",
        at(2),
        at(4),
    )
    assert (first["vouchers"], first["postings"]) == (7, 14)
    assert (second["fiscal_years"], second["reload"], second["vouchers"]) == (None, True, 1)


async def test_a_purge_is_in_the_history_before_it_is_completed(status: Status) -> None:
    await status.apply(DIRECT, started(2, 1))

    (row,) = await status.rows("purge")
    assert (row["state"], row["completed_at"], row["vouchers"]) == ("started", None, 0)


async def test_a_whole_purge_empties_the_company_until_a_run_fills_it(status: Status) -> None:
    await status.apply(DIRECT, a_sync("r-1", 2), completed("r-1", 3), started(4, 1))
    (emptied,) = await status.rows("company_status")
    parts = {row["part"]: row["state"] for row in await status.rows("part_status")}
    await status.apply(a_sync("r-2", 5, "accounts"), completed("r-2", 6, "accounts"))
    (still,) = await status.rows("company_status")
    await status.apply(a_sync("r-3", 7), completed("r-3", 8))
    (filled,) = await status.rows("company_status")

    assert (emptied["emptied_at"], emptied["last_fetched_at"]) == (at(4), None)
    assert parts == dict.fromkeys(PARTS, "emptied")
    assert still["emptied_at"] == at(4)
    assert (filled["emptied_at"], filled["last_fetched_at"]) == (None, at(8))


async def test_a_purge_of_some_years_empties_no_company(status: Status) -> None:
    await status.apply(DIRECT, a_sync("r-1", 2), completed("r-1", 3))
    before = await status.rows("company_status"), await status.rows("part_status")
    await status.apply(started(4, 1, YEAR), ended(5, 1, 3, YEAR, left=1))

    companies, parts = await status.rows("company_status"), await status.rows("part_status")
    assert [row["emptied_years"] for row in companies] == [[YEAR]]
    assert [row | {"sequence": 3, "emptied_years": []} for row in companies] == before[0]
    assert parts == before[1]


FILLED = [DIRECT, a_sync("r-1", 2), completed("r-1", 3)]


async def test_a_purge_that_names_the_last_year_empties_the_company(status: Status) -> None:
    await status.apply(*FILLED, completed("r-1", 4, "accounts"))
    await status.apply(started(5, 1, YEAR), ended(6, 1, 3, YEAR, left=0))

    (company,) = await status.rows("company_status")
    assert (company["emptied_at"], company["last_fetched_at"]) == (at(6), None)
    parts = {row["part"]: row["state"] for row in await status.rows("part_status")}
    assert parts == {"accounts": "ok", "opening_balances": "emptied", "vouchers": "emptied"}


async def test_what_was_read_since_a_company_was_emptied_is_emptied_again(status: Status) -> None:
    await status.apply(*FILLED, started(4, 1), ended(5, 1, 3))
    await status.apply(a_sync("r-2", 6, years=(YEAR,)), completed("r-2", 7))
    await status.apply(started(8, 2, YEAR), ended(9, 2, 3, YEAR, left=0))

    (company,) = await status.rows("company_status")
    parts = {row["part"]: row["state"] for row in await status.rows("part_status")}
    assert (company["emptied_at"], company["last_fetched_at"]) == (at(9), None)
    assert parts["vouchers"] == "emptied"


async def test_a_purge_of_which_nobody_has_counted_what_is_left_empties_no_company(
    status: Status,
) -> None:
    """Events of before the ledger counted."""
    await status.apply(*FILLED, started(4, 1, YEAR), ended(5, 1, 3, YEAR))

    (company,) = await status.rows("company_status")
    assert company["emptied_at"] is None


async def test_a_purge_that_was_never_done_has_emptied_no_year(status: Status) -> None:
    lost = ended(5, 1, 0, YEAR).model_copy(update={"superseded": True})

    await status.apply(*FILLED, started(4, 1, YEAR), lost)

    (company,) = await status.rows("company_status")
    assert (company["emptied_at"], company["emptied_years"]) == (None, [])


async def test_what_a_run_could_not_read_stands_beside_it(status: Status) -> None:
    remark = "the source has no fiscal year from 2099-01-01"
    end = completed("r-1", 3).model_copy(update={"detail": remark})

    await status.apply(DIRECT, a_sync("r-1", 2), end)

    (run,) = await status.rows("sync_run")
    assert (run["state"], run["detail"]) == ("completed", remark)


EARLIER = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("emptied", "read", "is_filled"),
    [
        ((), None, True),
        ((), (YEAR,), False),
        ((YEAR,), None, True),
        ((YEAR,), (YEAR, EARLIER), True),
        ((YEAR, EARLIER), (YEAR, EARLIER), True),
        ((YEAR, EARLIER), (YEAR,), False),
    ],
)
async def test_a_company_is_filled_by_a_run_of_all_that_was_emptied(
    status: Status,
    emptied: tuple[date, ...],
    read: tuple[date, ...] | None,
    is_filled: bool,
) -> None:
    await status.apply(*FILLED, started(4, 1, *emptied), ended(5, 1, 3, *emptied, left=0))

    await status.apply(a_sync("r-2", 6, years=read), completed("r-2", 7))

    (company,) = await status.rows("company_status")
    assert (company["emptied_at"] is None) == is_filled
    assert (company["last_sync_at"], company["failures_in_a_row"]) == (at(7), 0)


@pytest.mark.parametrize("years", [(), (YEAR,)])
async def test_a_company_is_not_filled_by_a_run_of_some_parts(
    status: Status, years: tuple[date, ...]
) -> None:
    """Its accounts and opening balances have gone as well."""
    await status.apply(*FILLED, started(4, 1, *years), ended(5, 1, 3, *years, left=0))

    await status.apply(a_sync("r-2", 6, "vouchers"), completed("r-2", 7))

    (company,) = await status.rows("company_status")
    assert company["emptied_at"] is not None


@pytest.mark.parametrize("size", [1, 2, 8])
async def test_years_that_were_emptied_one_by_one_are_all_to_be_read_again(
    status: Status, size: int
) -> None:
    history = [
        *(started(4, 1, YEAR), ended(5, 1, 3, YEAR, left=1)),
        *(started(6, 2, EARLIER), ended(7, 2, 3, EARLIER, left=0)),
        *(a_sync("r-2", 8, years=(YEAR,)), completed("r-2", 9)),
    ]
    await status.apply(*FILLED)
    for start in range(0, len(history), size):
        await status.apply(*history[start : start + size])

    (red,) = await status.rows("company_status")
    parts = {row["part"]: row["state"] for row in await status.rows("part_status")}
    await status.apply(a_sync("r-3", 10, years=(EARLIER,)), completed("r-3", 11))
    (green,) = await status.rows("company_status")

    assert (red["emptied_at"], red["emptied_years"]) == (at(7), [EARLIER])
    assert (red["last_fetched_at"], parts["vouchers"]) == (at(9), "ok")
    assert (green["emptied_at"], green["emptied_years"]) == (None, [])


@pytest.mark.parametrize(
    ("emptied", "missing"), [((), []), ((YEAR,), []), ((YEAR, EARLIER), [EARLIER])]
)
async def test_a_file_fills_a_company_and_its_own_year_whatever_was_emptied(
    status: Status, emptied: tuple[date, ...], missing: list[date]
) -> None:
    await status.apply(*FILLED, started(4, 1, *emptied), ended(5, 1, 3, *emptied, left=0))

    await status.apply(*an_upload("r-2", 6), completed("r-2", 8))

    (company,) = await status.rows("company_status")
    assert (company["emptied_at"], company["emptied_years"]) == (None, missing)


async def test_the_years_of_a_later_purge_do_not_make_less_enough(status: Status) -> None:
    """All of it went; one year by its name, and its reload, change nothing of that."""
    await status.apply(*FILLED, started(4, 1), ended(5, 1, 3))
    await status.apply(started(6, 2, YEAR), ended(7, 2, 0, YEAR, left=0))

    await status.apply(a_sync("r-2", 8, years=(YEAR,)), completed("r-2", 9))

    (company,) = await status.rows("company_status")
    assert (company["emptied_at"], company["emptied_years"]) == (at(7), None)


REMOVAL = [started(4, 1), an_event(CompanyRemoved, 5)]


async def test_what_comes_late_does_not_bring_a_removed_company_back(status: Status) -> None:
    beginning = [DIRECT, a_sync("r-1", 2), completed("r-1", 3)]
    await status.apply(*beginning, *REMOVAL)

    assert await status.apply(*beginning, ended(6, 1, 2)) == 4

    assert [await status.rows(table) for table in TABLES] == [[], [], [], []]


@pytest.mark.parametrize("size", [1, 3, 9])
async def test_a_company_that_is_removed_and_comes_back_has_no_rows_from_before(
    status: Status, size: int
) -> None:
    back = an_event(CompanyRegistered, 6, source="sie")
    history = [DIRECT, a_sync("r-1", 2), completed("r-1", 3), *REMOVAL, back, a_sync("r-2", 7)]
    for start in range(0, len(history), size):
        await status.apply(*history[start : start + size])
    await status.apply(*history[:6])  # All of it comes again.

    (company,) = await status.rows("company_status")
    assert (company["registered_at"], company["source"]) == (at(6), "sie")
    assert (company["emptied_at"], company["last_sync_at"]) == (None, None)
    assert [row["run_id"] for row in await status.rows("sync_run")] == ["r-2"]
    assert await status.rows("part_status") == await status.rows("purge") == []

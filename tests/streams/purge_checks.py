"""What must hold of the tables at any time, and once nothing waits any more."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.bookkeeping import Voucher
from schemas.ledger_events import LedgerPurged, ReadEvent
from schemas.lifecycle_events import (
    CompanyRegistered,
    PurgeCompleted,
    SyncCompleted,
    SyncFailed,
    SyncQueued,
    parts_of,
)
from schemas.parts import Scope
from tests.projections.ledger.ledger_model import balances, books_after
from tests.streams.purge_model import Purged, counts_of_purges, status_after
from tests.streams.purge_world import COMPANIES, PurgeWorld

VOUCHERS = "SELECT * FROM ledger.voucher"
UNFINISHED = """
    SELECT (SELECT count(*) FROM status.sync_run WHERE finished_at IS NULL)
        + (SELECT count(*) FROM status.purge WHERE state <> 'completed')
        + (SELECT count(*) FROM engine.dead_letter)
"""


async def _rows(world: PurgeWorld, query: str) -> list[dict[str, Any]]:
    async with world.database.connection() as connection:
        return [dict(row) for row in await connection.fetch(query)]


def _of(rows: Sequence[dict[str, Any]], company: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["company_id"] == company]


def _key(row: dict[str, Any]) -> tuple[date, str, str, int]:
    return (row["fiscal_year"], row["series"], row["number"], row["occurrence"])


async def the_ledger_is_what_its_topic_says(world: PurgeWorld) -> None:
    events = world.ledger.applied
    vouchers = await _rows(world, VOUCHERS)
    aside = await _rows(world, "SELECT * FROM ledger.set_aside_voucher")
    moved = await _rows(world, "SELECT * FROM ledger.account_balance")
    fences = await _rows(world, "SELECT * FROM ledger.company")
    books_of = books_after(events)
    assert {row["company_id"] for row in fences} == books_of.keys()
    for company, books in books_of.items():
        (fence,) = _of(fences, company)
        assert (fence["generation"], fence["run_number"], fence["attempt"]) == books.fence
        stored = {_key(row): row["digest"] for row in _of(vouchers, company)}
        assert stored == {key: voucher.digest for key, voucher in books.vouchers.items()}
        assert {_key(row) for row in _of(aside, company)} == books.set_aside
        assert balances(books) == {
            (row["fiscal_year"], row["account"], row["month"]): row["movement"]
            for row in _of(moved, company)
        }
    results = await _rows(world, "SELECT * FROM ledger.purge_result")
    assert counts_of_purges(events) == {
        (row["company_id"], row["generation"]): (
            row["vouchers"],
            row["postings"],
            row["years_left"],
        )
        for row in results
    }


async def the_status_is_what_its_topic_says(world: PurgeWorld) -> None:
    companies = await _rows(world, "SELECT * FROM status.company_status")
    runs = await _rows(world, "SELECT * FROM status.sync_run WHERE finished_at IS NULL")
    purges = await _rows(world, "SELECT * FROM status.purge")
    told_of = status_after(world.status.applied)
    assert {row["company_id"] for row in companies} == told_of.keys()
    for company, told in told_of.items():
        (row,) = _of(companies, company)
        assert row["sequence"] == told.sequence
        assert (row["emptied_at"], row["last_fetched_at"]) == (
            told.emptied_at,
            told.last_fetched_at,
        )
        assert _years(row["emptied_years"]) == told.emptied_years
        assert {run["run_id"] for run in _of(runs, company)} == told.open_runs
        assert (row["open_run_id"] is None) == (not told.open_runs)
        assert {one["generation"]: _purged(one) for one in _of(purges, company)} == told.purges
    assert {row["company_id"] for row in [*runs, *purges]} <= told_of.keys()


def _years(stored: Sequence[date] | None) -> frozenset[date] | None:
    return None if stored is None else frozenset(stored)


def _purged(row: dict[str, Any]) -> Purged:
    years = None if row["fiscal_years"] is None else tuple(row["fiscal_years"])
    return Purged(row["state"], years, row["vouchers"], row["postings"])


async def nothing_is_open(world: PurgeWorld) -> None:
    async with world.database.connection() as connection:
        assert await connection.fetchval(UNFINISHED) == 0
    counts = counts_of_purges(world.ledger.applied)
    for company, told in status_after(world.status.applied).items():
        for generation, purged in told.purges.items():
            assert (purged.vouchers, purged.postings) == counts[company, generation][:2]


def no_run_was_in_vain(world: PurgeWorld) -> None:
    """No message is ever lost here: the ledger has all of every read that is still wanted."""
    ends = [event for event in world.status.applied if isinstance(event, SyncFailed)]
    assert [event for event in ends if event.reason == "incomplete"] == []


async def nothing_purged_has_come_back(world: PurgeWorld) -> None:
    """What a year holds was brought by runs that began after its last purge."""
    purged_at: dict[tuple[str, date | None], int] = {}
    for event in world.ledger.applied:
        if isinstance(event, LedgerPurged):
            for year in event.fiscal_years or (None,):
                place = (event.company_id, year)
                purged_at[place] = max(purged_at.get(place, 0), event.run_number)
    for row in await _rows(world, VOUCHERS):
        for year in (None, row["fiscal_year"]):
            assert row["seen_run"] > purged_at.get((row["company_id"], year), 0)


async def the_ledger_holds_what_was_fetched(world: PurgeWorld) -> None:
    """Where the last run that has sent anything of a year has completed."""
    last_run: Counter[tuple[str, date]] = Counter()
    for event in world.ledger.applied:
        if isinstance(event, ReadEvent) and event.read.part == "vouchers":
            assert event.read.fiscal_year is not None
            place = (event.company_id, event.read.fiscal_year)
            last_run[place] = max(last_run[place], event.run_number)
    completed = {
        (event.company_id, event.run_number)
        for event in world.status.applied
        if isinstance(event, SyncCompleted)
    }
    later_purges = _years_purged_after(world, last_run)
    vouchers = await _rows(world, VOUCHERS)
    for (company, year), run in last_run.items():
        stored = {
            row["number"]: row["digest"]
            for row in _of(vouchers, company)
            if row["fiscal_year"] == year
        }
        if (company, year) in later_purges:
            assert stored == {}
        elif (company, run) in completed:
            _compare(stored, *world.brought[company, run, year])


def _years_purged_after(
    world: PurgeWorld, last_run: Counter[tuple[str, date]]
) -> set[tuple[str, date]]:
    found = set()
    for event in world.ledger.applied:
        if isinstance(event, LedgerPurged):
            for company, year in last_run:
                is_of_year = event.fiscal_years is None or year in event.fiscal_years
                is_later = event.run_number >= last_run[company, year]
                if event.company_id == company and is_of_year and is_later:
                    found.add((company, year))
    return found


def _compare(stored: dict[str, bytes], brought: Any, is_whole: bool) -> None:
    """A read of what has changed does not see what is gone at the source."""
    good = {key[1]: one.digest for key, one in brought.items() if isinstance(one, Voucher)}
    bad = {key[1] for key, one in brought.items() if not isinstance(one, Voucher)}
    assert good == {number: digest for number, digest in stored.items() if number in good}
    if is_whole:
        assert stored.keys() <= good.keys() | bad


async def a_company_without_bookkeeping_is_emptied(world: PurgeWorld) -> None:
    """Where a purge has left nothing, whichever years it named, until a run has brought some."""
    left: dict[str, int | None] = {}
    once = {(event.company_id, event.sequence): event for event in world.status.applied}
    for (company, _), event in sorted(once.items()):
        if isinstance(event, PurgeCompleted):
            left[company] = event.years_left
        elif isinstance(event, SyncCompleted):
            left[company] = None if "vouchers" in parts_of(event.reads) else left[company]
        elif isinstance(event, CompanyRegistered):
            left[company] = None
    for row in await _rows(world, "SELECT * FROM status.company_status"):
        if left[row["company_id"]] == 0:
            assert row["emptied_at"] is not None


async def a_company_that_was_read_whole_since_it_was_purged_is_not_emptied(
    world: PurgeWorld,
) -> None:
    purged_at: Counter[str] = Counter()
    for event in world.ledger.applied:
        if isinstance(event, LedgerPurged):
            purged_at[event.company_id] = max(purged_at[event.company_id], event.run_number)
    scopes = {
        event.run_id: event.scope for event in world.status.applied if isinstance(event, SyncQueued)
    }
    filled = {
        event.company_id
        for event in world.status.applied
        if isinstance(event, SyncCompleted)
        and event.run_number > purged_at[event.company_id]
        and "vouchers" in parts_of(event.reads)
        and scopes[event.run_id] == Scope()
    }
    for row in await _rows(world, "SELECT * FROM status.company_status"):
        if row["company_id"] in filled:
            assert row["emptied_at"] is None


async def the_ledger_equals_the_source(world: PurgeWorld, companies: Sequence[str]) -> None:
    vouchers = await _rows(world, VOUCHERS)
    for company in companies:
        stored = {
            (row["fiscal_year"], row["number"]): row["digest"] for row in _of(vouchers, company)
        }
        books = world.sources[company].vouchers
        assert stored == {key: v.digest for key, v in books.items() if isinstance(v, Voucher)}


async def all_of_it(world: PurgeWorld) -> None:
    """Once nothing waits."""
    await the_ledger_is_what_its_topic_says(world)
    await the_status_is_what_its_topic_says(world)
    await nothing_is_open(world)
    no_run_was_in_vain(world)
    await nothing_purged_has_come_back(world)
    await the_ledger_holds_what_was_fetched(world)
    await a_company_without_bookkeeping_is_emptied(world)
    await a_company_that_was_read_whole_since_it_was_purged_is_not_emptied(world)


async def connected(world: PurgeWorld) -> list[str]:
    rows = await _rows(world, "SELECT company_id FROM engine.connection WHERE state = 'connected'")
    return [company for company in COMPANIES if {"company_id": company} in rows]

"""The view gives the same colour as the function, whatever is true of a company."""

import dataclasses
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from projections.migrate import STATUS
from projections.status.indicator import (
    REASONS,
    STALLED_AFTER,
    Facts,
    Indicator,
    Reason,
    indicator,
)
from projections.status.rows import CompanyStatus

pytestmark = pytest.mark.engine
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
STOP_CLOCK = """
    CREATE OR REPLACE FUNCTION engine.clock() RETURNS timestamptz LANGUAGE sql
    RETURN timestamptz '2026-03-04 12:00:00+00'
"""
ADD = f"""
    INSERT INTO {STATUS.schema(1)}.company_status (company_id, sequence, name, source,
        registered_at, disconnected_at, reconnect_reason, emptied_at, last_sync_at,
        fresh_until, open_since, is_stalled, failures_in_a_row)
    VALUES ($1, 1, '', $2, now(), $3, $4, $5, $6, $7, $8, $9, $10)
"""
SOURCES = ("fortnox", "sie", "visma-administration")
WELL: dict[str, Any] = {
    "last_sync_at": NOW,
    "fresh_until": NOW + INSTANT,
    "open_since": NOW - STALLED_AFTER + INSTANT,
    "failures_in_a_row": 2,
}
# What makes each reason hold, on a company that is just well.
CAUSES: dict[Reason, dict[str, Any]] = {
    "disconnected": {"disconnected_at": NOW},
    "reconnect_required": {"reconnect_reason": "invalid_login"},
    "emptied": {"emptied_at": NOW},
    "never_synced": {"last_sync_at": None},
    "stalled": {"open_since": NOW - STALLED_AFTER},
    "failing": {"failures_in_a_row": 3},
    "stale": {"fresh_until": NOW},
}


def a_company(*reasons: Reason, source: str = "fortnox", **more: Any) -> Facts:
    facts = WELL | {"source": source} | more
    for reason in reasons:
        facts = facts | CAUSES[reason]
    return Facts(**facts)


def every_combination() -> Iterator[Facts]:
    """The reasons alone, in pairs, and all others; of every source; and what has no value."""
    for source in SOURCES:
        for length in range(len(REASONS) + 1):
            for reasons in itertools.combinations(REASONS, length):
                yield a_company(*reasons, source=source)
    yield a_company(is_stalled=True)
    yield a_company("failing", is_stalled=True, open_since=None)
    yield a_company(open_since=None, fresh_until=None)


@pytest.fixture
async def database_at_noon(database: asyncpg.Connection) -> asyncpg.Connection:
    await database.execute(STOP_CLOCK)
    return database


async def colours(database: asyncpg.Connection, companies: list[Facts]) -> list[Indicator]:
    """What the view says of the companies."""
    rows = [
        (
            f"company-{number:04}",
            facts.source,
            facts.disconnected_at,
            facts.reconnect_reason,
            facts.emptied_at,
            facts.last_sync_at,
            facts.fresh_until,
            facts.open_since,
            facts.is_stalled,
            facts.failures_in_a_row,
        )
        for number, facts in enumerate(companies)
    ]
    await database.executemany(ADD, rows)
    found = await database.fetch("SELECT * FROM status.indicator ORDER BY company_id")
    return [Indicator(row["colour"], row["reason"], row["action"]) for row in found]


async def test_each_reason_alone_and_each_before_the_next(
    database_at_noon: asyncpg.Connection,
) -> None:
    alone = [a_company(reason) for reason in REASONS]
    pairs = [a_company(*pair) for pair in itertools.pairwise(REASONS)]

    found = await colours(database_at_noon, [a_company(), *alone, *pairs])

    assert [one.reason for one in found] == [None, *REASONS, *REASONS[:-1]]
    assert [one.colour for one in found] == ["green"] + ["red"] * (len(found) - 1)


async def test_the_view_and_the_function_agree_on_every_combination(
    database_at_noon: asyncpg.Connection,
) -> None:
    companies = list(every_combination())

    found = await colours(database_at_noon, companies)

    assert found == [indicator(facts, now=NOW) for facts in companies]
    assert {one.action for one in found} == {None, "reconnect"}


async def test_the_clock_of_the_engine_decides(database: asyncpg.Connection) -> None:
    now: datetime = await database.fetchval("SELECT engine.clock()")
    ahead = a_company(fresh_until=now + timedelta(hours=1), open_since=None)
    assert [one.reason for one in await colours(database, [ahead])] == [None]

    await database.execute("UPDATE engine.clock_offset SET clock_offset = interval '2 hours'")

    assert await database.fetchval("SELECT reason FROM status.indicator") == "stale"


def test_the_facts_are_those_of_the_table() -> None:
    kept = {field.name for field in dataclasses.fields(CompanyStatus)}

    assert {field.name for field in dataclasses.fields(Facts)} <= kept

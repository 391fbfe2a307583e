"""What is known of each company at this moment: who it is, its colour, and what is going on."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from projections.status.indicator import Facts, Indicator, indicator
from schemas.errors import NotFound
from schemas.model import Model

# A company exists where the engine or the status has it: the one may be ahead of the other.
# Its name is the one it was given; without one, what its source calls it, or did before it was
# emptied.
COMPANY_FACTS = """
    WITH open_run AS (
        SELECT DISTINCT ON (company_id)
            company_id, run_id, state, queued_at, vouchers_done, vouchers_expected
        FROM engine.sync_run WHERE state IN ('queued', 'running', 'confirming')
        ORDER BY company_id, state = 'queued', queue_number
    )
    SELECT company_id, engine.clock() AS now,
        coalesce(nullif(registered.name, ''), nullif(known.name, ''), nullif(observed.name, ''),
            registered.last_known_name, '') AS name,
        coalesce(registered.organisation_number, known.organisation_number,
            observed.organisation_number) AS organisation_number,
        coalesce(registered.source, known.source) AS source,
        known.disconnected_at, known.reconnect_reason, known.emptied_at, known.last_sync_at,
        known.last_fetched_at, known.fresh_until,
        coalesce(known.failures_in_a_row, 0) AS failures_in_a_row,
        coalesce(known.open_since, open_run.queued_at) AS open_since,
        coalesce(known.is_stalled, false) AS is_stalled,
        open_run.run_id, CASE WHEN told.state = 'stalled' THEN told.state ELSE open_run.state END
            AS state,
        open_run.vouchers_done AS done, open_run.vouchers_expected AS expected
    FROM engine.company AS registered
    FULL JOIN status.company_status AS known USING (company_id)
    LEFT JOIN ledger.company AS observed USING (company_id)
    LEFT JOIN open_run USING (company_id)
    LEFT JOIN status.sync_run AS told USING (company_id, run_id)
    WHERE $1::text IS NULL OR company_id = $1
    ORDER BY company_id COLLATE "C"
"""
SOURCE = """
    SELECT coalesce(registered.source, known.source) FROM engine.company AS registered
    FULL JOIN status.company_status AS known USING (company_id) WHERE company_id = $1
"""


class UnknownCompany(NotFound):
    """Nobody has uploaded or connected a company of that id."""

    reason = "unknown_company"

    def __init__(self, company_id: str) -> None:
        super().__init__(f"There is no company {company_id}.")
        self.company_id = company_id


class Syncing(Model):
    """The run that is going, or waits to."""

    run_id: str
    state: str  # queued, running, confirming, stalled
    done: int
    expected: int
    percent: int | None  # None where nobody knows how much there is.


@dataclass(frozen=True)
class CompanyFacts:
    """One company, and its colour at the moment of the question."""

    company_id: str
    name: str
    organisation_number: str | None
    last_fetched_at: datetime | None
    facts: Facts
    indicator: Indicator
    syncing: Syncing | None


async def company_facts(
    connection: asyncpg.Connection, company_id: str | None = None
) -> list[CompanyFacts]:
    """The facts of all companies, or of one: an empty list where there is none of that id."""
    return [_facts(row) for row in await connection.fetch(COMPANY_FACTS, company_id)]


async def check_known(connection: asyncpg.Connection, company_id: str) -> str:
    """The company's source. Raises UnknownCompany."""
    source: str | None = await connection.fetchval(SOURCE, company_id)
    if source is None:
        raise UnknownCompany(company_id)
    return source


def _facts(row: asyncpg.Record) -> CompanyFacts:
    facts = Facts(
        source=row["source"],
        disconnected_at=row["disconnected_at"],
        reconnect_reason=row["reconnect_reason"],
        emptied_at=row["emptied_at"],
        last_sync_at=row["last_sync_at"],
        fresh_until=row["fresh_until"],
        open_since=row["open_since"],
        is_stalled=row["is_stalled"],
        failures_in_a_row=row["failures_in_a_row"],
    )
    return CompanyFacts(
        company_id=row["company_id"],
        name=row["name"],
        organisation_number=row["organisation_number"],
        last_fetched_at=row["last_fetched_at"],
        facts=facts,
        indicator=indicator(facts, now=row["now"]),
        syncing=_syncing(row),
    )


def _syncing(row: asyncpg.Record) -> Syncing | None:
    if row["run_id"] is None:
        return None
    done, expected = row["done"], row["expected"]
    return Syncing(
        run_id=row["run_id"],
        state=row["state"],
        done=done,
        expected=expected,
        percent=min(100, done * 100 // expected) if expected else None,
    )

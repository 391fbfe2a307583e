"""The company as its source describes it, and the fence that keeps late events out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from projections.ledger.counts import Counts, RoundCounts
from projections.ledger.fold import Fence, Folded, Round
from schemas.ledger_events import CompanyObserved

FENCES = """
    SELECT company_id, generation, run_number, attempt FROM company WHERE company_id = ANY($1)
"""
RAISE_FENCES = """
    INSERT INTO company (company_id, generation, run_number, attempt, ignored_events)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::bigint[])
    ON CONFLICT (company_id) DO UPDATE
    SET generation = excluded.generation, run_number = excluded.run_number,
        attempt = excluded.attempt,
        ignored_events = company.ignored_events + excluded.ignored_events
"""
DESCRIBE = """
    WITH described AS (
        UPDATE company SET name = seen.name, organisation_number = seen.organisation_number,
            currency = seen.currency, program = seen.program,
            balances_up_to = seen.balances_up_to, observed_at = seen.observed_at
        FROM jsonb_to_recordset($1::jsonb) AS seen (
            company_id text, name text, organisation_number text, currency text, program text,
            balances_up_to date, observed_at timestamptz)
        WHERE company.company_id = seen.company_id
        RETURNING new.company_id, old.observed_at IS NULL AS created,
            (old.name, old.organisation_number, old.currency, old.program, old.balances_up_to)
                IS DISTINCT FROM (new.name, new.organisation_number, new.currency, new.program,
                    new.balances_up_to) AS differs
    )
    SELECT company_id, created, differs FROM described
"""


async def fences(connection: asyncpg.Connection, company_ids: Iterable[str]) -> dict[str, Fence]:
    """The stored fences of those companies that have one."""
    rows = await connection.fetch(FENCES, list(company_ids))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def raise_fences(connection: asyncpg.Connection, folded: Folded) -> None:
    """Stores the fences after the batch, and counts what it ignored."""
    companies = sorted(folded.fences)
    columns = [[folded.fences[company][place] for company in companies] for place in range(3)]
    ignored = [folded.ignored.get(company, 0) for company in companies]
    await connection.execute(RAISE_FENCES, companies, *columns, ignored)


async def apply(connection: asyncpg.Connection, batch: Round) -> RoundCounts:
    """Writes the last description of each company in the round."""
    rows: dict[str, dict[str, Any]] = {}
    for segment in batch:
        for event in segment.events:
            if isinstance(event, CompanyObserved):
                rows[event.company_id] = _row(event, event.occurred_at)
    if not rows:
        return {}
    document = orjson.dumps(list(rows.values())).decode()
    counts: RoundCounts = {}
    for company_id, created, differs in await connection.fetch(DESCRIBE, document):
        changed = differs and not created
        counts[company_id] = Counts(int(created), int(changed), 0, int(not created and not differs))
    return counts


def _row(event: CompanyObserved, observed_at: datetime) -> dict[str, Any]:
    return {
        "company_id": event.company_id,
        "name": event.name,
        "organisation_number": event.organisation_number,
        "currency": event.currency,
        "program": event.program,
        "balances_up_to": event.balances_up_to,
        "observed_at": observed_at,
    }

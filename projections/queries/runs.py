"""Which sync runs has a company had, and what did each do?"""

from datetime import datetime

import asyncpg
from pydantic import TypeAdapter

from projections.queries.company_facts import check_known
from projections.queries.snapshot import snapshot
from schemas.lifecycle_events import ReadOutcome, Trigger
from schemas.model import Model
from schemas.parts import Scope

# The engine knows a run first, and its confirming; the status keeps it for good. What its reads
# did comes from the status, or from the ledger until the status has heard of it.
RUNS = """
    SELECT run_id,
        coalesce(going.run_number, known.run_number) AS run_number,
        coalesce(going.attempt, known.attempt) AS attempt,
        coalesce(going.trigger, known.trigger) AS trigger,
        coalesce(going.scope, known.scope) AS scope,
        coalesce(going.requested_by, known.requested_by) AS requested_by,
        CASE WHEN known.state = 'stalled' AND going.finished_at IS NULL THEN known.state
            ELSE coalesce(going.state, known.state) END AS state,
        coalesce(going.queued_at, known.queued_at) AS queued_at,
        coalesce(going.started_at, known.started_at) AS started_at,
        coalesce(going.finished_at, known.finished_at) AS finished_at,
        coalesce(going.reason, known.reason) AS reason,
        coalesce(nullif(going.detail, ''), known.detail, '') AS detail,
        coalesce(stored.file_name, uploaded.file_name) AS file_name,
        coalesce(nullif(known.reads, '[]'), results.reads, '[]') AS reads
    FROM (SELECT * FROM engine.sync_run WHERE company_id = $1) AS going
    FULL JOIN (SELECT * FROM status.sync_run WHERE company_id = $1) AS known USING (run_id)
    LEFT JOIN engine.upload AS stored ON stored.upload_id = going.upload_id
    LEFT JOIN (
        SELECT upload_id, file_name FROM status.sie_upload WHERE company_id = $1
    ) AS uploaded ON uploaded.upload_id = known.upload_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
            'read', jsonb_build_object('part', part, 'fiscal_year', fiscal_year),
            'state', state, 'snapshot', snapshot, 'created', created, 'changed', changed,
            'removed', removed, 'unchanged', unchanged, 'set_aside', set_aside)
            ORDER BY completed_at, read) AS reads
        FROM (
            SELECT DISTINCT ON (read) * FROM ledger.read_result
            WHERE company_id = $1 AND state <> 'reading'
                AND run_number = coalesce(going.run_number, known.run_number)
            ORDER BY read, attempt DESC
        ) AS latest
    ) AS results ON known.reads IS NULL OR known.reads = '[]'
    ORDER BY queued_at DESC, run_id LIMIT $2
"""


class RunRow(Model):
    """A run; the counts are those of its vouchers."""

    run_id: str
    run_number: int | None
    attempt: int
    trigger: Trigger
    state: str  # queued, running, confirming, stalled, completed, failed, cancelled
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    reason: str | None
    detail: str
    file_name: str | None
    reads: tuple[ReadOutcome, ...]
    created: int
    changed: int
    removed: int
    unchanged: int
    set_aside: int
    scope: Scope
    requested_by: str


_READS: TypeAdapter[tuple[ReadOutcome, ...]] = TypeAdapter(tuple[ReadOutcome, ...])


async def runs(
    connection: asyncpg.Connection, company_id: str, limit: int | None = None
) -> list[RunRow]:
    """The company's runs, the latest first. Raises UnknownCompany."""
    async with snapshot(connection):
        await check_known(connection, company_id)
        return [_run(row) for row in await connection.fetch(RUNS, company_id, limit)]


def _run(row: asyncpg.Record) -> RunRow:
    reads = _READS.validate_json(row["reads"])
    of_vouchers = [read for read in reads if read.read.part == "vouchers"]
    return RunRow(
        **{name: value for name, value in row.items() if name not in ("reads", "scope")},
        scope=Scope.model_validate_json(row["scope"]),
        reads=reads,
        created=sum(read.created for read in of_vouchers),
        changed=sum(read.changed for read in of_vouchers),
        removed=sum(read.removed for read in of_vouchers),
        unchanged=sum(read.unchanged for read in of_vouchers),
        set_aside=sum(read.set_aside for read in of_vouchers),
    )

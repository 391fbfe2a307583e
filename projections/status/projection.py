"""The status, applied: a batch of lifecycle events into its tables, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import asyncpg
import orjson

from projections.status.fold import fold
from projections.status.rows import CompanyStatus, PartStatus, Purge, SieUpload, SyncRun
from projections.status.state import State
from schemas.lifecycle_events import AnyLifecycleEvent

NAME = "status"
# Of the tables: which code can fill and read them. A version is one build of them.
SHAPE = 4

LOAD_COMPANIES = "SELECT * FROM company_status WHERE company_id = ANY($1::text[])"
LOAD_PARTS = "SELECT * FROM part_status WHERE company_id = ANY($1::text[])"
LOAD_RUNS = """
    SELECT * FROM sync_run WHERE company_id = ANY($1::text[])
        AND (run_id = ANY($2::text[]) OR finished_at IS NULL)
"""
LOAD_UPLOADS = """
    SELECT * FROM sie_upload WHERE company_id = ANY($1::text[])
        AND (run_id = ANY($2::text[]) OR upload_id = ANY($3::text[]))
"""
LOAD_PURGES = "SELECT * FROM purge WHERE company_id = ANY($1::text[]) AND completed_at IS NULL"
LOAD_REMOVED = "SELECT * FROM removed_company WHERE company_id = ANY($1::text[])"
# Rows are replaced: the key first, then the row; each statement takes all of them as one document.
REPLACE = {
    "company_status": (
        """
        DELETE FROM company_status
        USING jsonb_populate_recordset(NULL::company_status, $1::jsonb) AS row
        WHERE company_status.company_id = row.company_id
        """,
        """
        INSERT INTO company_status
        SELECT * FROM jsonb_populate_recordset(NULL::company_status, $1::jsonb)
        """,
    ),
    "part_status": (
        """
        DELETE FROM part_status
        USING jsonb_populate_recordset(NULL::part_status, $1::jsonb) AS row
        WHERE part_status.company_id = row.company_id AND part_status.part = row.part
        """,
        """
        INSERT INTO part_status
        SELECT * FROM jsonb_populate_recordset(NULL::part_status, $1::jsonb)
        """,
    ),
    "sync_run": (
        """
        DELETE FROM sync_run USING jsonb_populate_recordset(NULL::sync_run, $1::jsonb) AS row
        WHERE sync_run.company_id = row.company_id AND sync_run.run_id = row.run_id
        """,
        "INSERT INTO sync_run SELECT * FROM jsonb_populate_recordset(NULL::sync_run, $1::jsonb)",
    ),
    "sie_upload": (
        """
        DELETE FROM sie_upload USING jsonb_populate_recordset(NULL::sie_upload, $1::jsonb) AS row
        WHERE sie_upload.company_id = row.company_id AND sie_upload.upload_id = row.upload_id
        """,
        """
        INSERT INTO sie_upload
        SELECT * FROM jsonb_populate_recordset(NULL::sie_upload, $1::jsonb)
        """,
    ),
    "purge": (
        """
        DELETE FROM purge USING jsonb_populate_recordset(NULL::purge, $1::jsonb) AS row
        WHERE purge.company_id = row.company_id AND purge.generation = row.generation
        """,
        "INSERT INTO purge SELECT * FROM jsonb_populate_recordset(NULL::purge, $1::jsonb)",
    ),
}
REMOVE = (
    "DELETE FROM company_status WHERE company_id = ANY($1::text[])",
    "DELETE FROM part_status WHERE company_id = ANY($1::text[])",
    "DELETE FROM sync_run WHERE company_id = ANY($1::text[])",
    "DELETE FROM sie_upload WHERE company_id = ANY($1::text[])",
    "DELETE FROM purge WHERE company_id = ANY($1::text[])",
)
REMEMBER_REMOVED = """
    INSERT INTO removed_company SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (company_id) DO UPDATE SET sequence = excluded.sequence
"""


async def apply(connection: asyncpg.Connection, events: Sequence[AnyLifecycleEvent]) -> int:
    """Applies the events in their order; the number of those that were known already.

    The caller has opened the transaction, locked the offsets, and set the search path.
    """
    state = await _load(connection, events)
    ignored = fold(state, events)
    if state.forgotten:
        gone = sorted(state.forgotten)
        for statement in REMOVE:
            await connection.execute(statement, gone)
        sequences = [state.removed[company] for company in gone]
        await connection.execute(REMEMBER_REMOVED, gone, sequences)
    await _replace(connection, "company_status", state.companies.values())
    await _replace(connection, "part_status", state.parts.values())
    await _replace(connection, "sync_run", state.runs.values())
    await _replace(connection, "sie_upload", state.uploads.values())
    await _replace(connection, "purge", state.purges.values())
    return ignored


async def _load(connection: asyncpg.Connection, events: Sequence[AnyLifecycleEvent]) -> State:
    companies = sorted({event.company_id for event in events})
    runs = sorted({str(event.run_id) for event in events if hasattr(event, "run_id")})
    uploads = sorted({str(event.upload_id) for event in events if hasattr(event, "upload_id")})
    state = State()
    for row in await connection.fetch(LOAD_COMPANIES, companies):
        state.companies[row["company_id"]] = CompanyStatus(**row)
    for row in await connection.fetch(LOAD_PARTS, companies):
        state.parts[row["company_id"], row["part"]] = PartStatus(**row)
    for row in await connection.fetch(LOAD_RUNS, companies, runs):
        documents = {"scope": orjson.loads(row["scope"]), "reads": orjson.loads(row["reads"])}
        state.runs[row["run_id"]] = SyncRun(**{**row, **documents})
    for row in await connection.fetch(LOAD_UPLOADS, companies, runs, uploads):
        state.uploads[row["upload_id"]] = SieUpload(**row)
    for row in await connection.fetch(LOAD_PURGES, companies):
        state.purges[row["company_id"], row["generation"]] = Purge(**row)
    for row in await connection.fetch(LOAD_REMOVED, companies):
        state.removed[row["company_id"]] = row["sequence"]
    return state


async def _replace(connection: asyncpg.Connection, table: str, rows: Iterable[Any]) -> None:
    documents = [asdict(row) for row in rows]
    if documents:
        for statement in REPLACE[table]:
            await connection.execute(statement, orjson.dumps(documents).decode())

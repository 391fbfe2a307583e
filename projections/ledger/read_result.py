"""How far each read has come in the ledger, and what it did once it was complete."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from projections.ledger.counts import RoundCounts
from projections.ledger.fold import ReadKey, Round, Segment

PROGRESS = """
    SELECT company_id, run_number, attempt, read, events_applied
    FROM unnest($1::text[], $2::integer[], $3::integer[], $4::text[])
        AS key (company_id, run_number, attempt, read)
    JOIN read_result USING (company_id, run_number, attempt, read)
"""
UPSERT = """
    INSERT INTO read_result AS stored (company_id, generation, run_number, attempt, read, part,
        fiscal_year, state, events_applied, snapshot, events, created, changed, removed,
        unchanged, set_aside, completed_at)
    SELECT company_id, generation, run_number, attempt, read, part, fiscal_year, state,
        events_applied, snapshot, events, created, changed, removed, unchanged, set_aside,
        completed_at
    FROM jsonb_to_recordset($1::jsonb) AS segment (
        company_id text, generation integer, run_number integer, attempt integer, read text,
        part text, fiscal_year date, state text, events_applied integer, snapshot boolean,
        events integer, created integer, changed integer, removed integer, unchanged integer,
        set_aside integer, completed_at timestamptz)
    ON CONFLICT (company_id, run_number, attempt, read) DO UPDATE
    SET state = excluded.state, events_applied = excluded.events_applied,
        snapshot = excluded.snapshot, events = excluded.events,
        created = stored.created + excluded.created, changed = stored.changed + excluded.changed,
        removed = stored.removed + excluded.removed,
        unchanged = stored.unchanged + excluded.unchanged,
        completed_at = excluded.completed_at
"""
# Vouchers are counted from what is there at the end, so that no split into batches matters. An
# earlier good version of one that was set aside is seen, but not unchanged. What went with years
# that the read replaced counts as removed by it.
COUNT_VOUCHERS = """
    UPDATE read_result AS result SET created = change.created, changed = change.changed,
        removed = change.removed + read.replaced,
        unchanged = seen.vouchers - change.created - change.changed - aside.kept,
        set_aside = aside.vouchers
    FROM unnest($1::text[], $2::date[], $3::integer[], $4::integer[], $5::integer[])
        AS read (company_id, fiscal_year, run_number, attempt, replaced)
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE change = 'created') AS created,
            count(*) FILTER (WHERE change = 'changed') AS changed,
            count(*) FILTER (WHERE change = 'removed') AS removed
        FROM voucher_change WHERE voucher_change.company_id = read.company_id
            AND voucher_change.run_number = read.run_number
            AND voucher_change.fiscal_year = read.fiscal_year) AS change
    CROSS JOIN LATERAL (
        SELECT count(*) AS vouchers FROM voucher WHERE voucher.company_id = read.company_id
            AND voucher.fiscal_year = read.fiscal_year
            AND (seen_run, seen_attempt) = (read.run_number, read.attempt)) AS seen
    CROSS JOIN LATERAL (
        SELECT count(*) AS vouchers, count(*) FILTER (WHERE EXISTS (
            SELECT FROM voucher AS kept
            WHERE kept.company_id = bad.company_id AND kept.fiscal_year = bad.fiscal_year
                AND kept.series = bad.series AND kept.number = bad.number
                AND kept.occurrence = bad.occurrence
                AND (kept.seen_run, kept.seen_attempt) = (read.run_number, read.attempt)
                AND bad.reason <> 'number_taken' AND NOT EXISTS (
                    SELECT FROM voucher_change AS change
                    WHERE change.company_id = bad.company_id
                        AND change.run_number = read.run_number
                        AND change.fiscal_year = bad.fiscal_year AND change.series = bad.series
                        AND change.number = bad.number AND change.occurrence = bad.occurrence)
        )) AS kept
        FROM set_aside_voucher AS bad
        WHERE bad.company_id = read.company_id AND bad.fiscal_year = read.fiscal_year
            AND (seen_run, seen_attempt) = (read.run_number, read.attempt)) AS aside
    WHERE result.company_id = read.company_id AND result.fiscal_year = read.fiscal_year
        AND result.run_number = read.run_number AND result.attempt = read.attempt
        AND result.part = 'vouchers'
"""


async def progress(connection: asyncpg.Connection, keys: set[ReadKey]) -> dict[ReadKey, int]:
    """How many events of each of those reads have been applied without a hole."""
    arrays = [[key[place] for key in keys] for place in range(4)]
    rows = await connection.fetch(PROGRESS, *arrays)
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


async def apply(
    connection: asyncpg.Connection,
    batch: Round,
    counts: RoundCounts,
    replaced: Mapping[str, int],
) -> None:
    """Moves the progress of the round's reads, and writes the results of those that end.

    `replaced`: the vouchers that went with replaced years, by company.
    """
    segments = [segment for segment in batch if segment.read is not None]
    if not segments:
        return
    rows = [_row(segment, counts) for segment in segments]
    await connection.execute(UPSERT, orjson.dumps(rows).decode())
    ended = [segment for segment in segments if _ends_vouchers(segment)]
    if ended:
        await connection.execute(
            COUNT_VOUCHERS,
            [segment.company_id for segment in ended],
            [segment.read.fiscal_year for segment in ended if segment.read],
            [segment.run_number for segment in ended],
            [segment.attempt for segment in ended],
            [replaced.get(segment.company_id, 0) for segment in ended],
        )


def _ends_vouchers(segment: Segment) -> bool:
    return (
        segment.completion is not None
        and segment.read is not None
        and segment.read.part == "vouchers"
        and segment.read.fiscal_year is not None
    )


def _row(segment: Segment, counts: RoundCounts) -> dict[str, Any]:
    assert segment.read is not None  # Purges have no result.
    completion = segment.completion
    state = "reading"
    if completion is not None:
        state = "complete" if segment.is_complete else "incomplete"
    done = counts.get(segment.company_id)
    return {
        "company_id": segment.company_id,
        "generation": segment.fence[0],
        "run_number": segment.run_number,
        "attempt": segment.attempt,
        "read": segment.read.name,
        "part": segment.read.part,
        "fiscal_year": segment.read.fiscal_year,
        "state": state,
        "events_applied": segment.events_applied,
        "snapshot": completion.snapshot if completion else False,
        "events": completion.events if completion else None,
        "created": done.created if done else 0,
        "changed": done.changed if done else 0,
        "removed": done.removed if done else 0,
        "unchanged": done.unchanged if done else 0,
        "set_aside": 0,
        "completed_at": completion.occurred_at if completion else None,
    }

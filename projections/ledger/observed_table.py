"""A table whose rows are what a source was last seen to hold: upserted, and removed when unseen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import Any

import asyncpg
import orjson

from projections.ledger.counts import Counts, RoundCounts
from projections.ledger.fold import Round, Segment
from schemas.ledger_events import AnyLedgerEvent, BalanceKind
from schemas.parts import Part

Row = dict[str, Any]
Rows = Callable[[AnyLedgerEvent], Iterator[Row]]

# $1: the rows, one JSON document. Answers company, created, changed and unchanged rows.
UPSERT = Template("""
    WITH upserted AS (
        INSERT INTO ${table} (${columns}, seen_run, seen_attempt)
        SELECT ${columns}, seen_run, seen_attempt
        FROM jsonb_to_recordset($$1::jsonb) AS seen (
            ${typed_columns}, seen_run integer, seen_attempt integer)
        ON CONFLICT (${key}) DO UPDATE
        SET (${values}, seen_run, seen_attempt) =
            ROW(${excluded_values}, excluded.seen_run, excluded.seen_attempt)
        RETURNING new.company_id, old.company_id IS NULL AS created,
            ROW(${old_values}) IS DISTINCT FROM ROW(${new_values}) AS differs
    )
    SELECT company_id, count(*) FILTER (WHERE created),
        count(*) FILTER (WHERE differs AND NOT created), count(*) FILTER (WHERE NOT differs)
    FROM upserted GROUP BY company_id
""")
# $1 … $5: companies, fiscal years, run numbers, attempts, and whether balances of objects stay.
# Answers company and removed rows.
REMOVE_UNSEEN = Template("""
    WITH removed AS (
        DELETE FROM ${table} AS kept
        USING (
            SELECT *, '${part}' AS part
            FROM unnest($$1::text[], $$2::date[], $$3::integer[], $$4::integer[], $$5::boolean[])
                AS snapshot (company_id, fiscal_year, run_number, attempt, keeps_objects)
        ) AS read
        WHERE ${same_scope} AND (kept.seen_run, kept.seen_attempt) <> (run_number, attempt)
            AND ${not_kept}
        RETURNING kept.company_id
    )
    SELECT company_id, count(*) FROM removed GROUP BY company_id
""")


@dataclass(frozen=True)
class ObservedTable:
    """One such table: its columns with their types, and its rows in the events of its part."""

    name: str
    part: Part
    # What one read covers: the company, or one fiscal year of it; with `part` where rows of
    # several parts share the table.
    scope: tuple[str, ...]
    key: Mapping[str, str]
    values: Mapping[str, str]
    rows: Rows
    kind: BalanceKind | None = None  # Kept by a snapshot whose source cannot tell of it.

    @cached_property
    def upsert(self) -> str:
        columns = {**self.key, **self.values}
        return UPSERT.substitute(
            table=self.name,
            columns=", ".join(columns),
            typed_columns=", ".join(f"{name} {of_type}" for name, of_type in columns.items()),
            key=", ".join(self.key),
            values=", ".join(self.values),
            excluded_values=", ".join(f"excluded.{name}" for name in self.values),
            old_values=", ".join(f"old.{name}" for name in self.values),
            new_values=", ".join(f"new.{name}" for name in self.values),
        )

    @cached_property
    def remove_unseen(self) -> str:
        same_scope = " AND ".join(f"kept.{name} = read.{name}" for name in self.scope)
        is_of_objects = self.part != "dimensions" and "object" in self.key
        return REMOVE_UNSEEN.substitute(
            table=self.name,
            part=self.part,
            same_scope=same_scope,
            not_kept="(kept.object = '' OR NOT keeps_objects)" if is_of_objects else "true",
        )

    async def apply(self, connection: asyncpg.Connection, batch: Round) -> RoundCounts:
        """Writes what the round's events brought, then removes what complete snapshots lack."""
        counts: RoundCounts = {}
        rows = self._latest_rows(batch)
        if rows:
            document = orjson.dumps(rows).decode()
            for company_id, created, changed, unchanged in await connection.fetch(
                self.upsert, document
            ):
                counts[company_id] = Counts(created, changed, 0, unchanged)
        snapshots = [
            segment
            for segment in snapshots_of(batch, self.part)
            if self.kind is None or self.kind not in kept_by(segment)
        ]
        if snapshots:
            for company_id, removed in await self.remove(connection, snapshots):
                counts.setdefault(company_id, Counts()).removed += removed
        return counts

    async def remove(
        self, connection: asyncpg.Connection, snapshots: list[Segment]
    ) -> list[tuple[str, int]]:
        """Removes what those reads did not bring; the number of rows per company."""
        keeps_objects = ["objects" in kept_by(segment) for segment in snapshots]
        arguments = (*snapshot_arguments(snapshots), keeps_objects)
        rows = await connection.fetch(self.remove_unseen, *arguments)
        return [(row[0], row[1]) for row in rows]

    def _latest_rows(self, batch: Round) -> list[Row]:
        """The last row of each key: an event of a later page overrides an earlier one."""
        latest: dict[tuple[Any, ...], Row] = {}
        for segment in batch:
            stamp: Row = {
                "company_id": segment.company_id,
                "seen_run": segment.run_number,
                "seen_attempt": segment.attempt,
            }
            for event in segment.events:
                for row in self.rows(event):
                    row |= stamp
                    latest[tuple(row[column] for column in self.key)] = row
        return list(latest.values())


def kept_by(snapshot: Segment) -> tuple[BalanceKind, ...]:
    """What the snapshot does not remove, since its source cannot tell of it."""
    return snapshot.completion.keeps if snapshot.completion else ()


def snapshots_of(batch: Round, part: Part) -> list[Segment]:
    """The segments that end a complete snapshot of the part."""
    return [
        segment
        for segment in batch
        if segment.read is not None
        and segment.read.part == part
        and segment.completion is not None
        and segment.completion.snapshot
        and segment.is_complete
    ]


def snapshot_arguments(snapshots: list[Segment]) -> tuple[list[Any], ...]:
    """Companies, fiscal years, run numbers and attempts of the snapshots, as arrays."""
    return (
        [segment.company_id for segment in snapshots],
        [segment.read.fiscal_year if segment.read else None for segment in snapshots],
        [segment.run_number for segment in snapshots],
        [segment.attempt for segment in snapshots],
    )

"""Vouchers that cannot be booked, until a later read brings them well or not at all."""

from collections.abc import Container
from typing import Any

import asyncpg
import orjson

from projections.ledger.voucher_diff import Key, SeenAside, SeenVouchers, Year, columns

DELETE = """
    DELETE FROM set_aside_voucher
    USING unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[])
        AS key (company_id, fiscal_year, series, number, occurrence)
    WHERE set_aside_voucher.company_id = key.company_id
        AND set_aside_voucher.fiscal_year = key.fiscal_year
        AND set_aside_voucher.series = key.series AND set_aside_voucher.number = key.number
        AND set_aside_voucher.occurrence = key.occurrence
"""
INSERT = """
    INSERT INTO set_aside_voucher
    SELECT company_id, fiscal_year, series, number, occurrence, reason, detail,
        voucher_date, difference, source_text, decode(kept_digest, 'hex'), seen_run, seen_attempt
    FROM jsonb_to_recordset($1::jsonb) AS seen (
        company_id text, fiscal_year date, series text, number text, occurrence integer,
        reason text, detail text, voucher_date date, difference numeric, source_text text,
        kept_digest text,
        seen_run integer, seen_attempt integer)
"""
REMOVE_UNSEEN = """
    DELETE FROM set_aside_voucher AS kept
    USING unnest($1::text[], $2::date[], $3::integer[], $4::integer[])
        AS read (company_id, fiscal_year, run_number, attempt)
    WHERE kept.company_id = read.company_id AND kept.fiscal_year = read.fiscal_year
        AND (kept.seen_run, kept.seen_attempt) <> (run_number, attempt)
"""


async def replace(
    connection: asyncpg.Connection,
    seen: SeenVouchers,
    stored: dict[Key, bytes],
    held: Container[Year],
) -> None:
    """Takes the round's good vouchers out of the table, and puts its bad ones in.

    `held`: the years that have any in the table.
    """
    decided = [key for key in seen.decided_keys if key[:2] in held]
    if decided:
        await connection.execute(DELETE, *columns(decided))
    if seen.aside:
        digests = stored | {key: one.digest for key, one in seen.good.items()}
        rows = [_row(key, one, digests.get(key)) for key, one in seen.aside.items()]
        await connection.execute(INSERT, orjson.dumps(rows).decode())


async def remove_unseen(connection: asyncpg.Connection, arguments: tuple[list[Any], ...]) -> None:
    """Removes what complete snapshots (companies, years, runs, attempts) did not bring."""
    await connection.execute(REMOVE_UNSEEN, *arguments)


def _row(key: Key, aside: SeenAside, kept_digest: bytes | None) -> dict[str, Any]:
    return aside.voucher.model_dump(mode="json") | {
        "company_id": key[0],
        "kept_digest": kept_digest.hex() if kept_digest else None,
        "seen_run": aside.segment.run_number,
        "seen_attempt": aside.segment.attempt,
    }

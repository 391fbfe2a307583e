"""The vouchers and their postings, with the balances that these move and the trace they leave."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import asyncpg
import orjson

from projections.ledger import account_balance, csv_rows, set_aside_voucher, voucher_change
from projections.ledger.account_balance import Movements
from projections.ledger.csv_rows import QUOTE, QUOTES, key_fields, quoted
from projections.ledger.fold import Round, Segment
from projections.ledger.observed_table import snapshot_arguments, snapshots_of
from projections.ledger.submitted_voucher import (
    STORED,
    Holder,
    Holders,
    number_keys,
    settle,
)
from projections.ledger.voucher_change import Change
from projections.ledger.voucher_diff import (
    Key,
    Seen,
    SeenVouchers,
    Year,
    columns,
    diff,
    movements,
    removed_keys,
    seen_vouchers,
)

Digests = dict[Key, bytes]
Removed = dict[Key, Segment]  # With the segment because of which they go.
REMOVED_KEYS_MAX = 20_000

VOUCHER_COLUMNS: list[str] = (
    "company_id fiscal_year series number occurrence voucher_date text registered_on"
    " signature source_id digest seen_run seen_attempt"
).split()
POSTING_COLUMNS: list[str] = (
    "company_id fiscal_year series number occurrence line account voucher_date amount state"
    " text quantity objects posting_date signature"
).split()

# Nothing needs to be looked up in a year that holds nothing: a first read, and every rebuild.
HELD = """
    SELECT company_id, fiscal_year,
        EXISTS (SELECT FROM voucher WHERE voucher.company_id = year.company_id
            AND voucher.fiscal_year = year.fiscal_year) AS vouchers,
        EXISTS (SELECT FROM set_aside_voucher AS aside WHERE aside.company_id = year.company_id
            AND aside.fiscal_year = year.fiscal_year) AS aside
    FROM unnest($1::text[], $2::date[]) AS year (company_id, fiscal_year)
"""
DIGESTS = """
    SELECT company_id, fiscal_year, series, number, occurrence, digest
    FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[])
        AS key (company_id, fiscal_year, series, number, occurrence)
    JOIN voucher USING (company_id, fiscal_year, series, number, occurrence)
"""
# Answers the digests of those vouchers that were there.
DELETE_VOUCHERS = """
    DELETE FROM voucher USING unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[])
        AS key (company_id, fiscal_year, series, number, occurrence)
    WHERE voucher.company_id = key.company_id AND voucher.fiscal_year = key.fiscal_year
        AND voucher.series = key.series AND voucher.number = key.number
        AND voucher.occurrence = key.occurrence
    RETURNING voucher.company_id, voucher.fiscal_year, voucher.series, voucher.number,
        voucher.occurrence, voucher.digest
"""
DELETE_POSTINGS = """
    WITH gone AS (
        DELETE FROM posting
        USING unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[])
            AS key (company_id, fiscal_year, series, number, occurrence)
        WHERE posting.company_id = key.company_id AND posting.fiscal_year = key.fiscal_year
            AND posting.series = key.series AND posting.number = key.number
            AND posting.occurrence = key.occurrence
        RETURNING posting.company_id, posting.fiscal_year, account, voucher_date, amount, state
    )
    SELECT company_id, fiscal_year, account, date_trunc('month', voucher_date)::date,
        -sum(amount), -count(*)
    FROM gone WHERE state <> 'struck' GROUP BY 1, 2, 3, 4
"""
TOUCH = """
    UPDATE voucher SET seen_run = key.seen_run, seen_attempt = key.seen_attempt
    FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::integer[],
        $6::integer[], $7::integer[])
        AS key (company_id, fiscal_year, series, number, occurrence, seen_run, seen_attempt)
    WHERE voucher.company_id = key.company_id AND voucher.fiscal_year = key.fiscal_year
        AND voucher.series = key.series AND voucher.number = key.number
        AND voucher.occurrence = key.occurrence
"""
SAME_SOURCE = """
    SELECT voucher.company_id, voucher.fiscal_year, voucher.series, voucher.number,
        voucher.occurrence, voucher.source_id
    FROM unnest($1::text[], $2::text[]) AS seen (company_id, source_id)
    JOIN voucher ON voucher.company_id = seen.company_id AND voucher.source_id = seen.source_id
"""
# The snapshots' companies, fiscal years, run numbers and attempts.
UNSEEN = """
    SELECT voucher.company_id, voucher.fiscal_year, series, number, occurrence
    FROM unnest($1::text[], $2::date[], $3::integer[], $4::integer[])
        AS read (company_id, fiscal_year, run_number, attempt)
    JOIN voucher ON voucher.company_id = read.company_id
        AND voucher.fiscal_year = read.fiscal_year
        AND (seen_run, seen_attempt) <> (run_number, attempt)
"""


async def apply(connection: asyncpg.Connection, batch: Round) -> None:
    """Writes the round's vouchers, removes those that a complete snapshot did not bring."""
    seen = seen_vouchers(batch)
    if seen.submitted:
        settle(seen, await _holders(connection, seen))
    keys = seen.keys
    if keys:
        with_vouchers, with_aside = await _held(connection, keys)
        stored = await _digests(connection, [key for key in keys if key[:2] in with_vouchers])
        await _write(connection, seen.good, stored)
        await _touch(connection, seen, stored)
        await set_aside_voucher.replace(connection, seen, stored, with_aside)
    await _remove(connection, removed_keys(batch))
    snapshots = snapshots_of(batch, "vouchers")
    if snapshots:
        await remove_unseen(connection, snapshots, snapshot_arguments(snapshots))


async def remove_unseen(
    connection: asyncpg.Connection, segments: list[Segment], arguments: tuple[list[Any], ...]
) -> Counter[str]:
    """Removes the vouchers, also set-aside ones, of those years that the reads did not bring.

    Returns how many, by company.
    """
    keys = await connection.fetch(UNSEEN, *arguments)
    by_company = {segment.company_id: segment for segment in segments}
    await _remove(connection, {_key(key): by_company[key[0]] for key in keys})
    await set_aside_voucher.remove_unseen(connection, arguments)
    return Counter(key[0] for key in keys)


async def _holders(connection: asyncpg.Connection, seen: SeenVouchers) -> Holders:
    """The stored vouchers that have the numbers of the submitted ones."""
    arrays = zip(*number_keys(seen), strict=True)
    holders: Holders = {}
    for row in await connection.fetch(STORED, *map(list, arrays)):
        held = Holder(row["digest"], (row["seen_run"], row["seen_attempt"]), row["brought"])
        holders.setdefault(_key(row)[:4], {})[row["occurrence"]] = held
    return holders


async def _held(connection: asyncpg.Connection, keys: list[Key]) -> tuple[set[Year], set[Year]]:
    """The keys' years that hold vouchers, and those that hold vouchers set aside."""
    companies, years = zip(*{key[:2] for key in keys}, strict=True)
    rows = await connection.fetch(HELD, list(companies), list(years))
    with_vouchers = {(row[0], row[1]) for row in rows if row["vouchers"]}
    return with_vouchers, {(row[0], row[1]) for row in rows if row["aside"]}


async def _digests(connection: asyncpg.Connection, keys: Iterable[Key]) -> Digests:
    arrays = columns(keys)
    if not arrays[0]:
        return {}
    rows = await connection.fetch(DIGESTS, *arrays)
    return {_key(row): row[5] for row in rows}


async def _write(connection: asyncpg.Connection, good: dict[Key, Seen], stored: Digests) -> None:
    """Writes what is new or changed."""
    found = diff(good, stored)
    _, replaced = await _delete(connection, found.changed)
    written = {key: good[key] for key in found.written}
    await _remove(connection, await _moved(connection, written))
    if not written:
        return
    keys = {key: key_fields(key) for key in written}
    await csv_rows.copy(connection, "voucher", VOUCHER_COLUMNS, _voucher_rows(written, keys))
    await csv_rows.copy(connection, "posting", POSTING_COLUMNS, _posting_rows(written, keys))
    added = movements((key, seen.voucher) for key, seen in written.items())
    await account_balance.move(connection, account_balance.net(added, replaced))
    await voucher_change.add(
        connection,
        [
            Change(key, seen.segment.run_number, stored.get(key), seen.digest, seen.occurred_at)
            for key, seen in written.items()
        ],
        keys=keys,
    )


async def _moved(connection: asyncpg.Connection, written: dict[Key, Seen]) -> Removed:
    """Stored keys whose source id now stands under another key: the voucher has moved."""
    by_source = {
        (key[0], source_id): seen.segment
        for key, seen in written.items()
        if (source_id := seen.voucher.source_id) is not None
    }
    if not by_source:
        return {}
    companies, source_ids = zip(*by_source, strict=True)
    rows = await connection.fetch(SAME_SOURCE, list(companies), list(source_ids))
    return {
        _key(row): by_source[row["company_id"], row["source_id"]]
        for row in rows
        if _key(row) not in written
    }


async def _touch(connection: asyncpg.Connection, seen: SeenVouchers, stored: Digests) -> None:
    """Marks what did not change as seen; a set-aside voucher's earlier version is seen too."""
    segments = {
        key: aside.segment
        for key, aside in seen.aside.items()
        if key not in seen.good and not aside.is_another
    }
    for key, one in seen.good.items():
        if stored.get(key) == one.digest:
            segments[key] = one.segment
    if segments:
        runs = [segment.run_number for segment in segments.values()]
        attempts = [segment.attempt for segment in segments.values()]
        await connection.execute(TOUCH, *columns(segments), runs, attempts)


async def _remove(connection: asyncpg.Connection, removed: Removed) -> None:
    """Removes vouchers for good, and says so in the changes."""
    keys = list(removed)
    for start in range(0, len(keys), REMOVED_KEYS_MAX):
        digests, replaced = await _delete(connection, keys[start : start + REMOVED_KEYS_MAX])
        await account_balance.move(connection, replaced)
        await voucher_change.add(
            connection,
            [
                Change(key, removed[key].run_number, digest, None, removed[key].last.occurred_at)
                for key, digest in digests.items()
            ],
            keys={},
        )


async def _delete(connection: asyncpg.Connection, keys: list[Key]) -> tuple[Digests, Movements]:
    """Deletes vouchers and postings; their digests, and what to take out of the balances."""
    if not keys:
        return {}, {}
    arrays = columns(keys)
    rows = await connection.fetch(DELETE_POSTINGS, *arrays)
    replaced = {(row[0], row[1], row[2], row[3]): (row[4], row[5]) for row in rows}
    vouchers = await connection.fetch(DELETE_VOUCHERS, *arrays)
    return {_key(row): row[5] for row in vouchers}, replaced


def _key(row: asyncpg.Record) -> Key:
    return (row[0], row[1], row[2], row[3], row[4])


def _voucher_rows(written: dict[Key, Seen], keys: dict[Key, str]) -> Iterator[str]:
    for key, seen in written.items():
        voucher, segment = seen.voucher, seen.segment
        source_id = "" if voucher.source_id is None else quoted(voucher.source_id)
        yield (
            f'{keys[key]},{voucher.voucher_date!s},"{voucher.text.replace(QUOTE, QUOTES)}",'
            f'{voucher.registered_on or ""!s},"{voucher.signature.replace(QUOTE, QUOTES)}",'
            f"{source_id},\\x{seen.digest.hex()},{segment.run_number},{segment.attempt}"
        )


def _posting_rows(written: dict[Key, Seen], keys: dict[Key, str]) -> Iterator[str]:
    for key, seen in written.items():
        of_voucher, voucher_date = keys[key], str(seen.voucher.voucher_date)
        for line, one in enumerate(seen.voucher.postings, start=1):
            quantity = "" if one.quantity is None else one.quantity
            objects = quoted(orjson.dumps(one.objects).decode()) if one.objects else ""
            yield (
                f'{of_voucher},{line},"{one.account.replace(QUOTE, QUOTES)}",{voucher_date},'
                f'{one.amount!s},{one.state},"{one.text.replace(QUOTE, QUOTES)}",{quantity},'
                f'{objects},{one.posting_date or ""},"{one.signature.replace(QUOTE, QUOTES)}"'
            )

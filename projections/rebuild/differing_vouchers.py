"""Which vouchers two versions of the ledger do not share, and what differs in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Template
from typing import Literal, NamedTuple

import asyncpg

from projections.rebuild.versions import FIELDS, Fields, Versions
from schemas.model import Model

VOUCHER_TABLES = ("voucher", "posting")
# They say which row it is, and are equal where it is on both sides.
KEY_COLUMNS = frozenset({"company_id", "fiscal_year", "series", "number", "occurrence", "line"})

# Rows are compared by the bytes that their digests are of.
VOUCHERS = Template("""
    WITH differing AS (
        SELECT fiscal_year, series, number, occurrence
        FROM (
            SELECT fiscal_year, series, number, occurrence, record_send(stored) AS image
            FROM ${in_use}.voucher AS stored WHERE company_id = $$1 AND fiscal_year = ANY($$2)
        ) AS in_use
        FULL JOIN (
            SELECT fiscal_year, series, number, occurrence, record_send(stored) AS image
            FROM ${rebuilt}.voucher AS stored WHERE company_id = $$1 AND fiscal_year = ANY($$2)
        ) AS rebuilt USING (fiscal_year, series, number, occurrence)
        WHERE in_use.image IS DISTINCT FROM rebuilt.image
        UNION
        SELECT fiscal_year, series, number, occurrence
        FROM (
            SELECT fiscal_year, series, number, occurrence, line, record_send(stored) AS image
            FROM ${in_use}.posting AS stored WHERE company_id = $$1 AND fiscal_year = ANY($$2)
        ) AS in_use
        FULL JOIN (
            SELECT fiscal_year, series, number, occurrence, line, record_send(stored) AS image
            FROM ${rebuilt}.posting AS stored WHERE company_id = $$1 AND fiscal_year = ANY($$2)
        ) AS rebuilt USING (fiscal_year, series, number, occurrence, line)
        WHERE in_use.image IS DISTINCT FROM rebuilt.image
    )
    SELECT fiscal_year, series, number, occurrence, count(*) OVER () AS total FROM differing
    ORDER BY fiscal_year, series COLLATE "C", length(number), number COLLATE "C", occurrence
    LIMIT $$3
""")
ROWS_OF_VOUCHERS = Template("""
    SELECT fiscal_year, series, number, occurrence,
        (SELECT json_object_agg(key, value) FROM json_each_text(to_json(stored))) AS fields
    FROM ${schema}.${table} AS stored
    JOIN unnest($$2::date[], $$3::text[], $$4::text[], $$5::integer[])
        AS wanted (fiscal_year, series, number, occurrence)
        USING (fiscal_year, series, number, occurrence)
    WHERE company_id = $$1
""")

Side = Literal["both", "in_use", "rebuilt"]


class FieldDifference(Model):
    field: str
    in_use: str | None
    rebuilt: str | None


class PostingDifference(Model):
    line: int
    found: Side
    fields: tuple[FieldDifference, ...]


class VoucherDifference(Model):
    fiscal_year: date
    series: str
    number: str
    occurrence: int
    found: Side
    fields: tuple[FieldDifference, ...] = ()  # None where it is on one side only.
    postings: tuple[PostingDifference, ...] = ()  # Those that differ.


class _Key(NamedTuple):
    fiscal_year: date
    series: str
    number: str
    occurrence: int


@dataclass(frozen=True)
class _Rows:
    """What a side has of the vouchers that differ."""

    vouchers: Mapping[_Key, Fields]
    postings: Mapping[_Key, Mapping[int, Fields]]

    def has(self, key: _Key) -> bool:
        return key in self.vouchers or key in self.postings


async def differing_vouchers(
    connection: asyncpg.Connection,
    versions: Versions,
    company_id: str,
    years: Sequence[date | None],
    shown_max: int,
) -> tuple[tuple[VoucherDifference, ...], int]:
    if not years:
        return (), 0
    statement = VOUCHERS.substitute(vars(versions))
    found = await connection.fetch(statement, company_id, years, shown_max)
    keys = [_Key(*row[:4]) for row in found]
    in_use = await _rows(connection, versions.in_use, company_id, keys)
    rebuilt = await _rows(connection, versions.rebuilt, company_id, keys)
    told = tuple(_voucher(key, in_use, rebuilt) for key in keys)
    return told, found[0]["total"] if found else 0


async def _rows(
    connection: asyncpg.Connection, schema: str, company_id: str, keys: Sequence[_Key]
) -> _Rows:
    arrays = [list(column) for column in zip(*keys, strict=True)] or [[], [], [], []]
    vouchers: dict[_Key, Fields] = {}
    postings = dict[_Key, dict[int, Fields]]()
    for table in VOUCHER_TABLES:
        statement = ROWS_OF_VOUCHERS.substitute(schema=schema, table=table)
        for row in await connection.fetch(statement, company_id, *arrays):
            key, fields = _Key(*row[:4]), FIELDS.validate_json(row["fields"])
            line = fields.get("line")
            if line is None:
                vouchers[key] = fields
            else:
                postings.setdefault(key, {})[int(line)] = fields
    return _Rows(vouchers, postings)


def _voucher(key: _Key, in_use: _Rows, rebuilt: _Rows) -> VoucherDifference:
    found = _side(is_in_use=in_use.has(key), is_rebuilt=rebuilt.has(key))
    if found != "both":
        return VoucherDifference(**key._asdict(), found=found)
    here, there = in_use.postings.get(key, {}), rebuilt.postings.get(key, {})
    lines = sorted(line for line in here.keys() | there.keys() if here.get(line) != there.get(line))
    return VoucherDifference(
        **key._asdict(),
        found=found,
        fields=_fields(in_use.vouchers.get(key, {}), rebuilt.vouchers.get(key, {})),
        postings=tuple(_posting(line, here.get(line), there.get(line)) for line in lines),
    )


def _posting(line: int, in_use: Fields | None, rebuilt: Fields | None) -> PostingDifference:
    return PostingDifference(
        line=line,
        found=_side(is_in_use=in_use is not None, is_rebuilt=rebuilt is not None),
        fields=_fields(in_use or {}, rebuilt or {}),
    )


def _fields(in_use: Fields, rebuilt: Fields) -> tuple[FieldDifference, ...]:
    """The fields that differ, in the order of their names."""
    return tuple(
        FieldDifference(field=name, in_use=in_use.get(name), rebuilt=rebuilt.get(name))
        for name in sorted((in_use.keys() | rebuilt.keys()) - KEY_COLUMNS)
        if in_use.get(name) != rebuilt.get(name)
    )


def _side(*, is_in_use: bool, is_rebuilt: bool) -> Side:
    if is_in_use and is_rebuilt:
        return "both"
    return "in_use" if is_in_use else "rebuilt"

"""How is a company: its colour and what to do, its parts, its latest vouchers, what is going on?"""

from datetime import date, datetime
from typing import Literal

import asyncpg
from pydantic import Field

from projections.queries import accepted_gaps
from projections.queries.company_facts import Syncing, UnknownCompany, company_facts
from projections.queries.connections import ConnectionState
from projections.queries.fiscal_years import fiscal_years
from projections.queries.purges import PastPurge, last_purges
from projections.queries.snapshot import snapshot
from projections.queries.verification import Difference, State, verification
from projections.status.actions import Actions, actions
from projections.status.indicator import Colour, Reason
from projections.status.texts import Message, message
from schemas.model import Model
from schemas.parts import PARTS, Part

# The end of the order in which vouchers are listed, from its end.
LATEST_VOUCHERS = """
    SELECT series, number, voucher_date AS date, text FROM ledger.voucher WHERE company_id = $1
    ORDER BY voucher_date DESC, series COLLATE "C" DESC,
        CASE WHEN number ~ '^[0-9]+$' THEN number::numeric END DESC NULLS FIRST,
        number COLLATE "C" DESC, fiscal_year DESC, occurrence DESC
    LIMIT 5
"""
LATEST_UPLOAD = """
    SELECT uploaded_at AS last_upload_at, file_name, fiscal_year FROM status.sie_upload
    WHERE company_id = $1 AND state IN ('received', 'applied')
    ORDER BY uploaded_at DESC, upload_id LIMIT 1
"""
# Only one that came after the last file that the company took.
REFUSED_UPLOAD = """
    SELECT uploaded_at AS refused_at, file_name, reason, detail FROM status.sie_upload AS refused
    WHERE company_id = $1 AND state = 'refused' AND NOT EXISTS (
        SELECT FROM status.sie_upload AS taken
        WHERE taken.company_id = $1 AND taken.state IN ('received', 'applied')
            AND taken.uploaded_at > refused.uploaded_at)
    ORDER BY uploaded_at DESC, upload_id LIMIT 1
"""
PARTS_OF = (
    "SELECT part, last_success_at, state, reason FROM status.part_status WHERE company_id = $1"
)
EMPTIED_YEARS = "SELECT emptied_years FROM status.company_status WHERE company_id = $1"
CONNECTION = "SELECT state, reason, due_at FROM engine.connection WHERE company_id = $1"
# Postings as the balances count them: struck rows are none.
COUNTS = """
    SELECT (SELECT count(*) FROM ledger.voucher WHERE company_id = $1) AS vouchers,
        (SELECT coalesce(sum(postings), 0)::bigint FROM ledger.account_balance
            WHERE company_id = $1) AS postings,
        (SELECT count(*) FROM ledger.set_aside_voucher WHERE company_id = $1) AS set_aside
"""


class LatestVoucher(Model):
    series: str
    number: str
    date: date
    text: str


class LatestUpload(Model):
    """The last SIE file that the company took."""

    last_upload_at: datetime
    file_name: str
    fiscal_year: date | None


class RefusedUpload(Model):
    """The last SIE file that the company did not take, where none has been taken since."""

    refused_at: datetime
    file_name: str
    reason: str
    detail: str


class PartState(Model):
    last_success_at: datetime | None = None
    state: Literal["ok", "failed", "emptied", "never_synced"] = "never_synced"
    reason: str | None = None


class CompanyConnection(Model):
    """The tie to the accounting system, where there is one."""

    state: ConnectionState
    reason: str | None
    due_at: datetime | None  # The next automatic run.


class Verification(Model):
    """Whether the source's own totals agree with our bookkeeping."""

    state: State
    as_of: datetime | None  # The last proof.
    lacks_messages: bool = False  # Some were lost, and its source has not filled it again.
    differences: tuple[Difference, ...]


class BookkeepingCounts(Model):
    vouchers: int
    postings: int
    set_aside: int


class CompanyState(Model):
    """The answer; name and source are for whoever shows it, and stand in the list of companies."""

    company_id: str
    name: str = Field(exclude=True)
    source: str = Field(exclude=True)
    indicator: Colour
    reason: Reason | None
    message: Message
    last_sync_at: datetime | None
    last_fetched_at: datetime | None
    latest_vouchers: tuple[LatestVoucher, ...]
    sie: LatestUpload | None
    refused_upload: RefusedUpload | None
    syncing: Syncing | None
    parts: dict[Part, PartState]
    actions: Actions
    verification: Verification
    counts: BookkeepingCounts
    connection: CompanyConnection | None
    last_purge: PastPurge | None
    purges: tuple[PastPurge, ...]  # The last three, the newest first.
    emptied_years: tuple[date, ...]  # By name, and not loaded since.


async def company_status(connection: asyncpg.Connection, company_id: str) -> CompanyState:
    """The status of one company. Raises UnknownCompany."""
    async with snapshot(connection):
        found = await company_facts(connection, company_id)
        if not found:
            raise UnknownCompany(company_id)
        known = found[0]
        latest = await connection.fetch(LATEST_VOUCHERS, company_id)
        upload = await connection.fetchrow(LATEST_UPLOAD, company_id)
        refused = await connection.fetchrow(REFUSED_UPLOAD, company_id)
        parts = {row["part"]: row for row in await connection.fetch(PARTS_OF, company_id)}
        counts = await connection.fetchrow(COUNTS, company_id)
        tie = await connection.fetchrow(CONNECTION, company_id)
        purges = await last_purges(connection, company_id)
        proof = await _verification(connection, company_id)
        years = await fiscal_years(connection, company_id)
        emptied = await connection.fetchval(EMPTIED_YEARS, company_id) or ()
    assert counts is not None  # Three counts are always one row.
    return CompanyState(
        company_id=known.company_id,
        name=known.name,
        source=known.facts.source,
        indicator=known.indicator.colour,
        reason=known.indicator.reason,
        message=message(known.indicator.reason, known.facts.source),
        last_sync_at=known.facts.last_sync_at,
        last_fetched_at=known.last_fetched_at,
        latest_vouchers=tuple(LatestVoucher(**row) for row in latest),
        sie=LatestUpload(**upload) if upload else None,
        refused_upload=RefusedUpload(**refused) if refused else None,
        syncing=known.syncing,
        parts={part: _part(parts.get(part)) for part in PARTS},
        actions=actions(
            known.facts,
            is_syncing=known.syncing is not None,
            has_bookkeeping=bool(years),
        ),
        verification=proof,
        counts=BookkeepingCounts(**counts),
        connection=CompanyConnection(**tie) if tie else None,
        last_purge=purges[0] if purges else None,
        purges=purges,
        # One that another year has replaced is not missing.
        emptied_years=tuple(year.first_day for year in years if year.first_day in emptied),
    )


async def _verification(connection: asyncpg.Connection, company_id: str) -> Verification:
    proof = await verification(connection, company_id)
    return Verification(
        state=proof.state,
        as_of=proof.as_of,
        lacks_messages=bool(await accepted_gaps.lacking(connection, [company_id])),
        differences=proof.differences,
    )


def _part(row: asyncpg.Record | None) -> PartState:
    if row is None:
        return PartState()
    return PartState(
        last_success_at=row["last_success_at"], state=row["state"], reason=row["reason"]
    )

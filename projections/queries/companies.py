"""Which companies are there, and how is each?"""

from datetime import datetime

import asyncpg

from projections.queries.company_facts import CompanyFacts, Syncing, company_facts
from projections.queries.purges import PastPurge, last_purge_of_each
from projections.queries.snapshot import snapshot
from projections.queries.verification import State, verification_states
from projections.status.indicator import Colour, Reason
from projections.status.texts import Message, message
from schemas.model import Model

KNOWN_IDS = """
    SELECT company_id FROM engine.company UNION SELECT company_id FROM status.company_status
    UNION SELECT company_id FROM status.removed_company
"""
# The status keeps them until the company is removed, and the engine knows them first.
KNOWN_FILES = """
    SELECT company_id, file_name FROM engine.upload
    UNION SELECT company_id, file_name FROM status.sie_upload
"""


class CompanyRow(Model):
    company_id: str
    name: str
    organisation_number: str | None
    source: str
    indicator: Colour
    last_fetched_at: datetime | None
    verification: State


class CompanyIndicator(Model):
    company_id: str
    name: str
    source: str
    indicator: Colour
    reason: Reason | None
    message: Message
    last_sync_at: datetime | None
    last_fetched_at: datetime | None
    syncing: Syncing | None
    verification: State
    last_purge: PastPurge | None


async def companies(connection: asyncpg.Connection) -> list[CompanyRow]:
    """All companies, by id."""
    async with snapshot(connection):
        return [_row(known, proof) for known, proof in await _with_proofs(connection)]


async def known_ids(connection: asyncpg.Connection) -> set[str]:
    """The ids of all companies that there have been, of those too that were removed."""
    return {row["company_id"] for row in await connection.fetch(KNOWN_IDS)}


async def known_files(connection: asyncpg.Connection) -> set[tuple[str, str]]:
    """The files that have come, each with its company."""
    rows = await connection.fetch(KNOWN_FILES)
    return {(row["company_id"], row["file_name"]) for row in rows}


async def indicators(connection: asyncpg.Connection) -> list[CompanyIndicator]:
    """The indicators of all companies, by id."""
    async with snapshot(connection):
        purges = await last_purge_of_each(connection)
        return [
            _indicator(known, proof, purges.get(known.company_id))
            for known, proof in await _with_proofs(connection)
        ]


async def _with_proofs(connection: asyncpg.Connection) -> list[tuple[CompanyFacts, State]]:
    found = await company_facts(connection)
    proofs = await verification_states(connection, [known.company_id for known in found])
    return [(known, proofs[known.company_id]) for known in found]


def _row(known: CompanyFacts, proof: State) -> CompanyRow:
    return CompanyRow(
        company_id=known.company_id,
        name=known.name,
        organisation_number=known.organisation_number,
        source=known.facts.source,
        indicator=known.indicator.colour,
        last_fetched_at=known.last_fetched_at,
        verification=proof,
    )


def _indicator(known: CompanyFacts, proof: State, purge: PastPurge | None) -> CompanyIndicator:
    return CompanyIndicator(
        company_id=known.company_id,
        name=known.name,
        source=known.facts.source,
        indicator=known.indicator.colour,
        reason=known.indicator.reason,
        message=message(known.indicator.reason, known.facts.source),
        last_sync_at=known.facts.last_sync_at,
        last_fetched_at=known.last_fetched_at,
        syncing=known.syncing,
        verification=proof,
        last_purge=purge,
    )

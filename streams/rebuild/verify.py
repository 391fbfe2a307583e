"""Whether the ledger in use is what its topic says: of all companies, or of one."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from projections.migrate import LEDGER, version_in_use
from projections.queries.verification import Difference, verification
from projections.rebuild.differences import Differences, differences
from projections.rebuild.digests import Digests, differing
from projections.rebuild.versions import Versions
from streams.rebuild.child import build_database
from streams.rebuild.company_build import company_build
from streams.rebuild.comparison import Sides, at_one_offset
from streams.rebuild.folding import Rejected
from streams.rebuild.newly_rejected import find
from streams.rebuild.whole import Rebuild, Report
from streams.settings import Settings

DETAILED_COMPANIES_MAX = 20  # Of the others only the places are told.


@dataclass
class Found:
    """Both sides' digests, how they differ, and where the source's own totals do."""

    in_use: Digests
    rebuilt: Digests
    newly_rejected: list[Rejected]  # What only the tables in use are built with.
    differences: dict[str, Differences] = field(default_factory=dict)
    totals: dict[str, Sequence[Difference]] = field(default_factory=dict)


async def verify_all(settings: Settings, *, holder: str, report: Report) -> Found:
    """Builds all companies anew beside the ledger in use, compares, and throws away.

    Raises as Rebuild.verified does.
    """
    work = Rebuild(settings, LEDGER, holder=holder, report=report)
    async with work.verified() as (compared, rebuilt):
        found = Found(compared.in_use, compared.rebuilt, rebuilt.newly_rejected)
        return await _detailed(found, compared.sides, compared.versions)


async def verify_company(
    settings: Settings, company_id: str, *, holder: str, report: Callable[[int, int], None]
) -> Found:
    """The same of one company. Raises as company_build and CompanyBuild.advance do."""
    async with _company(settings, company_id, holder, report) as (sides, versions, rejected):
        newly_rejected = await find(sides.left, LEDGER, rejected)
        found = Found(*await sides.digests(versions, [company_id]), newly_rejected)
        return await _detailed(found, sides, versions)


@asynccontextmanager
async def _company(
    settings: Settings, company_id: str, holder: str, report: Callable[[int, int], None]
) -> AsyncIterator[tuple[Sides, Versions, list[Rejected]]]:
    database = build_database(settings)
    await database.start()
    try:
        async with company_build(
            database,
            LEDGER,
            company_id,
            kind="company",
            settings=settings,
            holder=holder,
            report=report,
        ) as build:
            await build.advance(build.log_end)
            async with at_one_offset(
                database,
                LEDGER,
                lambda to: build.advance(to[build.partition]),
                partitions=[build.partition],
            ) as sides:
                schema = LEDGER.schema(await version_in_use(sides.left, LEDGER))
                yield sides, Versions(in_use=schema, rebuilt=build.build.schema), build.rejected
    finally:
        await database.stop()


async def _detailed(found: Found, sides: Sides, versions: Versions) -> Found:
    """How the sides differ, and where a source's own totals do."""
    places = differing(found.in_use, found.rebuilt)
    wrong = sorted({place.company_id for place in places})
    for company_id in wrong[:DETAILED_COMPANIES_MAX]:
        found.differences[company_id] = await differences(sides.left, versions, company_id, places)
    for company_id in sorted({place.company_id for place in found.in_use}):
        proof = await verification(sides.left, company_id)
        if proof.differences:
            found.totals[company_id] = proof.differences
    return found

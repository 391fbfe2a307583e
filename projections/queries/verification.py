"""Do the source's own totals agree with our bookkeeping, year by year, and how old is the proof?"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import asyncpg

from projections.queries.company_facts import check_known
from projections.queries.fiscal_years import choose, fiscal_years
from projections.queries.snapshot import snapshot
from schemas.model import Model
from schemas.topics import LEDGER

# The years that have something to prove, or were proved. A proof holds until a later run (or a
# later attempt of the same one) has changed the year without bringing totals of its own.
# max() and not EXISTS: it looks up the changes in their index and skips the runs of other years.
# The booked years are found one after the other: a year of balances is hundreds of rows.
YEARS = """
    WITH RECURSIVE booked AS (
        SELECT company_id, (SELECT min(fiscal_year) FROM ledger.account_balance AS balance
            WHERE balance.company_id = asked.company_id) AS fiscal_year
        FROM unnest($1::text[]) AS asked (company_id)
        UNION ALL
        SELECT company_id, (SELECT min(fiscal_year) FROM ledger.account_balance AS balance
            WHERE balance.company_id = booked.company_id
                AND balance.fiscal_year > booked.fiscal_year) AS fiscal_year
        FROM booked WHERE fiscal_year IS NOT NULL
    )
    SELECT year.company_id, year.fiscal_year, proof.verified_at AS as_of, proof.up_to,
        CASE WHEN proof.state IS NULL OR (
            SELECT max(change.run_number) FROM ledger.voucher_change AS change
            WHERE change.company_id = year.company_id
                AND change.run_number > proof.run_number
                AND change.fiscal_year = year.fiscal_year
        ) IS NOT NULL OR EXISTS (
            SELECT FROM ledger.read_result AS later
            WHERE later.company_id = year.company_id
                AND later.fiscal_year = year.fiscal_year AND later.part = 'vouchers'
                AND later.run_number = proof.run_number AND later.attempt > proof.attempt
        ) OR proof.openings <> (
            SELECT coalesce(md5(string_agg(account || ' ' || amount, ',' ORDER BY account
                COLLATE "C")), '') FROM ledger.opening_balance AS opening
            WHERE opening.company_id = year.company_id AND opening.fiscal_year = year.fiscal_year
                AND dimension = '' AND amount <> 0
        ) OR EXISTS (
            SELECT FROM engine.accepted_gap AS gap
            WHERE gap.company_id = year.company_id AND gap.topic = $2
                AND gap.accepted_at >= proof.verified_at
        ) THEN 'unverified' ELSE proof.state END AS state
    FROM (
        SELECT company_id, fiscal_year FROM booked WHERE fiscal_year IS NOT NULL
        UNION SELECT company_id, fiscal_year FROM ledger.set_aside_voucher
            WHERE company_id = ANY($1)
        UNION SELECT company_id, fiscal_year FROM ledger.verification WHERE company_id = ANY($1)
    ) AS year
    LEFT JOIN ledger.verification AS proof
        ON proof.company_id = year.company_id AND proof.fiscal_year = year.fiscal_year
    ORDER BY year.company_id, year.fiscal_year
"""
DIFFERENCES = """
    SELECT fiscal_year, account, kind, expected, actual, actual - expected AS difference
    FROM ledger.verification_difference
    WHERE company_id = $1 ORDER BY fiscal_year, account COLLATE "C", kind
"""
OPEN_DEAD_LETTERS = """
    SELECT company_id, count(*) AS messages FROM engine.dead_letter
    WHERE company_id = ANY($1) AND topic = $2 GROUP BY company_id
"""

State = Literal["verified", "differs", "unverified"]


class Difference(Model):
    """An account that does not add up to what its source says."""

    fiscal_year: date
    account: str
    kind: Literal["closing", "result"]
    expected: Decimal  # What the source says.
    actual: Decimal  # What the ledger holds.
    difference: Decimal


class VerifiedYear(Model):
    fiscal_year: date
    state: State = "unverified"
    as_of: datetime | None = None  # When the last proof was made, whatever came after it.
    up_to: date | None = None  # The totals cover the year up to this day; None: all of it.
    differences: tuple[Difference, ...] = ()


class VerifiedCompany(Model):
    company_id: str
    state: State
    as_of: datetime | None
    dead_letters: int  # Messages of its bookkeeping that could not be applied.
    years: tuple[VerifiedYear, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        return tuple(difference for year in self.years for difference in year.differences)


async def verify_totals(
    connection: asyncpg.Connection, company_id: str, wanted: int | date | None = None
) -> VerifiedCompany:
    """The company, with all its years or the one that is wanted.

    Raises UnknownCompany, and as fiscal_years.choose does.
    """
    async with snapshot(connection):
        source = await check_known(connection, company_id)
        known = await fiscal_years(connection, company_id)
        chosen = choose(company_id, known, wanted, source=source)
        found = await verification(connection, company_id)
    if wanted is None:
        return found
    first_day = chosen.first_day
    years = tuple(year for year in found.years if year.fiscal_year == first_day)
    return found.model_copy(update={"years": years or (VerifiedYear(fiscal_year=first_day),)})


async def verification(connection: asyncpg.Connection, company_id: str) -> VerifiedCompany:
    """Each year that has postings or was proved, and what they say of the company together."""
    differences = [Difference(**row) for row in await connection.fetch(DIFFERENCES, company_id)]
    rows = await connection.fetch(YEARS, [company_id], LEDGER.name)
    years = [_year(row, differences) for row in rows]
    dead_letters = (await _dead_letters(connection, [company_id])).get(company_id, 0)
    return VerifiedCompany(
        company_id=company_id,
        state=_state({year.state for year in years}, is_whole=not dead_letters),
        as_of=max((year.as_of for year in years if year.as_of), default=None),
        dead_letters=dead_letters,
        years=tuple(years),
    )


async def verification_states(
    connection: asyncpg.Connection, company_ids: Sequence[str]
) -> dict[str, State]:
    """What `verification` says of each of the companies, by its id: asked of all at once."""
    years = defaultdict[str, set[State]](set)
    for row in await connection.fetch(YEARS, company_ids, LEDGER.name):
        years[row["company_id"]].add(row["state"])
    dead_letters = await _dead_letters(connection, company_ids)
    return {
        company_id: _state(years[company_id], is_whole=company_id not in dead_letters)
        for company_id in company_ids
    }


async def _dead_letters(
    connection: asyncpg.Connection, company_ids: Sequence[str]
) -> dict[str, int]:
    """How many messages of the ledger were set aside, of each company that has any."""
    rows = await connection.fetch(OPEN_DEAD_LETTERS, company_ids, LEDGER.name)
    return {row["company_id"]: row["messages"] for row in rows}


def _year(row: asyncpg.Record, differences: Sequence[Difference]) -> VerifiedYear:
    """What differed at the last proof says nothing once the year has changed."""
    differing = [one for one in differences if one.fiscal_year == row["fiscal_year"]]
    return VerifiedYear(
        fiscal_year=row["fiscal_year"],
        state=row["state"],
        as_of=row["as_of"],
        up_to=row["up_to"],
        differences=tuple(differing) if row["state"] == "differs" else (),
    )


def _state(years: set[State], *, is_whole: bool) -> State:
    """A company is verified only if all its years are, and nothing of it was set aside."""
    if "differs" in years:
        return "differs"
    return "verified" if years == {"verified"} and is_whole else "unverified"

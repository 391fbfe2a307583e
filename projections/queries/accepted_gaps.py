"""Which companies lack messages of their bookkeeping, as an operator has accepted?"""

from collections.abc import Sequence

import asyncpg

from schemas.topics import LEDGER

# Until their vouchers have been read whole since: at all, and of each year that is booked.
LACKING = """
    SELECT company_id FROM engine.accepted_gap AS gap JOIN engine.company USING (company_id)
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(DISTINCT fiscal_year), '{}') AS years FROM ledger.read_result
        WHERE company_id = gap.company_id AND part = 'vouchers' AND snapshot
            AND state = 'complete' AND completed_at > gap.accepted_at
    ) AS since
    WHERE topic = $1 AND ($2::text[] IS NULL OR company_id = ANY($2)) AND (years = '{}' OR EXISTS (
        SELECT FROM ledger.account_balance AS booked
        WHERE booked.company_id = gap.company_id AND NOT booked.fiscal_year = ANY(years)))
    ORDER BY company_id
"""


async def lacking(
    connection: asyncpg.Connection, company_ids: Sequence[str] | None = None
) -> list[str]:
    """Those of the companies, or of all, that their source has not filled again."""
    rows = await connection.fetch(LACKING, LEDGER.name, company_ids)
    return [row["company_id"] for row in rows]

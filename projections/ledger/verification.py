"""Whether a source's own totals of a year agree with the year's opening balances and postings.

They are compared where a complete snapshot of vouchers has brought them: totals and vouchers are
then of one document. A later change leaves the proof as it is; who asks finds by the run numbers
that the year has moved on (projections/queries/verification.py).
"""

from collections.abc import Sequence
from datetime import date

import asyncpg

from projections.ledger.fold import Round
from projections.ledger.observed_table import snapshot_arguments, snapshots_of

# A snapshot has removed the totals that it did not bring itself: those that are there are its own.
# A day outside the year covers the whole of it: some programs write one from another century.
PROVE = """
    INSERT INTO verification AS proof
        (company_id, fiscal_year, state, run_number, attempt, verified_at, openings, up_to)
    SELECT company_id, fiscal_year, 'verified', read.run_number, read.attempt, read.completed_at,
        opened.openings,
        CASE WHEN stated.up_to >= fiscal_year AND stated.up_to < year.last_day
            THEN stated.up_to END
    FROM unnest($1::text[], $2::date[], $3::integer[], $4::integer[], $5::timestamptz[])
        AS read (company_id, fiscal_year, run_number, attempt, completed_at)
    CROSS JOIN LATERAL (
        SELECT count(*) AS totals, max(up_to) AS up_to FROM control_total AS total
        WHERE total.company_id = read.company_id AND total.fiscal_year = read.fiscal_year
            AND part = 'vouchers' AND dimension = ''
    ) AS stated
    CROSS JOIN LATERAL (
        SELECT coalesce(md5(string_agg(account || ' ' || amount, ',' ORDER BY account
            COLLATE "C")), '') AS openings
        FROM opening_balance AS opening
        WHERE opening.company_id = read.company_id AND opening.fiscal_year = read.fiscal_year
            AND dimension = '' AND amount <> 0
    ) AS opened
    LEFT JOIN fiscal_year AS year USING (company_id, fiscal_year)
    WHERE stated.totals > 0
    ON CONFLICT (company_id, fiscal_year) DO UPDATE
    SET (state, run_number, attempt, verified_at, openings, up_to) = ROW(excluded.state,
        excluded.run_number, excluded.attempt, excluded.verified_at, excluded.openings,
        excluded.up_to)
    RETURNING company_id, fiscal_year
"""
# Months that are wholly covered are taken from the balances, which do not grow with the postings;
# of a month that `up_to` cuts, the postings are counted.
COMPARE = """
    WITH proof AS MATERIALIZED (
        SELECT company_id, fiscal_year, up_to, date_trunc('month', up_to + 1)::date AS cut_month
        FROM unnest($1::text[], $2::date[]) AS proved (company_id, fiscal_year)
        JOIN verification USING (company_id, fiscal_year)
    ), cut AS MATERIALIZED (
        SELECT company_id, fiscal_year, series, number, occurrence
        FROM proof JOIN voucher USING (company_id, fiscal_year)
        WHERE voucher_date BETWEEN cut_month AND up_to
    ), movement AS (
        SELECT company_id, fiscal_year, account, sum(amount) AS amount FROM (
            SELECT company_id, fiscal_year, account, movement AS amount
            FROM proof JOIN account_balance USING (company_id, fiscal_year)
            WHERE up_to IS NULL OR month < cut_month
            UNION ALL
            SELECT company_id, fiscal_year, account, amount
            FROM cut JOIN posting USING (company_id, fiscal_year, series, number, occurrence)
            WHERE state <> 'struck'
        ) AS moved GROUP BY 1, 2, 3
    ), opening AS (
        SELECT company_id, fiscal_year, account, amount
        FROM proof JOIN opening_balance USING (company_id, fiscal_year) WHERE dimension = ''
    ), stated AS (
        SELECT company_id, fiscal_year, account, kind, amount
        FROM proof JOIN control_total USING (company_id, fiscal_year)
        WHERE part = 'vouchers' AND dimension = ''
    ), compared AS (
        SELECT company_id, fiscal_year, account,
            coalesce(stated.kind, CASE
                WHEN coalesce(chart.type IN ('asset', 'liability'), account ~ '^[12]')
                THEN 'closing' ELSE 'result' END) AS kind,
            coalesce(stated.amount, 0) AS expected,
            coalesce(opening.amount, 0) AS opening, coalesce(movement.amount, 0) AS movement
        FROM opening
        FULL JOIN movement USING (company_id, fiscal_year, account)
        FULL JOIN stated USING (company_id, fiscal_year, account)
        LEFT JOIN account AS chart USING (company_id, fiscal_year, account)
    ), differing AS (
        INSERT INTO verification_difference
            (company_id, fiscal_year, account, kind, expected, actual)
        SELECT company_id, fiscal_year, account, kind, expected, actual
        FROM compared
        CROSS JOIN LATERAL (
            SELECT opening + movement AS actual
        ) AS held
        WHERE expected <> actual
        RETURNING company_id, fiscal_year
    )
    UPDATE verification SET state = 'differs' FROM differing
    WHERE verification.company_id = differing.company_id
        AND verification.fiscal_year = differing.fiscal_year
"""
FORGET = """
    DELETE FROM verification USING unnest($1::text[], $2::date[]) AS gone (company_id, fiscal_year)
    WHERE verification.company_id = gone.company_id
        AND verification.fiscal_year = gone.fiscal_year
"""
FORGET_DIFFERENCES = """
    DELETE FROM verification_difference AS difference
    USING unnest($1::text[], $2::date[]) AS gone (company_id, fiscal_year)
    WHERE difference.company_id = gone.company_id AND difference.fiscal_year = gone.fiscal_year
"""


async def apply(connection: asyncpg.Connection, batch: Round) -> None:
    """Proves the years whose whole read of vouchers, with totals, ends in the round."""
    snapshots = snapshots_of(batch, "vouchers")
    if not snapshots:
        return
    ended = [segment.last.occurred_at for segment in snapshots]
    proved = await connection.fetch(PROVE, *snapshot_arguments(snapshots), ended)
    if proved:
        companies, years = [row[0] for row in proved], [row[1] for row in proved]
        await connection.execute(FORGET_DIFFERENCES, companies, years)
        await connection.execute(COMPARE, companies, years)


async def forget(
    connection: asyncpg.Connection, companies: Sequence[str], years: Sequence[date]
) -> None:
    """Takes away the proofs of those years."""
    await connection.execute(FORGET_DIFFERENCES, companies, years)
    await connection.execute(FORGET, companies, years)

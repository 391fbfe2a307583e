"""The ledger, applied: a batch of events into its tables, inside the caller's transaction."""

from collections.abc import Sequence

import asyncpg

from projections.ledger import company, purge, read_result, replaced_year, verification, voucher
from projections.ledger.account import ACCOUNT
from projections.ledger.control_total import CONTROL_TOTALS
from projections.ledger.counts import Counts, RoundCounts
from projections.ledger.dimension import DIMENSION, OBJECT
from projections.ledger.fiscal_year import FISCAL_YEAR
from projections.ledger.fold import Round, fold, read_key
from projections.ledger.opening_balance import OPENING_BALANCE
from projections.ledger.period_balance import PERIOD_BALANCE, PERIOD_BUDGET
from schemas.ledger_events import AnyLedgerEvent, VouchersObserved, VouchersSubmitted

NAME = "ledger"
# Of the tables: which code can fill and read them. A version is one build of them.
SHAPE = 4
OBSERVED_TABLES = (
    FISCAL_YEAR,
    ACCOUNT,
    DIMENSION,
    OBJECT,
    OPENING_BALANCE,
    PERIOD_BALANCE,
    PERIOD_BUDGET,
    *CONTROL_TOTALS,
)
_YEARLY_TABLES = [table for table in OBSERVED_TABLES if "fiscal_year" in table.scope]


def prepare(event: AnyLedgerEvent) -> AnyLedgerEvent:
    """Does the part of the work that needs no database: while the batch before is written."""
    if isinstance(event, VouchersObserved | VouchersSubmitted):
        for voucher in event.vouchers:
            _ = voucher.digest
    return event


async def apply(connection: asyncpg.Connection, events: Sequence[AnyLedgerEvent]) -> int:
    """Applies the events in their order; the number of those that the fence ignored.

    The caller has opened the transaction, locked the offsets, and set the search path.
    """
    keys = {key for event in events if (key := read_key(event)) is not None}
    folded = fold(
        events,
        fences=await company.fences(connection, {event.company_id for event in events}),
        progress=await read_result.progress(connection, keys),
    )
    await company.raise_fences(connection, folded)
    for batch in folded.rounds:
        await _apply_round(connection, batch)
    return sum(folded.ignored.values())


async def _apply_round(connection: asyncpg.Connection, batch: Round) -> None:
    await purge.apply(connection, batch)
    counts: RoundCounts = {}
    _add(counts, await company.apply(connection, batch))
    for table in OBSERVED_TABLES:
        done = await table.apply(connection, batch)
        if table not in CONTROL_TOTALS:  # Nothing is booked from them: a read does not count them.
            _add(counts, done)
    await voucher.apply(connection, batch)
    replaced = await replaced_year.apply(connection, batch, _YEARLY_TABLES)
    await verification.apply(connection, batch)
    await read_result.apply(connection, batch, counts, replaced)


def _add(counts: RoundCounts, more: RoundCounts) -> None:
    for company_id, done in more.items():
        counts.setdefault(company_id, Counts()).add(done)

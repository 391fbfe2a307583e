"""The chart of accounts, per fiscal year."""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row
from schemas.ledger_events import AccountsObserved, AnyLedgerEvent


def _rows(event: AnyLedgerEvent) -> Iterator[Row]:
    if isinstance(event, AccountsObserved):
        for account in event.accounts:
            yield account.model_dump() | {"fiscal_year": event.fiscal_year}


ACCOUNT = ObservedTable(
    name="account",
    part="accounts",
    scope=("company_id", "fiscal_year"),
    key={"company_id": "text", "fiscal_year": "date", "account": "text"},
    values={"name": "text", "type": "text", "unit": "text", "sru": "jsonb"},
    rows=_rows,
)

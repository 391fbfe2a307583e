"""The opening balances of a fiscal year, per account and where stated per object."""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row
from schemas.ledger_events import AnyLedgerEvent, OpeningBalancesObserved


def _rows(event: AnyLedgerEvent) -> Iterator[Row]:
    if isinstance(event, OpeningBalancesObserved):
        for balance in event.balances:
            yield balance.model_dump(mode="json") | {"fiscal_year": event.fiscal_year}


OPENING_BALANCE = ObservedTable(
    name="opening_balance",
    part="opening_balances",
    scope=("company_id", "fiscal_year"),
    key={
        "company_id": "text",
        "fiscal_year": "date",
        "account": "text",
        "dimension": "text",
        "object": "text",
    },
    values={"amount": "numeric", "quantity": "numeric"},
    rows=_rows,
)

"""What the source itself says that accounts add up to: kept to compare, never booked."""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row
from schemas.ledger_events import AnyLedgerEvent, ControlTotalsObserved


def _rows(event: AnyLedgerEvent) -> Iterator[Row]:
    if isinstance(event, ControlTotalsObserved):
        stamp: Row = {"fiscal_year": event.fiscal_year, "up_to": event.up_to}
        for total in event.totals:
            yield total.model_dump(mode="json") | stamp


CONTROL_TOTAL = ObservedTable(
    name="control_total",
    part="vouchers",
    scope=("company_id", "fiscal_year"),
    key={"company_id": "text", "fiscal_year": "date", "account": "text", "kind": "text"},
    values={"amount": "numeric", "up_to": "date"},
    rows=_rows,
)

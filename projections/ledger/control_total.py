"""What the source itself says that accounts add up to: kept to compare, never booked.

Totals belong to the part whose read brought them, and the parts' totals stand side by side: a
snapshot removes those of its own part and year that it did not bring, and no others. So balances
without vouchers (SIE types 1 to 3) neither prove the vouchers nor take their totals away, and they
are gone with the next snapshot of opening balances that comes without them.
"""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row, Rows
from schemas.ledger_events import AnyLedgerEvent, ControlTotalsObserved
from schemas.parts import Part


def _rows_of(part: Part) -> Rows:
    def rows(event: AnyLedgerEvent) -> Iterator[Row]:
        if not isinstance(event, ControlTotalsObserved) or event.read.part != part:
            return
        stamp: Row = {"fiscal_year": event.fiscal_year, "part": part, "up_to": event.up_to}
        whole: Row = {"dimension": "", "object": ""}
        for total in event.totals:
            yield total.model_dump(mode="json") | whole | stamp
        for of_object in event.object_totals:
            yield of_object.model_dump(mode="json") | stamp

    return rows


def _table(part: Part) -> ObservedTable:
    return ObservedTable(
        name="control_total",
        part=part,
        scope=("company_id", "fiscal_year", "part"),
        key={
            "company_id": "text",
            "fiscal_year": "date",
            "part": "text",
            "account": "text",
            "kind": "text",
            "dimension": "text",
            "object": "text",
        },
        values={"amount": "numeric", "quantity": "numeric", "up_to": "date"},
        rows=_rows_of(part),
    )


CONTROL_TOTALS = (_table("vouchers"), _table("opening_balances"))

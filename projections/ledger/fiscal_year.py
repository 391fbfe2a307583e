"""The fiscal years of a company."""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row
from schemas.ledger_events import AnyLedgerEvent, FiscalYearsObserved


def _rows(event: AnyLedgerEvent) -> Iterator[Row]:
    if isinstance(event, FiscalYearsObserved):
        for year in event.fiscal_years:
            yield {
                "fiscal_year": year.first_day,
                "last_day": year.last_day,
                "source_id": year.source_id,
            }


FISCAL_YEAR = ObservedTable(
    name="fiscal_year",
    part="fiscal_years",
    scope=("company_id",),
    key={"company_id": "text", "fiscal_year": "date"},
    values={"last_day": "date", "source_id": "text"},
    rows=_rows,
)

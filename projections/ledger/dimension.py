"""The dimensions and their objects: of the company, whatever the year."""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row
from schemas.ledger_events import AnyLedgerEvent, DimensionsObserved


def _dimension_rows(event: AnyLedgerEvent) -> Iterator[Row]:
    if isinstance(event, DimensionsObserved):
        for dimension in event.dimensions:
            yield dimension.model_dump()


def _object_rows(event: AnyLedgerEvent) -> Iterator[Row]:
    if isinstance(event, DimensionsObserved):
        for found in event.objects:
            yield found.model_dump()


DIMENSION = ObservedTable(
    name="dimension",
    part="dimensions",
    scope=("company_id",),
    key={"company_id": "text", "dimension": "text"},
    values={"name": "text", "parent": "text"},
    rows=_dimension_rows,
)
OBJECT = ObservedTable(
    name="object",
    part="dimensions",
    scope=("company_id",),
    key={"company_id": "text", "dimension": "text", "object": "text"},
    values={"name": "text"},
    rows=_object_rows,
)

"""The change of an account per month as its source states it: actual, and budgeted."""

from collections.abc import Iterator

from projections.ledger.observed_table import ObservedTable, Row, Rows
from schemas.ledger_events import AnyLedgerEvent, BalanceKind, PeriodBalancesObserved


def _rows_of(kind: str) -> Rows:
    def rows(event: AnyLedgerEvent) -> Iterator[Row]:
        if isinstance(event, PeriodBalancesObserved):
            for balance in event.balances:
                if balance.kind == kind:
                    yield balance.model_dump(mode="json") | {"fiscal_year": event.fiscal_year}

    return rows


def _table(name: str, kind: str, kept_as: BalanceKind) -> ObservedTable:
    return ObservedTable(
        name=name,
        part="opening_balances",
        scope=("company_id", "fiscal_year"),
        key={
            "company_id": "text",
            "fiscal_year": "date",
            "account": "text",
            "month": "date",
            "dimension": "text",
            "object": "text",
        },
        values={"amount": "numeric", "quantity": "numeric"},
        rows=_rows_of(kind),
        kind=kept_as,
    )


PERIOD_BALANCE = _table("period_balance", "actual", "months")
PERIOD_BUDGET = _table("period_budget", "budget", "budgets")

"""A run of all its reads, as the runner makes it: pages become messages, and events again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.protocol import Connector, Page, PlannedRead
from schemas.bookkeeping import Voucher
from schemas.codec import Message, decode_ledger, encode, encode_vouchers
from schemas.ledger_events import (
    AnyLedgerEvent,
    VouchersObserved,
)
from schemas.parts import Scope

AT = datetime(2026, 1, 15, tzinfo=UTC)


@dataclass(frozen=True)
class ReadDone:
    """A read, its messages, and the events in them."""

    plan: PlannedRead
    messages: list[Message]
    events: list[AnyLedgerEvent]

    @property
    def content(self) -> list[dict[str, Any]]:
        """What the events say, apart from their run."""
        stamp = set(_stamp(self.plan, 1))
        return [event.model_dump(mode="json", exclude=stamp) for event in self.events]

    @property
    def vouchers(self) -> list[Voucher]:
        return [
            voucher
            for event in self.events
            if isinstance(event, VouchersObserved)
            for voucher in event.vouchers
        ]


def run(connector: Connector, scope: Scope | None = None) -> list[ReadDone]:
    return [_read(connector, plan) for plan in connector.reads(scope or Scope())]


def _read(connector: Connector, plan: PlannedRead) -> ReadDone:
    messages = [
        _message(page, _stamp(plan, sequence))
        for sequence, page in enumerate(connector.pages(plan), start=1)
    ]
    events = [decode_ledger(message.value, key=message.key) for message in messages]
    return ReadDone(plan, messages, events)


def _message(page: Page, stamp: dict[str, Any]) -> Message:
    if page.vouchers:
        return encode_vouchers(page.kind, stamp, page.vouchers, page.content)
    event: Any = page.kind.model_validate({**page.content, **stamp})
    return encode(event)


def _stamp(plan: PlannedRead, sequence: int) -> dict[str, Any]:
    run = {"company_id": "bolaget", "generation": 1, "run_number": 1, "attempt": 1}
    return {**run, "occurred_at": AT, "read": plan.read, "sequence": sequence}

"""The pages of a read as messages: stamped with their run, and numbered 1 … n."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from connectors.protocol import Page, PlannedRead
from schemas.codec import Message, encode
from schemas.ledger_events import (
    AnyLedgerEvent,
    ReadCompleted,
    ReadEvent,
    VouchersObserved,
    VouchersSetAside,
)
from streams.sync_runs import Claimed


class Stamper:
    """Turns the pages of one read into messages: stamped with the run, numbered 1 … n."""

    def __init__(self, run: Claimed, plan: PlannedRead) -> None:
        self._plan = plan
        self._stamp = {
            "company_id": run.company_id,
            "generation": run.generation,
            "run_number": run.run_number,
            "attempt": run.attempt,
            "read": plan.read,
        }
        self._events = 0
        self.vouchers = 0
        self.set_aside = 0

    def next_message(self, pages: Iterator[Page]) -> Message | None:
        """The next page as a message, None where there is none."""
        page = next(pages, None)
        if page is None:
            return None
        event = self._event(page.kind, page.content)
        if isinstance(event, VouchersObserved):
            self.vouchers += len(event.vouchers)
        elif isinstance(event, VouchersSetAside):
            self.set_aside += len(event.vouchers)
        return encode(event)

    def completion(self) -> Message:
        """The read's last message."""
        content = {
            "snapshot": self._plan.snapshot,
            "events": self._events,  # Those before this one.
            "vouchers": self.vouchers,
            "set_aside": self.set_aside,
        }
        return encode(self._event(ReadCompleted, content))

    def _event(self, kind: type[ReadEvent], content: Mapping[str, object]) -> AnyLedgerEvent:
        self._events += 1
        stamp = {"sequence": self._events, "occurred_at": datetime.now(UTC)}
        event = kind.model_validate({**content, **self._stamp, **stamp})
        assert isinstance(event, AnyLedgerEvent)  # Every kind of read event is listed there.
        return event

"""The pages of a read as messages: stamped with their run, and numbered 1 … n."""

from collections.abc import Iterator, Mapping, Sized
from datetime import UTC, datetime

from connectors.protocol import Page, PlannedRead
from schemas.codec import Message, encode, encode_vouchers
from schemas.ledger_events import (
    AnyLedgerEvent,
    ReadCompleted,
    ReadEvent,
    VouchersObserved,
    VouchersSetAside,
    VouchersSubmitted,
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

    @property
    def all_vouchers(self) -> int:
        """Those that could be booked, and those that were set aside."""
        return self.vouchers + self.set_aside

    def next_message(self, pages: Iterator[Page]) -> Message | None:
        """The next page as a message, None where there is none."""
        page = next(pages, None)
        if page is None:
            return None
        stamp = self._next_stamp()
        vouchers: Sized = page.vouchers
        if page.vouchers:
            message = encode_vouchers(page.kind, stamp, page.vouchers, page.content)
        else:
            event = _event(page.kind, {**page.content, **stamp})
            message = encode(event)
            if isinstance(event, VouchersObserved | VouchersSubmitted | VouchersSetAside):
                vouchers = event.vouchers
        if page.kind is VouchersSetAside:
            self.set_aside += len(vouchers)
        else:
            self.vouchers += len(vouchers)
        return message

    def completion(self) -> Message:
        """The read's last message."""
        content = {
            "snapshot": self._plan.snapshot,
            "keeps": self._plan.keeps,
            "events": self._events,  # Those before this one.
            "vouchers": self.vouchers,
            "set_aside": self.set_aside,
        }
        return encode(_event(ReadCompleted, {**content, **self._next_stamp()}))

    def _next_stamp(self) -> dict[str, object]:
        self._events += 1
        return {**self._stamp, "sequence": self._events, "occurred_at": datetime.now(UTC)}


def _event(kind: type[ReadEvent], content: Mapping[str, object]) -> AnyLedgerEvent:
    event = kind.model_validate(content)
    assert isinstance(event, AnyLedgerEvent)  # Every kind of read event is listed there.
    return event

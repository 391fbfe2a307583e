"""The vendor's traps as switches that a test sets for a tenant (facts, sections 3 and 12)."""

from asyncio import wrap_future
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Literal

from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.refusals import ErrorSpelling

FaultKind = Literal[
    "rate_limited",  # 429, though there is room in the window.
    "system_error",  # 500 with the vendor's code.
    "unavailable",  # 503 from a gateway, and no JSON.
    "token_refused",
    "scope_missing",
    "licence_missing",
    "api_licence_missing",
    "cut",  # The connection ends in the middle of the answer.
    "held",  # The answer waits until the tenant's gate is opened.
]
ALWAYS = 2**31


@dataclass(frozen=True)
class Fault:
    """What some requests meet, counted from the moment at which the traps are set."""

    kind: FaultKind
    path: str = "/3/"  # Only requests to paths that begin so are counted.
    after: int = 0  # So many of them are answered well first.
    times: int = 1
    retry_after_seconds: int = 1  # Of rate_limited.


@dataclass(frozen=True)
class Traps:
    """How a tenant's vendor behaves; the default is as it does on a good day."""

    faults: tuple[Fault, ...] = ()
    error_spelling: ErrorSpelling = "capital"
    numbers_as_strings: bool = False
    page_beyond_is_error: bool = True  # Else it is an empty page.
    drift: Callable[[Books], object] | None = None  # Called after each voucher page but the last.
    sie_encoding: Literal["utf-8", "cp437"] = "utf-8"  # Under #FORMAT PC8 either way.
    clock_skew: timedelta = timedelta(0)  # Of stamps and of the Date of answers.
    answer_seconds: float = 0.0  # Each answer waits so long.


class FaultPlan:
    """Counts requests, and says which of them meet a fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults
        self._counts = [0] * len(faults)

    def next(self, path: str) -> Fault | None:
        """The fault that a request to this path meets: the first one that holds."""
        met = None
        for place, fault in enumerate(self._faults):
            if path.startswith(fault.path):
                count = self._counts[place]
                self._counts[place] += 1
                if met is None and fault.after <= count < fault.after + fault.times:
                    met = fault
        return met


class Gate:
    """Holds answers until it is opened; `reached` says that one is waiting."""

    def __init__(self) -> None:
        self.reached = Event()
        self._opened: Future[None] = Future()

    def open(self) -> None:
        """For the answers that wait, and for all that come after them."""
        if not self._opened.done():
            self._opened.set_result(None)

    async def passed(self) -> None:
        self.reached.set()
        await wrap_future(self._opened)

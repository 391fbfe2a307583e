"""One company at the simulated vendor: its books, its limit and its traps."""

from datetime import datetime

from connectors.simulators.clock import VendorClock
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.rate_window import RateLimit, RateWindow
from connectors.simulators.fortnox.records import Company
from connectors.simulators.fortnox.traps import Fault, FaultPlan, Gate, Traps


class Tenant:
    def __init__(self, name: str, company: Company, clock: VendorClock, limit: RateLimit) -> None:
        self.name = name
        self.books = Books(company, self.now)
        self.window = RateWindow(limit)
        self.gate = Gate()
        self._clock = clock
        self.traps = Traps()

    def now(self) -> datetime:
        """The time at the vendor's server, which may go wrong for this tenant."""
        return self._clock.now() + self.traps.clock_skew

    @property
    def traps(self) -> Traps:
        return self._traps

    @traps.setter
    def traps(self, traps: Traps) -> None:
        """Also while requests come in; the faults are counted from here, with a new gate."""
        self.gate.open()
        self.gate = Gate()
        self._faults = FaultPlan(traps.faults)
        self._traps = traps

    @property
    def violations(self) -> int:
        """The requests that came beyond the window."""
        return self.window.violations

    def next_fault(self, path: str) -> Fault | None:
        return self._faults.next(path)

"""What a year's proof is, in plain Python: nothing of it is shared with the code that it checks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.bookkeeping import Voucher
from schemas.ledger_events import (
    ControlTotalsObserved,
    FiscalYearsObserved,
    OpeningBalancesObserved,
    ReadCompleted,
    ReadEvent,
)

NOTHING = Decimal("0.00")
Stamp = tuple[int, int]  # Run and attempt.
Difference = tuple[str, str, Decimal, Decimal]  # Account, kind, expected, actual.


class Proof(NamedTuple):
    state: str
    stamp: Stamp
    up_to: date | None
    differences: frozenset[Difference]
    opened: Mapping[str, Decimal]  # The opening balances that were compared, but for zeros.


@dataclass
class Proofs:
    """Of one company: what its sources stated, and what came of it."""

    last_days: dict[date, date] = field(default_factory=dict)
    openings: dict[tuple[date, str], tuple[Decimal, Stamp]] = field(default_factory=dict)
    totals: dict[tuple[str, date, str, str], tuple[Decimal, date | None, Stamp]] = field(
        default_factory=dict
    )
    of_year: dict[date, Proof] = field(default_factory=dict)
    # Per run and voucher, the content before the run and after it.
    changes: dict[tuple[int, Any], list[Voucher | None]] = field(default_factory=dict)
    reads: set[tuple[str, date | None, Stamp]] = field(default_factory=set)

    def note(self, event: ReadEvent) -> None:
        stamp = (event.run_number, event.attempt)
        if not isinstance(event, ReadCompleted):
            self.reads.add((event.read.part, event.read.fiscal_year, stamp))
        if isinstance(event, FiscalYearsObserved):
            self.last_days |= {year.first_day: year.last_day for year in event.fiscal_years}
        elif isinstance(event, OpeningBalancesObserved):
            for balance in event.balances:
                place = (event.fiscal_year, balance.account)
                self.openings[place] = (balance.amount, stamp)
        elif isinstance(event, ControlTotalsObserved):
            for total in event.totals:
                of_read = (event.read.part, event.fiscal_year, total.account, total.kind)
                self.totals[of_read] = (total.amount, event.up_to, stamp)

    def note_changes(
        self, run: int, before: Mapping[Any, Voucher], after: Mapping[Any, Voucher]
    ) -> None:
        for key in before.keys() | after.keys():
            if before.get(key) != after.get(key):
                ends = self.changes.setdefault((run, key), [before.get(key), None])
                ends[1] = after.get(key)

    def keep_only(self, event: ReadCompleted) -> None:
        """A snapshot was all there is of its part and year."""
        part, year = event.read.part, event.read.fiscal_year
        stamp = (event.run_number, event.attempt)
        self.totals = {
            place: total
            for place, total in self.totals.items()
            if place[:2] != (part, year) or total[2] == stamp
        }
        if part == "opening_balances":
            self.openings = {
                place: opening
                for place, opening in self.openings.items()
                if place[0] != year or opening[1] == stamp
            }

    def prove(self, event: ReadCompleted, vouchers: Iterable[Voucher]) -> None:
        year = event.read.fiscal_year
        assert year is not None
        stated = {
            (place[2], place[3]): total
            for place, total in self.totals.items()
            if place[:2] == ("vouchers", year)
        }
        if not stated:
            return
        days = [day for _, day, _ in stated.values() if day is not None]
        up_to = max(days, default=None)
        if up_to and not year <= up_to < self.last_days.get(year, date.min):
            up_to = None
        moved: dict[str, Decimal] = {}
        for voucher in vouchers:
            if voucher.fiscal_year == year and (up_to is None or voucher.voucher_date <= up_to):
                for posting in voucher.postings:
                    if posting.state != "struck":
                        so_far = moved.get(posting.account, NOTHING)
                        moved[posting.account] = so_far + posting.amount
        opened = self._opened(year)
        pairs = set(stated)
        for account in (opened.keys() | moved.keys()) - {account for account, _ in stated}:
            pairs.add((account, "closing" if account[0] in "12" else "result"))
        differences = set()
        for account, kind in pairs:
            expected = stated[account, kind][0] if (account, kind) in stated else NOTHING
            actual = moved.get(account, NOTHING) + opened.get(account, NOTHING)
            if actual != expected:
                differences.add((account, kind, expected, actual))
        state = "differs" if differences else "verified"
        stamp = (event.run_number, event.attempt)
        self.of_year[year] = Proof(state, stamp, up_to, frozenset(differences), opened)

    def _opened(self, year: date) -> dict[str, Decimal]:
        return {
            account: amount
            for (of_year, account), (amount, _) in self.openings.items()
            if of_year == year and amount
        }

    def purge(self, years: tuple[date, ...] | None) -> None:
        def is_kept(year: date) -> bool:
            return years is not None and year not in years

        self.of_year = {y: proof for y, proof in self.of_year.items() if is_kept(y)}
        self.openings = {place: o for place, o in self.openings.items() if is_kept(place[0])}
        self.totals = {place: t for place, t in self.totals.items() if is_kept(place[1])}
        self.changes = {place: ends for place, ends in self.changes.items() if is_kept(place[1][0])}
        if years is None:
            self.last_days.clear()
            self.reads.clear()

    def state_of(self, year: date) -> str:
        """What is said of the year now: a proof holds until something has changed the year."""
        proof = self.of_year.get(year)
        if proof is None:
            return "unverified"
        run, attempt = proof.stamp
        is_changed = any(
            later > run and key[0] == year and ends[0] != ends[1]
            for (later, key), ends in self.changes.items()
        )
        is_changed |= self._opened(year) != proof.opened
        is_changed |= any(
            part == "vouchers" and y == year and stamp[0] == run and stamp[1] > attempt
            for part, y, stamp in self.reads
        )
        return "unverified" if is_changed else proof.state

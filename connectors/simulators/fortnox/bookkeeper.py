"""Somebody who goes on booking in a company's books: the same seed, the same work."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from random import Random

from connectors.sie.generator import generate
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.made_up import rows_of
from connectors.simulators.fortnox.records import FinancialYear, StoredVoucher, row
from schemas.bookkeeping import Voucher

DAYS_BACK_MAX = 45
RECENT_VOUCHERS = 20
_EVERYDAY_SERIES = ("B", "C", "D", "E")
_INVOICE = re.compile(r"^Kundfaktura \d+")
_CORRECTIONS = ("rättad", "kompletterad", "omkonterad", "attesterad")


@dataclass(frozen=True)
class Progress:
    """How far a bookkeeper has come: with it another one of the same seed goes on from there."""

    booked: int  # How many of the everyday vouchers.
    random_state: tuple[int, tuple[int, ...], float | None]  # As Random.getstate gives it.


class Bookkeeper:
    """Each step is one change in the current year."""

    def __init__(self, books: Books, *, seed: int, progress: Progress | None = None) -> None:
        self.books = books
        self._random = Random(seed)
        self._booked = progress.booked if progress else 0
        self._work = islice(_everyday_vouchers(seed), self._booked, None)
        if progress:
            self._random.setstate(progress.random_state)

    @property
    def progress(self) -> Progress:
        return Progress(self._booked, self._random.getstate())

    def step(self) -> None:
        year = self.books.current_year()
        assert year is not None, "books without a year cannot be worked on"
        steps = (self._book, self._book_late, self._retext, self._correct, self._reuse, self._lose)
        step = self._random.choices(steps, weights=(60, 15, 10, 8, 4, 3))[0]
        with self.books.lock:
            step(year)

    def _book(self, year: FinancialYear) -> None:
        self._add(year, self._last_day(year))

    def _book_late(self, year: FinancialYear) -> None:
        """A voucher with a date that has long passed."""
        day = self._last_day(year) - timedelta(days=self._random.randint(1, DAYS_BACK_MAX))
        self._add(year, max(day, year.from_date))

    def _retext(self, year: FinancialYear) -> None:
        voucher = self._recent(year)
        if voucher:
            plain = voucher.text.partition(" (")[0]
            text = f"{plain} ({self._random.choice(_CORRECTIONS)})"
            self.books.change_voucher(voucher.key, text=text)

    def _correct(self, year: FinancialYear) -> None:
        """A row is struck and stands again, without cost centre and project."""
        voucher = self._recent(year)
        if voucher:
            first = voucher.rows[0]
            instead = replace(first, cost_centre="", project="", text="Rättelse")
            self.books.strike_row(voucher.key, 0, *([] if first.removed else [instead]))

    def _reuse(self, year: FinancialYear) -> None:
        voucher = self._recent(year)
        if voucher:
            fee = 100 * self._random.randint(1, 40)
            rows = (row(6570, str(fee)), row(1930, str(-fee)))
            self.books.reuse_last_number(
                year.id, voucher.key.series, self._last_day(year), "Bankavgift", rows
            )

    def _lose(self, year: FinancialYear) -> None:
        """The last voucher of a series is deleted, and nobody is told."""
        voucher = self._recent(year)
        if voucher:
            last = self.books.vouchers(year.id, voucher.key.series)[-1]
            self.books.delete_voucher(last.key)

    def _add(self, year: FinancialYear, day: date) -> None:
        made_up = next(self._work)
        self._booked += 1
        number = self.books.next_number(year.id, made_up.series)
        text = _INVOICE.sub(f"Kundfaktura {1_000 + number}", made_up.text)
        self.books.add_voucher(year.id, made_up.series, day, text, rows_of(made_up))

    def _recent(self, year: FinancialYear) -> StoredVoucher | None:
        vouchers = sorted(self.books.vouchers(year.id), key=lambda voucher: voucher.voucher_date)
        return self._random.choice(vouchers[-RECENT_VOUCHERS:]) if vouchers else None

    def _last_day(self, year: FinancialYear) -> date:
        return min(self.books.today(), year.to_date)


def _everyday_vouchers(seed: int) -> Iterator[Voucher]:
    """Sales, purchases and payments of made-up companies, without end."""
    while True:
        company = generate(seed=seed, years=1, vouchers_per_year=400)
        for voucher in company.vouchers(0):
            if voucher.series in _EVERYDAY_SERIES and voucher.postings:
                yield voucher
        seed += 1

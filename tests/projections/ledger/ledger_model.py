"""The ledger's meaning in plain Python: small enough to read, and nothing of it is shared code.

It knows vouchers, and by `proof_model` their proof: what is in the ledger after a list of events,
whatever their batches.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from schemas.bookkeeping import Voucher
from schemas.ledger_events import (
    AnyLedgerEvent,
    LedgerPurged,
    ReadCompleted,
    VouchersObserved,
    VouchersRemoved,
    VouchersSetAside,
    VouchersSubmitted,
)
from tests.projections.ledger.proof_model import Proofs

Key = tuple[date, str, str, int]


@dataclass
class Books:
    """One company."""

    fence: tuple[int, int, int] = (0, 0, 0)
    vouchers: dict[Key, Voucher] = field(default_factory=dict)
    set_aside: set[Key] = field(default_factory=set)
    applied: Counter[Any] = field(default_factory=Counter)
    seen: dict[Any, set[Key]] = field(default_factory=dict)
    created_by: dict[Key, int] = field(default_factory=dict)  # The run that brought a voucher.
    results: dict[Any, str] = field(default_factory=dict)
    proofs: Proofs = field(default_factory=Proofs)


def books_after(events: Iterable[AnyLedgerEvent]) -> dict[str, Books]:
    """What each company's books hold after those events."""
    companies: dict[str, Books] = {}
    for event in events:
        _apply(companies.setdefault(event.company_id, Books()), event)
    return companies


def balances(books: Books) -> dict[tuple[date, str, date], Decimal]:
    """The movement of each account, year and month, recomputed from the vouchers."""
    total: dict[tuple[date, str, date], Decimal] = {}
    for key, voucher in books.vouchers.items():
        for posting in voucher.postings:
            if posting.state != "struck":
                place = (key[0], posting.account, voucher.voucher_date.replace(day=1))
                total[place] = total.get(place, Decimal(0)) + posting.amount
    return total


def _apply(books: Books, event: AnyLedgerEvent) -> None:
    if isinstance(event, LedgerPurged):
        if event.generation > books.fence[0]:
            _purge(books, event)
        return
    if event.generation != books.fence[0] or event.fence < books.fence:
        return
    read = (event.run_number, event.attempt, event.read.name)
    if event.sequence <= books.applied[read]:
        return
    books.fence = event.fence
    if isinstance(event, ReadCompleted):
        _complete(books, event, read)
        return
    if event.sequence == books.applied[read] + 1:
        books.applied[read] += 1
    books.proofs.note(event)
    seen = books.seen.setdefault(read, set())
    before = dict(books.vouchers)
    if isinstance(event, VouchersObserved):
        for voucher in event.vouchers:
            _book(books, voucher, event.run_number)
            seen.add(_key(voucher))
    elif isinstance(event, VouchersSubmitted):
        for voucher, spare in zip_longest(event.vouchers, event.spare_numbers):
            _submit(books, voucher, spare, event.run_number)
    elif isinstance(event, VouchersSetAside):
        for bad in event.vouchers:
            books.set_aside.add(_key(bad))
            seen.add(_key(bad))
    elif isinstance(event, VouchersRemoved):
        for gone in event.keys:
            books.vouchers.pop(_key(gone), None)
    books.proofs.note_changes(event.run_number, before, books.vouchers)


def _submit(books: Books, voucher: Voucher, spare: str | None, run: int) -> None:
    """A voucher that is there stays, or is added under a spare number; another one is aside."""
    key = _key(voucher)
    there = books.vouchers.get(key)
    is_own = there is not None and books.created_by.get(key) == run
    if there is not None and there != voucher and not is_own:
        books.set_aside.add(key)
    elif there is not None and not is_own and not spare:
        return  # What was set aside under its number is as wrong as before.
    else:
        if there is not None and not is_own:
            voucher = Voucher.model_validate(voucher.model_dump() | {"number": spare})
        _book(books, voucher, run)


def _book(books: Books, voucher: Voucher, run: int) -> None:
    """A good voucher: nothing that was set aside under its key is true any more."""
    key = _key(voucher)
    if key not in books.vouchers and books.created_by.get(key) != run:
        books.created_by[key] = run
    books.vouchers[key] = voucher
    books.set_aside.discard(key)


def _complete(books: Books, event: ReadCompleted, read: Any) -> None:
    complete = books.applied[read] == event.events
    books.results[read] = "complete" if complete else "incomplete"
    books.proofs.note(event)
    if complete and event.snapshot and event.read.part == "opening_balances":
        books.proofs.keep_only(event)
    if complete and event.snapshot and event.read.part == "vouchers":
        year, seen = event.read.fiscal_year, books.seen.get(read, set())
        kept = {key: v for key, v in books.vouchers.items() if key[0] != year or key in seen}
        books.proofs.note_changes(event.run_number, books.vouchers, kept)
        books.vouchers = kept
        books.set_aside = {key for key in books.set_aside if key[0] != year or key in seen}
        books.proofs.keep_only(event)
        books.proofs.prove(event, books.vouchers.values())


def _purge(books: Books, event: LedgerPurged) -> None:
    years = event.fiscal_years
    books.fence = event.fence
    books.vouchers = {
        key: v for key, v in books.vouchers.items() if years is not None and key[0] not in years
    }
    books.set_aside = {k for k in books.set_aside if years is not None and k[0] not in years}
    books.proofs.purge(years)
    if years is None:
        books.results.clear()
        books.applied.clear()


def _key(voucher: Any) -> Key:
    return (voucher.fiscal_year, voucher.series, voucher.number, voucher.occurrence)

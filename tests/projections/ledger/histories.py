"""Histories of events for hypothesis: reads of two companies, with all that can befall them."""

from datetime import date
from typing import Any

from hypothesis import strategies as some

from schemas.bookkeeping import Posting, Voucher, VoucherKey
from schemas.ledger_events import AnyLedgerEvent, LedgerPurged, VouchersRemoved
from tests.builders import AT, a_read, a_set_aside_voucher, a_voucher, an_event

COMPANIES = ("bageriet", "snickeriet")
YEARS = (date(2024, 1, 1), date(2025, 1, 1))
NUMBERS = ("1", "2", "3", "4")


@some.composite
def vouchers(draw: some.DrawFn, year: date) -> list[Voucher]:
    """Some of four numbers, each with one of few contents: so that they repeat and change."""
    found = []
    for number in draw(some.lists(some.sampled_from(NUMBERS), unique=True, max_size=4)):
        amount = draw(some.sampled_from(("10.00", "20.00", "0.00")))
        month = draw(some.sampled_from((1, 2)))
        voucher = a_voucher(number, amount=amount, day=year.replace(month=month), year=year)
        if draw(some.booleans()):
            struck = Posting(account="1930", amount=voucher.postings[0].amount, state="struck")
            voucher = voucher.model_copy(update={"postings": (*voucher.postings, struck)})
        found.append(voucher)
    return found


@some.composite
def histories(draw: some.DrawFn) -> list[AnyLedgerEvent]:
    """Events of both companies, interleaved; each company's own order is the log's order."""
    logs = [draw(_histories_of(company)) for company in COMPANIES]
    merged: list[AnyLedgerEvent] = []
    while any(logs):
        log = draw(some.sampled_from([log for log in logs if log]))
        merged.append(log.pop(0))
    return merged


@some.composite
def _histories_of(draw: some.DrawFn, company: str) -> list[AnyLedgerEvent]:
    generation, run, events = 0, 0, list[AnyLedgerEvent]()
    for _ in range(draw(some.integers(1, 5))):
        what = draw(some.sampled_from(("read", "read", "read", "retake", "purge", "removal")))
        year = draw(some.sampled_from(YEARS))
        if what == "purge":
            generation += 1
            events.append(_purge(company, generation, run, draw(some.sampled_from((None, year)))))
            continue
        run += 1
        stamp: dict[str, Any] = {
            "company": company,
            "generation": generation,
            "run": run,
            "year": year,
        }
        if what == "removal":
            key = VoucherKey(fiscal_year=year, series="A", number=draw(some.sampled_from(NUMBERS)))
            events.append(an_event(VouchersRemoved, keys=(key,), **stamp))
            continue
        read = draw(_reads(year, stamp))
        if what == "retake":  # The first runner dies on its way, and its last pages come late.
            cut = draw(some.integers(0, len(read)))
            again = draw(_reads(year, stamp | {"attempt": 2}))
            events += [*read[:cut], *again, *read[cut:]]
        else:
            events += read
    return draw(_troubled(events))


@some.composite
def _reads(draw: some.DrawFn, year: date, stamp: dict[str, Any]) -> list[AnyLedgerEvent]:
    aside = [a_set_aside_voucher(draw(some.sampled_from(NUMBERS)), year=year)]
    return a_read(
        *draw(vouchers(year)),
        set_aside=aside if draw(some.booleans()) else (),
        page=draw(some.integers(1, 3)),
        snapshot=draw(some.booleans()),
        **stamp,
    )


@some.composite
def _troubled(draw: some.DrawFn, events: list[AnyLedgerEvent]) -> list[AnyLedgerEvent]:
    """The events with one lost, one sent twice, or nothing amiss."""
    trouble = draw(some.sampled_from(("none", "lost", "twice", "late")))
    if not events or trouble == "none":
        return list(events)
    place = draw(some.integers(0, len(events) - 1))
    if trouble == "lost":
        return events[:place] + events[place + 1 :]
    if trouble == "twice":
        return [*events[: place + 1], *events[place:]]
    return [*events, events[place]]


def _purge(company: str, generation: int, run: int, year: date | None) -> LedgerPurged:
    return LedgerPurged(
        company_id=company,
        occurred_at=AT,
        generation=generation,
        run_number=run,
        attempt=0,
        fiscal_years=None if year is None else (year,),
    )

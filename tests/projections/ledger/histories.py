"""Histories of events for hypothesis: reads of two companies, with all that can befall them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as some

from schemas.bookkeeping import (
    Account,
    ControlTotal,
    Dimension,
    Object,
    PeriodBalance,
    Posting,
    Voucher,
    VoucherKey,
)
from schemas.ledger_events import (
    AccountsObserved,
    AnyLedgerEvent,
    DimensionsObserved,
    PeriodBalancesObserved,
    VouchersRemoved,
)
from tests.builders import (
    a_page,
    a_purge,
    a_read,
    a_set_aside_voucher,
    a_submission,
    a_total,
    a_voucher,
    an_end,
    an_event,
    some_openings,
    some_totals,
    some_years,
)

COMPANIES = ("bageriet", "snickeriet")
YEARS = (date(2024, 1, 1), date(2025, 1, 1))
SHORTENED = date(2024, 7, 1)  # Lies in the first of them: each replaces the other.
NUMBERS = ("1", "2", "3", "4")
KINDS = ("actual", "budget")
WHATS = (
    *("read", "read", "read", "retake", "submission", "submission", "submission again"),
    *("purge", "removal", "balances", "balances"),
)
# What the model does not know.
MORE = ("accounts", "dimensions", "months", "another year", "another year")


@some.composite
def vouchers(draw: some.DrawFn, year: date) -> list[Voucher]:
    """Some of four numbers, each with one of few contents: so that they repeat and change."""
    found = []
    for number in draw(some.lists(some.sampled_from(NUMBERS), unique=True, max_size=4)):
        amount = draw(some.sampled_from(("10.00", "20.00", "0.00")))
        month = draw(some.sampled_from((1, 2)))
        day = year.replace(month=month, day=draw(some.sampled_from((1, 20))))
        voucher = a_voucher(number, amount=amount, day=day, year=year)
        if draw(some.booleans()):
            struck = Posting(account="1930", amount=voucher.postings[0].amount, state="struck")
            voucher = voucher.model_copy(update={"postings": (*voucher.postings, struck)})
        found.append(voucher)
    return found


@some.composite
def histories(
    draw: some.DrawFn, more: Sequence[str] = (), whats_max: int = 5
) -> list[AnyLedgerEvent]:
    """Events of both companies, interleaved; each company's own order is the log's order."""
    logs = [draw(_histories_of(company, (*WHATS, *more), whats_max)) for company in COMPANIES]
    merged: list[AnyLedgerEvent] = []
    while any(logs):
        log = draw(some.sampled_from([log for log in logs if log]))
        merged.append(log.pop(0))
    return merged


@some.composite
def _histories_of(
    draw: some.DrawFn, company: str, whats: Sequence[str], whats_max: int
) -> list[AnyLedgerEvent]:
    generation, run, events = 0, 1, list[AnyLedgerEvent]()
    if draw(some.booleans()):
        events.append(some_years(*YEARS, company=company))
    for _ in range(draw(some.integers(1, whats_max))):
        what = draw(some.sampled_from(whats))
        year = draw(some.sampled_from(YEARS))
        if what == "purge":
            generation += 1
            years = draw(some.sampled_from(((), (year,))))
            events.append(a_purge(*years, generation=generation, run=run, company=company))
            continue
        run += 1
        stamp: dict[str, Any] = {
            "company": company,
            "generation": generation,
            "run": run,
            "year": year,
        }
        if what in MORE:
            events += draw(_other_parts(what, year, stamp))
            continue
        if what == "removal":
            events += draw(_removals(year, stamp))
            continue
        if what == "balances":
            events += draw(_balances(year, stamp))
            continue
        if what == "submission":
            events += draw(_submissions(year, stamp))
            continue
        if what == "submission again":  # By a second runner: the first has brought some of it.
            submission = draw(_submissions(year, stamp))
            cut = draw(some.integers(0, len(submission)))
            again = [one.model_copy(update={"attempt": 2}) for one in submission]
            events += [*submission[:cut], *again]
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
    good = draw(vouchers(year))
    return a_read(
        *good,
        set_aside=aside if draw(some.booleans()) else (),
        totals=draw(_totals(good)),
        up_to=draw(_days_covered(year)),
        page=draw(some.integers(1, 3)),
        snapshot=draw(some.booleans()),
        **stamp,
    )


@some.composite
def _removals(draw: some.DrawFn, year: date, stamp: dict[str, Any]) -> list[AnyLedgerEvent]:
    """A voucher that goes, and perhaps some that come, in one read that nobody ends."""
    key = VoucherKey(fiscal_year=year, series="A", number=draw(some.sampled_from(NUMBERS)))
    removed = an_event(VouchersRemoved, keys=(key,), **stamp)
    come = draw(vouchers(year))
    return [removed, a_page(*come, sequence=2, **stamp)] if come else [removed]


@some.composite
def _submissions(draw: some.DrawFn, year: date, stamp: dict[str, Any]) -> list[AnyLedgerEvent]:
    spare = str(stamp["run"]) if draw(some.booleans()) else ""
    size = draw(some.integers(1, 3))
    return a_submission(*draw(vouchers(year)), spare=spare, page=size, **stamp)


@some.composite
def _totals(draw: some.DrawFn, good: Sequence[Voucher]) -> list[ControlTotal]:
    """None, those of the vouchers that the read brings, or some that are a little off."""
    moved = sum((voucher.postings[0].amount for voucher in good), Decimal("0.00"))
    off = draw(some.sampled_from((Decimal("0.00"), Decimal("0.00"), Decimal("5.00"))))
    totals = [a_total("1930", str(moved + off)), a_total("3001", str(0 - moved), "result")]
    return totals[: draw(some.sampled_from((0, 1, 2, 2)))]


def _days_covered(year: date) -> some.SearchStrategy[date | None]:
    """The whole year, said in several ways, and days that lie in it."""
    days = (date(1970, 1, 1), year.replace(day=10), year.replace(day=31), date(year.year, 12, 31))
    return some.sampled_from((None, None, *days))


@some.composite
def _balances(draw: some.DrawFn, year: date, stamp: dict[str, Any]) -> list[AnyLedgerEvent]:
    """A read of opening balances, with totals where there are no vouchers to go with."""
    amounts = some.sampled_from(("0.00", "5.00"))
    openings = {account: draw(amounts) for account in ("1930", "2081", "3001")}
    kept = draw(some.lists(some.sampled_from(sorted(openings)), unique=True, min_size=1))
    events = [some_openings({account: openings[account] for account in kept}, **stamp)]
    if draw(some.booleans()):
        total = a_total("1930", draw(amounts))
        events.append(some_totals(total, sequence=2, part="opening_balances", **stamp))
    end = an_end(len(events), snapshot=draw(some.booleans()), part="opening_balances", **stamp)
    return [*events, end]


@some.composite
def _other_parts(
    draw: some.DrawFn, what: str, year: date, stamp: dict[str, Any]
) -> list[AnyLedgerEvent]:
    """A whole read of what is no voucher, or of a year that replaces the one in which it lies."""
    if what == "another year":
        first_day = draw(some.sampled_from((SHORTENED, YEARS[0])))
        read = draw(_reads(first_day, stamp | {"year": first_day}))
        return [some_years(first_day, **stamp), *read]
    is_yearly = what in ("accounts", "months")
    part = {"accounts": "accounts", "months": "opening_balances"}.get(what, "dimensions")
    stamp |= {"part": part, "year": year if is_yearly else None}
    accounts = draw(some.lists(some.sampled_from(("1930", "3001")), unique=True, min_size=1))
    # A row comes once in a read.
    pages = draw(some.sampled_from(([accounts], [[account] for account in accounts])))
    events = [
        an_event(sequence=number, **draw(_page(what, year, rows)), **stamp)
        for number, rows in enumerate(pages, start=1)
    ]
    return [*events, an_end(len(events), snapshot=draw(some.booleans()), **stamp)]


@some.composite
def _page(draw: some.DrawFn, what: str, year: date, accounts: Sequence[str]) -> dict[str, Any]:
    """What an event of such a read holds of those accounts, or of objects of their names."""
    name = draw(some.sampled_from(("", "Kassa", "Bank")))
    if what == "accounts":
        named = [Account(account=account, name=name) for account in accounts]
        return {"kind": AccountsObserved, "fiscal_year": year, "accounts": named}
    if what == "months":
        fields = {"amount": "7.00", "month": year, "kind": draw(some.sampled_from(KINDS))}
        months = [PeriodBalance.model_validate({"account": one} | fields) for one in accounts]
        return {"kind": PeriodBalancesObserved, "fiscal_year": year, "balances": months}
    dimensions = [Dimension(dimension=account[0], name=name) for account in accounts]
    objects = [Object(dimension="1", object=account, name=name) for account in accounts]
    return {"kind": DimensionsObserved, "dimensions": dimensions, "objects": objects}


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

"""Valid things to test with; a test states only what matters to it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from schemas.bookkeeping import (
    Balance,
    ControlTotal,
    FiscalYear,
    Posting,
    SetAsideVoucher,
    Voucher,
)
from schemas.ledger_events import (
    AnyLedgerEvent,
    ControlTotalsObserved,
    FiscalYearsObserved,
    LedgerPurged,
    OpeningBalancesObserved,
    ReadCompleted,
    ReadEvent,
    VouchersObserved,
    VouchersSetAside,
    VouchersSubmitted,
)
from schemas.parts import Part, Read

COMPANY = "bageriet"
YEAR = date(2025, 1, 1)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_voucher(
    number: str = "1",
    *,
    amount: str = "125.00",
    debit: str = "1930",
    credit: str = "3001",
    day: date = date(2025, 3, 4),
    series: str = "A",
    year: date = YEAR,
    **fields: Any,
) -> Voucher:
    """A voucher of two postings."""
    value = Decimal(amount)
    postings = (
        Posting(account=debit, amount=value),
        Posting(account=credit, amount=Decimal(0).quantize(value) - value),
    )
    values: dict[str, Any] = {
        "fiscal_year": year,
        "series": series,
        "number": number,
        "voucher_date": day,
        "postings": postings,
    }
    return Voucher(**(values | fields))


def a_set_aside_voucher(number: str = "9", *, year: date = YEAR) -> SetAsideVoucher:
    """A voucher that differs by one öre."""
    return SetAsideVoucher(
        fiscal_year=year,
        series="A",
        number=number,
        reason="unbalanced",
        difference=Decimal("0.01"),
        source_text="#VER A 9 20250304",
    )


def an_event(
    kind: type[ReadEvent],
    *,
    sequence: int = 1,
    company: str = COMPANY,
    part: Part = "vouchers",
    year: date | None = YEAR,
    generation: int = 0,
    run: int = 1,
    attempt: int = 1,
    **fields: Any,
) -> AnyLedgerEvent:
    """An event of a read, whatever its kind."""
    event = kind.model_validate(
        {
            "company_id": company,
            "occurred_at": AT,
            "generation": generation,
            "run_number": run,
            "attempt": attempt,
            "read": Read(part=part, fiscal_year=year),
            "sequence": sequence,
            **fields,
        }
    )
    assert isinstance(event, AnyLedgerEvent)
    return event


def a_page(*vouchers: Voucher, sequence: int = 1, **stamp: Any) -> AnyLedgerEvent:
    """A page of vouchers."""
    return an_event(VouchersObserved, sequence=sequence, vouchers=vouchers, **stamp)


def an_end(events: int, *, snapshot: bool = True, **stamp: Any) -> AnyLedgerEvent:
    """The last event of a read of so many events."""
    return an_event(ReadCompleted, sequence=events + 1, events=events, snapshot=snapshot, **stamp)


def a_read(
    *vouchers: Voucher,
    set_aside: Sequence[SetAsideVoucher] = (),
    totals: Sequence[ControlTotal] = (),
    up_to: date | None = None,
    page: int = 2,
    snapshot: bool = True,
    **stamp: Any,
) -> list[AnyLedgerEvent]:
    """A whole read of vouchers, in pages, with its totals where there are any, and its end."""
    events: list[AnyLedgerEvent] = []
    for some in _pages(vouchers, page):
        events.append(a_page(*some, sequence=len(events) + 1, **stamp))
    if set_aside:
        sequence = len(events) + 1
        events.append(
            an_event(VouchersSetAside, sequence=sequence, vouchers=tuple(set_aside), **stamp)
        )
    if totals:
        events.append(
            some_totals(*totals, sequence=len(events) + 1, up_to=up_to, part="vouchers", **stamp)
        )
    return [*events, an_end(len(events), snapshot=snapshot, **stamp)]


def a_submission(
    *vouchers: Voucher, spare: str = "", page: int = 2, **stamp: Any
) -> list[AnyLedgerEvent]:
    """A whole read of vouchers that are to be added, with its end; `spare` ends spare numbers."""
    events: list[AnyLedgerEvent] = []
    for some in _pages(vouchers, page):
        spare_numbers = tuple(f"~{one.number}.{spare}" for one in some) if spare else ()
        fields: dict[str, Any] = {"vouchers": tuple(some), "spare_numbers": spare_numbers}
        events.append(an_event(VouchersSubmitted, sequence=len(events) + 1, **fields, **stamp))
    return [*events, an_end(len(events), snapshot=False, **stamp)]


def a_purge(
    *years: date, generation: int = 1, run: int = 1, company: str = COMPANY
) -> AnyLedgerEvent:
    """A purge of those fiscal years, or of all."""
    return LedgerPurged(
        company_id=company,
        occurred_at=AT,
        generation=generation,
        run_number=run,
        attempt=0,
        fiscal_years=years or None,
    )


def a_total(account: str, amount: str, kind: str = "closing") -> ControlTotal:
    """What a source says that an account adds up to."""
    return ControlTotal.model_validate({"account": account, "amount": amount, "kind": kind})


def some_totals(
    *totals: ControlTotal,
    up_to: date | None = None,
    sequence: int = 1,
    year: date = YEAR,
    **stamp: Any,
) -> AnyLedgerEvent:
    """The totals of one fiscal year, in a read of that year."""
    stamp |= {"year": year, "fiscal_year": year, "up_to": up_to, "totals": totals}
    return an_event(ControlTotalsObserved, sequence=sequence, **stamp)


def some_openings(
    amounts: Mapping[str, str], *, year: date = YEAR, sequence: int = 1, **stamp: Any
) -> AnyLedgerEvent:
    """The opening balances of accounts."""
    balances = [
        Balance.model_validate({"account": account, "amount": amount})
        for account, amount in amounts.items()
    ]
    stamp |= {"year": year, "fiscal_year": year, "part": "opening_balances"}
    return an_event(OpeningBalancesObserved, sequence=sequence, balances=balances, **stamp)


def some_years(*first_days: date, **stamp: Any) -> AnyLedgerEvent:
    """Fiscal years that are calendar years, whatever day they start."""
    spans = [FiscalYear(first_day=first, last_day=date(first.year, 12, 31)) for first in first_days]
    return an_event(
        FiscalYearsObserved, part="fiscal_years", fiscal_years=spans, **(stamp | {"year": None})
    )


def _pages(vouchers: Sequence[Voucher], size: int) -> Iterable[Sequence[Voucher]]:
    return (vouchers[start : start + size] for start in range(0, len(vouchers), size))

"""What the connector asks for, and what it makes of a vendor that misbehaves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.protocol import KnownRead
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.records import Row, VoucherKey, row
from connectors.simulators.fortnox.traps import ALWAYS, Fault, FaultKind, Traps
from schemas.errors import ReconnectRequired
from schemas.parts import Read, Scope
from tests.connectors.fortnox.vendor import NOON, YEAR, YEAR_ID, Vendor

EXPORT_IS_REFUSED = Traps(faults=(Fault("licence_missing", path="/3/sie", times=ALWAYS),))
OPEN_READ = Read(part="vouchers", fiscal_year=YEAR).name


def sale(amount: str = "125.00", **details: Any) -> tuple[Row, Row]:
    return (row(1930, amount), row(3001, f"-{amount}", **details))


def book(vendor: Vendor, *rows: Row, series: str = "A", text: str = "Försäljning") -> VoucherKey:
    books = vendor.tenant.books
    return books.add_voucher(YEAR_ID, series, date(2026, 3, 9), text, rows or sale()).key


def all_kinds_of_vouchers(vendor: Vendor) -> None:
    books = vendor.tenant.books
    book(vendor)
    book(vendor, *sale(cost_centre="10", project="P1", text="Två stolar", quantity=Decimal(-2)))
    book(vendor, *sale(quantity=Decimal("-1.50")), series="B", text='Hotell "Sjöbris"\n i Åre')
    book(vendor, row(3001, "0.00", quantity=Decimal(3)), text="Utan belopp")
    book(vendor, *sale(text="  blanka   tecken "), text="Streck – och €")
    struck = book(vendor, *sale("99.99"))
    books.strike_row(struck, 0, row(1930, "99.99", cost_centre="10"))
    for place, instead in enumerate(sale()):
        books.strike_row(book(vendor, series="Ö 1"), place, instead)
    annulled = book(vendor)
    for place in (0, 1):
        books.strike_row(annulled, place)
    book(vendor, row(1930, "1.00"), row(3001, "-1.01"), text="Går inte ihop")
    commented = book(vendor)
    books.change_voucher(commented, comments="Se bilaga")


@pytest.mark.parametrize(
    "traps",
    [Traps(), Traps(sie_encoding="cp437"), Traps(numbers_as_strings=True)],
    ids=["utf-8", "cp437", "strings"],
)
def test_every_kind_of_voucher_is_the_same_by_export_and_one_by_one(
    vendor: Vendor, traps: Traps
) -> None:
    all_kinds_of_vouchers(vendor)

    vendor.tenant.traps = traps
    by_export = vendor.vouchers()
    changed = vendor.vouchers(since="2026-03-10 12:00")
    vendor.tenant.traps = replace(traps, faults=EXPORT_IS_REFUSED.faults)
    one_by_one = vendor.vouchers()

    assert len(by_export.vouchers) == 10
    assert by_export.digests == one_by_one.digests == changed.digests
    assert "ControlTotalsObserved" in by_export.kinds
    assert "ControlTotalsObserved" not in one_by_one.kinds
    snapshots = [read.plan.snapshot for read in (by_export, one_by_one, changed)]
    assert snapshots == [True, True, False]
    reasons = [
        [(voucher.series, voucher.number, voucher.reason, voucher.difference) for voucher in aside]
        for aside in (by_export.set_aside, one_by_one.set_aside, changed.set_aside)
    ]
    assert reasons == [[("A", "7", "unbalanced", Decimal("-0.01"))]] * 3


def test_a_whole_year_is_one_request(vendor: Vendor) -> None:
    for _ in range(3):
        book(vendor)

    vendor.vouchers()

    assert vendor.asked()[-1:] == ["/3/sie/4?financialyear=5"]
    assert not [asked for asked in vendor.asked() if asked.startswith("/3/vouchers")]


def test_every_request_takes_its_turn(vendor: Vendor) -> None:
    book(vendor)
    vendor.tenant.traps = Traps(faults=(Fault("unavailable", after=1, times=2),))

    vendor.vouchers()

    assert vendor.turns == len(vendor.asked())


def test_opening_balances_need_no_request_of_their_own(vendor: Vendor) -> None:
    with vendor.connector() as connector:
        plans = connector.reads(Scope(parts=("accounts", "opening_balances")))
        pages = {plan.read.part: list(connector.pages(plan)) for plan in plans}

    (opening,) = pages["opening_balances"]
    balances: Any = opening.content["balances"]
    assert [(balance.account, balance.amount) for balance in balances] == [
        ("1930", Decimal("525.00")),
        ("2081", Decimal("-525.00")),
    ]
    assert len([asked for asked in vendor.asked() if asked.startswith("/3/accounts")]) == 1


@pytest.mark.parametrize(
    "kind", ["system_error", "unavailable", "scope_missing", "licence_missing"]
)
def test_a_year_is_read_without_an_export_that_cannot_be_had(
    vendor: Vendor, kind: FaultKind
) -> None:
    book(vendor)
    vendor.tenant.traps = Traps(faults=(Fault(kind, path="/3/sie", times=ALWAYS),))

    read = vendor.vouchers()

    assert (read.names, read.kinds) == (["A1"], ["VouchersObserved"])


@pytest.mark.parametrize("kind", ["cut", "system_error", "rate_limited"])
def test_an_export_that_is_interrupted_is_fetched_again(vendor: Vendor, kind: FaultKind) -> None:
    book(vendor)
    vendor.tenant.traps = Traps(faults=(Fault(kind, path="/3/sie", times=2),))

    assert vendor.vouchers().kinds == ["VouchersObserved", "ControlTotalsObserved"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("token_refused", "invalid_login"),
        ("scope_missing", "scope_missing"),
        ("licence_missing", "licence_missing"),
        ("api_licence_missing", "licence_missing"),
    ],
)
@pytest.mark.parametrize("spelling", ["capital", "lower", "bare"])
def test_losing_access_in_the_middle_is_told(
    vendor: Vendor, kind: FaultKind, code: str, spelling: Any
) -> None:
    vendor.tenant.traps = Traps(
        faults=(Fault(kind, after=1, times=ALWAYS),), error_spelling=spelling
    )

    with pytest.raises(ReconnectRequired) as caught:
        vendor.vouchers()

    assert caught.value.code == code


def _delete_first_and_add_one(books: Books) -> None:
    first = min(voucher.key for voucher in books.vouchers(YEAR_ID))
    books.delete_voucher(first)
    books.add_voucher(YEAR_ID, "Z", date(2026, 3, 9), "Ny", sale())


def _delete_first(books: Books) -> None:
    books.delete_voucher(min(voucher.key for voucher in books.vouchers(YEAR_ID)))


def _add_first(books: Books) -> None:
    books.add_voucher(YEAR_ID, "0", date(2026, 3, 9), "Ny", sale())


def _once(change: Callable[[Books], None]) -> Callable[[Books], object]:
    changes = [change]
    return lambda books: changes and changes.pop()(books)


@pytest.mark.parametrize("change", [_add_first, _delete_first, _delete_first_and_add_one])
@pytest.mark.parametrize("beyond_is_error", [True, False])
def test_no_voucher_is_lost_while_the_list_moves(
    vendor: Vendor, change: Callable[[Books], None], beyond_is_error: bool
) -> None:
    vendor.page_rows = 3
    for _ in range(8):
        book(vendor)
    before = {voucher.key for voucher in vendor.tenant.books.vouchers(YEAR_ID)}
    vendor.tenant.traps = replace(
        EXPORT_IS_REFUSED, drift=_once(change), page_beyond_is_error=beyond_is_error
    )

    read = vendor.vouchers()

    kept = before.intersection(voucher.key for voucher in vendor.tenant.books.vouchers(YEAR_ID))
    assert set(read.names) >= {f"{key.series}{key.number}" for key in kept}
    assert len(read.names) == len(set(read.names))


def test_a_voucher_that_is_listed_and_not_shown_is_set_aside_beside_the_others(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = book(vendor)
    book(vendor)
    vendor.tenant.traps = EXPORT_IS_REFUSED
    shown = vendor.tenant.books.voucher
    monkeypatch.setattr(
        vendor.tenant.books, "voucher", lambda key: None if key == hidden else shown(key)
    )

    read = vendor.vouchers()

    (voucher,) = read.set_aside
    assert (voucher.series, voucher.number, voucher.reason) == ("A", "1", "unreadable")
    assert read.names == ["A2"]


def test_a_voucher_that_goes_after_it_was_listed_is_left_out(vendor: Vendor) -> None:
    keys = [book(vendor) for _ in range(2)]
    with vendor.connector() as connector:
        (plan,) = connector.reads(Scope(parts=("vouchers",)))
        pages = connector.pages(plan)
        vendor.tenant.traps = replace(
            EXPORT_IS_REFUSED,
            faults=(*EXPORT_IS_REFUSED.faults, Fault("held", path="/3/vouchers/A/2")),
        )
        gate = vendor.tenant.gate
        with ThreadPoolExecutor(1) as thread:
            read = thread.submit(list, pages)
            assert gate.reached.wait(10)
            vendor.tenant.books.delete_voucher(keys[1])
            gate.open()
            (page,) = read.result()

    assert len(page.vouchers) == 1


def test_the_company_tells_whose_bookkeeping_it_is_by_one_request(vendor: Vendor) -> None:
    with vendor.connector() as connector:
        (plan,) = connector.reads(Scope(parts=("company",)))
        assert connector.organisation_number() == "559123-4567"
        (page,) = connector.pages(plan)

    assert page.content["organisation_number"] == "559123-4567"
    assert vendor.asked() == ["/3/companyinformation?"]


def test_the_watermark_is_the_sources_own_time_before_the_read(vendor: Vendor) -> None:
    assert vendor.vouchers().watermark == "2026-03-10 12:28"

    vendor.tenant.traps = Traps(clock_skew=-timedelta(hours=3))

    assert vendor.vouchers(since="2026-03-10 12:28").watermark == "2026-03-10 09:28"


def test_only_a_fresh_read_is_read_on(vendor: Vendor) -> None:
    for fresh, since in ((True, "2026-03-10 12:28"), (False, None)):
        with vendor.connector({OPEN_READ: KnownRead("2026-03-10 12:28", fresh)}) as connector:
            (plan,) = connector.reads(Scope(parts=("vouchers",)))

        assert (plan.since, plan.snapshot) == (since, not fresh)


@pytest.mark.parametrize(
    "change_of_clocks", ["2025-10-26T01:00:00+00:00", "2026-03-29T01:00:00+00:00"]
)
def test_every_change_arrives_across_a_change_of_the_clocks(
    vendor: Vendor, change_of_clocks: str
) -> None:
    """The books change every few minutes, and are read on at other moments, for five hours."""
    clock, books = vendor.simulator.clock, vendor.tenant.books
    key = book(vendor)
    clock.set(datetime.fromisoformat(change_of_clocks) - timedelta(minutes=150))
    watermark = vendor.vouchers().watermark
    ledger, missed = "", []

    for minute in range(300):
        clock.advance(timedelta(minutes=1))
        if minute % 4 == 0:
            books.change_voucher(key, text=f"Ändrad {minute}")
        if minute % 17 == 3:
            read = vendor.vouchers(since=watermark)
            ledger = next((voucher.text for voucher in read.vouchers), ledger)
            watermark = read.watermark
            if ledger != f"Ändrad {minute - minute % 4}":
                missed.append(minute)

    assert missed == []


def test_nothing_is_read_again_when_nothing_has_changed(vendor: Vendor) -> None:
    book(vendor)
    first = vendor.vouchers()
    vendor.simulator.clock.set(NOON + timedelta(minutes=10))
    second = vendor.vouchers(since=first.watermark)
    third = vendor.vouchers(since=second.watermark)

    assert (second.names, third.names) == (["A1"], [])

"""What a connector promises that reads on from a watermark: what changed, and nothing invented."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.made_up import FIRST_YEAR_ID, fill
from connectors.simulators.fortnox.records import VoucherKey, row
from connectors.simulators.fortnox.traps import Traps
from tests.connectors.contract.sources import AFTER_ALL_YEARS, COMPANY
from tests.connectors.fortnox.vendor import ReadVouchers, Vendor, a_vendor

YEAR = COMPANY.fiscal_years[1].first_day
YEAR_ID = FIRST_YEAR_ID + 1
ROWS = (row(1930, "80.00"), row(3041, "-80.00"))


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with a_vendor(AFTER_ALL_YEARS) as vendor:
        fill(vendor.tenant.books, COMPANY)
        yield vendor


def _whole(vendor: Vendor) -> ReadVouchers:
    return vendor.vouchers(YEAR)


def _add(books: Books) -> None:
    books.add_voucher(YEAR_ID, "A", date(2023, 12, 1), "Ny", ROWS)


def _back_date(books: Books) -> None:
    books.add_voucher(YEAR_ID, "A", YEAR, "Först på året", ROWS)


def _change(books: Books) -> None:
    books.change_voucher(VoucherKey(YEAR_ID, "B", 1), text="Ändrad", rows=ROWS)


def _strike(books: Books) -> None:
    books.strike_row(VoucherKey(YEAR_ID, "B", 2), 0)


def _reuse(books: Books) -> None:
    books.reuse_last_number(YEAR_ID, "A", date(2023, 12, 1), "Något annat", ROWS)


def _change_other_year(books: Books) -> None:
    books.change_voucher(VoucherKey(FIRST_YEAR_ID, "A", 1), text="Ändrad")


def _delete(books: Books) -> None:
    last = max(voucher.key for voucher in books.vouchers(YEAR_ID, "A"))
    books.delete_voucher(last)


@pytest.mark.parametrize("change", [_add, _back_date, _change, _reuse, _change_other_year, _delete])
@pytest.mark.parametrize("traps", [Traps(), Traps(numbers_as_strings=True)])
def test_what_changed_is_brought_and_nothing_else(
    vendor: Vendor, change: Callable[[Books], None], traps: Traps
) -> None:
    vendor.tenant.traps = traps
    before = _whole(vendor)
    vendor.simulator.clock.advance(timedelta(hours=1))
    change(vendor.tenant.books)

    changed = vendor.vouchers(YEAR, since=before.watermark)

    after = _whole(vendor)
    assert dict(changed.digests) == dict(set(after.digests.items()) - set(before.digests.items()))
    assert len(changed.names) == len(set(changed.names))
    assert not changed.plan.snapshot


def test_only_a_whole_read_shows_a_silent_deletion(vendor: Vendor) -> None:
    before = _whole(vendor)
    _delete(vendor.tenant.books)

    assert vendor.vouchers(YEAR, since=before.watermark).names == []
    assert len(_whole(vendor).names) == len(before.names) - 1


def test_what_changes_during_a_read_is_brought_by_the_next(vendor: Vendor) -> None:
    """The watermark of a read is from before it, however long it takes."""
    clock, books = vendor.simulator.clock, vendor.tenant.books

    def slowly(_: Books) -> None:
        clock.advance(timedelta(hours=2))

    _add(books)
    vendor.page_rows = 1
    _back_date(books)
    vendor.tenant.traps = Traps(drift=slowly)
    first = vendor.vouchers(YEAR, since="2026-01-15 12:00")
    vendor.tenant.traps = Traps()
    _change(books)

    second = vendor.vouchers(YEAR, since=first.watermark)

    assert first.watermark == "2026-01-15 12:58"
    assert "B1" in second.names


def test_a_voucher_that_ceases_to_balance_is_set_aside(vendor: Vendor) -> None:
    before = _whole(vendor)
    _strike(vendor.tenant.books)

    changed = vendor.vouchers(YEAR, since=before.watermark)

    assert [(one.series, one.number, one.reason) for one in changed.set_aside] == [
        ("B", "2", "unbalanced")
    ]

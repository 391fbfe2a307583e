"""What every connector promises of its reads and pages."""

from collections import Counter
from decimal import Decimal

import pytest

from schemas.ledger_events import (
    AccountsObserved,
    CompanyObserved,
    ControlTotalsObserved,
    DimensionsObserved,
    FiscalYearsObserved,
    LedgerEvent,
    OpeningBalancesObserved,
    PeriodBalancesObserved,
    VouchersObserved,
    VouchersSetAside,
)
from schemas.limits import PAGE_BYTES_MAX, PAGE_VOUCHERS_MAX
from schemas.parts import PARTS, Part, Scope
from tests.connectors.contract.sources import Source, booked_of
from tests.connectors.contract.whole_read import ReadDone, run

KINDS_OF: dict[Part, tuple[type[LedgerEvent], ...]] = {
    "company": (CompanyObserved,),
    "fiscal_years": (FiscalYearsObserved,),
    "accounts": (AccountsObserved,),
    "dimensions": (DimensionsObserved,),
    "opening_balances": (OpeningBalancesObserved, PeriodBalancesObserved),
    "vouchers": (VouchersObserved, VouchersSetAside, ControlTotalsObserved),
}


def read_again(source: Source, scope: Scope | None = None) -> list[ReadDone]:
    with source.opened() as connector:
        return run(connector, scope)


def test_reads_are_unique_and_in_the_order_of_the_parts(
    source: Source, whole: list[ReadDone]
) -> None:
    reads = [done.plan.read for done in whole]
    parts = [PARTS.index(read.part) for read in reads]
    assert parts == sorted(parts)
    assert set(parts) == set(range(len(PARTS)))
    assert len({read.name for read in reads}) == len(reads)
    yearly = [read.fiscal_year for read in reads if read.part == "vouchers"]
    assert tuple(yearly) == source.first_days


def test_pages_are_events_of_their_part_within_the_limits(whole: list[ReadDone]) -> None:
    for read in whole:
        assert read.events, read.plan.read.name
        for event, message in zip(read.events, read.messages, strict=True):
            assert isinstance(event, KINDS_OF[read.plan.read.part])
            assert len(message.value or b"") <= PAGE_BYTES_MAX
            year = getattr(event, "fiscal_year", read.plan.read.fiscal_year)
            assert year == read.plan.read.fiscal_year
            if isinstance(event, VouchersObserved):
                assert len(event.vouchers) <= PAGE_VOUCHERS_MAX
                years = {voucher.fiscal_year for voucher in event.vouchers}
                assert years == {read.plan.read.fiscal_year}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_is_what_it_is_among_all(
    source: Source, whole: list[ReadDone], part: Part
) -> None:
    alone = read_again(source, Scope(parts=(part,)))
    among_all = [read for read in whole if read.plan.read.part == part]

    assert [read.plan for read in alone] == [read.plan for read in among_all]
    assert [read.content for read in alone] == [read.content for read in among_all]


def test_a_year_alone_is_what_it_is_among_all(source: Source, whole: list[ReadDone]) -> None:
    last = source.first_days[-1]

    alone = read_again(source, Scope(fiscal_years=(last,)))

    among_all = [read for read in whole if read.plan.read.fiscal_year in (None, last)]
    assert [read.content for read in alone] == [read.content for read in among_all]


def test_a_second_runner_can_go_on_with_any_read(source: Source, whole: list[ReadDone]) -> None:
    """It did not begin the run, and makes the reads in the middle of it only."""
    last = whole[-1]
    with source.opened() as connector:
        connector.reads(Scope())
        pages = list(connector.pages(last.plan))

    assert len(pages) == len(last.events)


def test_a_second_whole_read_is_equal(source: Source, whole: list[ReadDone]) -> None:
    assert [read.content for read in read_again(source)] == [read.content for read in whole]


def test_a_snapshot_brings_every_voucher_once_and_to_the_ore(
    source: Source, whole: list[ReadDone]
) -> None:
    reads = [read for read in whole if read.plan.read.part == "vouchers"]

    assert all(read.plan.snapshot for read in reads)
    brought = [voucher for read in reads for voucher in read.vouchers]
    named = Counter((one.fiscal_year, one.series, one.number) for one in brought)
    assert set(named.values()) == {1}
    assert {
        (voucher.fiscal_year, voucher.series, voucher.number): booked_of(voucher)
        for voucher in brought
    } == source.books()


def test_totals_are_what_balances_and_vouchers_add_up_to(
    source: Source, whole: list[ReadDone]
) -> None:
    for year in source.first_days:
        sums, stated = _sums([read for read in whole if read.plan.read.fiscal_year == year])

        assert bool(stated) == source.has_totals
        assert not source.has_totals or sums == stated


def _sums(reads: list[ReadDone]) -> tuple[dict[str, int], dict[str, int]]:
    """What a year's opening balances and vouchers come to, and what its source states, in öre."""
    sums, stated = Counter[str](), dict[str, int]()
    for read in reads:
        for event in read.events:
            if isinstance(event, OpeningBalancesObserved):
                for balance in event.balances:
                    sums[balance.account] += _ore(balance.amount)
            elif isinstance(event, ControlTotalsObserved):
                stated |= {total.account: _ore(total.amount) for total in event.totals}
        for voucher in read.vouchers:
            for account, amount in booked_of(voucher):
                sums[account] += _ore(amount)
    return {account: ore for account, ore in sums.items() if ore}, stated


def _ore(amount: Decimal) -> int:
    return int(amount.scaleb(2))

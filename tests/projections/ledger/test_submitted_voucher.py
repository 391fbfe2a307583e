"""What becomes of submitted vouchers, given what has their numbers already."""

from datetime import date

from projections.ledger.fold import Segment
from projections.ledger.submitted_voucher import Holder, settle
from projections.ledger.voucher_diff import SeenVouchers, seen_vouchers
from schemas.bookkeeping import Voucher
from schemas.ledger_events import VouchersSetAside, VouchersSubmitted
from schemas.parts import Read
from tests.builders import COMPANY, YEAR, a_set_aside_voucher, a_voucher, an_event

NUMBER = (COMPANY, YEAR, "A", "7")
OTHER_RUN = (1, 1)


def _content(amount: str, occurrence: int = 1) -> Voucher:
    return a_voucher("7", amount=amount, occurrence=occurrence)


def _held(*vouchers: Voucher, brought: bool = False) -> dict[int, Holder]:
    return {voucher.occurrence: Holder(voucher.digest, OTHER_RUN, brought) for voucher in vouchers}


def _settled(
    *vouchers: Voucher, held: dict[int, Holder], spare: tuple[str, ...] = (), before: str = ""
) -> SeenVouchers:
    segment = Segment(COMPANY, (0, 2, 1), Read(part="vouchers", fiscal_year=YEAR))
    if before:
        aside = (a_set_aside_voucher(before),)
        segment.events.append(an_event(VouchersSetAside, vouchers=aside, submitted=True, run=2))
    segment.events.append(
        an_event(VouchersSubmitted, vouchers=vouchers, spare_numbers=spare, run=2)
    )
    seen = seen_vouchers([segment])
    settle(seen, {NUMBER: held})
    return seen


def _amounts(seen: SeenVouchers) -> dict[tuple[str, int], str]:
    return {(key[3], key[4]): str(one.voucher.postings[0].amount) for key, one in seen.good.items()}


def _taken(seen: SeenVouchers) -> set[int]:
    assert {aside.voucher.reason for aside in seen.aside.values()} <= {"number_taken"}
    return {key[4] for key in seen.aside}


def test_a_number_that_nobody_has_is_given_to_all_that_the_file_has_of_it() -> None:
    seen = _settled(_content("1.00"), _content("2.00", 2), held={})

    assert _amounts(seen) == {("7", 1): "1.00", ("7", 2): "2.00"}
    assert not seen.aside


def test_equal_content_is_there_whatever_its_occurrence() -> None:
    held = _held(_content("1.00"), _content("2.00", 2))

    seen = _settled(_content("2.00"), _content("1.00", 2), held=held)

    assert _amounts(seen) == {("7", 2): "2.00", ("7", 1): "1.00"}
    assert {key[4] for key in seen.present} == {1, 2}
    assert not seen.aside


def test_other_content_finds_the_number_taken_by_any_occurrence() -> None:
    seen = _settled(_content("2.00"), _content("1.00", 2), held=_held(_content("1.00")))

    assert _amounts(seen) == {("7", 1): "1.00"}
    assert _taken(seen) == {1}


def test_a_second_equal_voucher_needs_a_second_one_that_is_there() -> None:
    seen = _settled(_content("1.00"), _content("1.00", 2), held=_held(_content("1.00")))

    assert _amounts(seen) == {("7", 1): "1.00"}
    assert _taken(seen) == {2}


def test_what_this_run_has_brought_takes_no_number_from_itself() -> None:
    held = _held(_content("1.00"), brought=True)

    seen = _settled(_content("1.00"), _content("2.00", 2), held=held)

    assert _amounts(seen) == {("7", 1): "1.00", ("7", 2): "2.00"}
    assert not seen.present


def test_by_a_spare_number_each_voucher_that_is_there_is_added_again() -> None:
    held = _held(_content("1.00"))

    seen = _settled(_content("1.00"), _content("1.00", 2), held=held, spare=("~a.1.u", "~a.2.u"))

    assert _amounts(seen) == {("~a.1.u", 1): "1.00", ("~a.2.u", 1): "1.00"}


def test_what_was_set_aside_stays_so_beside_a_voucher_that_was_there() -> None:
    seen = _settled(_content("1.00"), held=_held(_content("1.00")), before="7")

    assert list(seen.decided_keys) == [(COMPANY, YEAR, "A", "7", 1)]
    assert (COMPANY, date(2025, 1, 1), "A", "7", 1) in seen.aside


def test_what_was_set_aside_is_forgotten_once_its_number_is_given() -> None:
    seen = _settled(_content("1.00"), held={}, before="7")

    assert not seen.aside

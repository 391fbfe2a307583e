"""Whether a file's own totals agree with its balances and vouchers (facts, section 7). Pure.

The ledger proves the same from its tables once the file is in it; here it is told beforehand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from connectors.sie.header import ZERO, Header

Kind = Literal["closing", "result"]


@dataclass(frozen=True)
class TotalDifference:
    """An account whose total is not what balances and vouchers give."""

    account: str
    kind: Kind
    expected: Decimal  # What the file states; nothing stated is zero.
    actual: Decimal
    stated: bool


def sums_up_to(header: Header) -> date | None:
    """The day up to which the totals reach, where #OMFATTN lies inside the year; None: its end."""
    up_to, year = header.balances_up_to, header.fiscal_year
    if up_to is None or year is None or not year.first_day <= up_to < year.last_day:
        return None
    return up_to


def differences(header: Header, moved: Mapping[str, int]) -> tuple[TotalDifference, ...]:
    """The accounts that differ; `moved` in öre, up to the day that `sums_up_to` gives.

    Empty where the file states no totals: there is nothing to compare with.
    """
    if not header.control_totals:
        return ()
    found = (one for one in _totals(header, moved) if one.expected != one.actual)
    return tuple(sorted(found, key=lambda one: (one.account, one.kind)))


def _totals(header: Header, moved: Mapping[str, int]) -> Iterator[TotalDifference]:
    """What is stated and what there is, of all accounts that have any of it.

    The opening balance counts for results too: it is part of what the books show at the end.
    """
    opening = header.opening_by_account
    movement = {account: Decimal(ore).scaleb(-2) for account, ore in moved.items()}

    def actual(account: str) -> Decimal:
        return opening.get(account, ZERO) + movement.get(account, ZERO)

    for total in header.control_totals:
        account = total.account
        yield TotalDifference(account, total.kind, total.amount, actual(account), stated=True)
    stated = {total.account for total in header.control_totals}
    for account in (opening.keys() | movement.keys()) - stated:
        kind: Kind = "closing" if header.is_balance_account(account) else "result"
        yield TotalDifference(account, kind, ZERO, actual(account), stated=False)

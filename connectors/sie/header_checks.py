"""What a header must add up to without its vouchers (facts, section 7): told, never mended."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from connectors.sie.diagnostics import Diagnostics
from connectors.sie.header import ZERO, Header
from schemas.bookkeeping import ControlTotal


def check_header(header: Header, diagnostics: Diagnostics) -> None:
    """Remarks on years, opening balances and totals that contradict each other."""
    opening = header.opening_by_account
    _check_years(header, diagnostics)
    _check_carried(header, opening, diagnostics)
    _check_result_accounts(header, opening, diagnostics)
    _check_sums(header, diagnostics)


def _check_years(header: Header, diagnostics: Diagnostics) -> None:
    """Each year begins on the day after the one before it; a year left out may lie between."""
    for (earlier, before), (later, after) in pairwise(sorted(header.fiscal_years.items())):
        gap = after.first_day - before.last_day
        if gap < timedelta(days=1) or (later == earlier + 1 and gap > timedelta(days=1)):
            diagnostics.add(
                "fiscal_years_apart",
                earlier=earlier,
                last_day=before.last_day,
                later=later,
                first_day=after.first_day,
            )


def _check_carried(
    header: Header, opening: Mapping[str, Decimal], diagnostics: Diagnostics
) -> None:
    """UB(-1) = IB(0), where the file has both; one of them may be left out."""
    before = header.balances.get(-1)
    closing = _closing(before.totals) if before else {}
    if not closing or not opening:
        return
    for account in sorted(closing.keys() | opening.keys()):
        ended, begun = closing.get(account, ZERO), opening.get(account, ZERO)
        if ended != begun:
            diagnostics.add("opening_not_carried", account=account, closing=ended, opening=begun)


def _check_result_accounts(
    header: Header, opening: Mapping[str, Decimal], diagnostics: Diagnostics
) -> None:
    for account, amount in opening.items():
        if amount and header.is_result_account(account):
            diagnostics.add("opening_of_result_account", account=account, opening=amount)


def _check_sums(header: Header, diagnostics: Diagnostics) -> None:
    """sum(UB 0) + sum(RES 0) = sum(IB 0), which is seldom zero (last year's result)."""
    off = header.totals_off_balance
    if header.control_totals and off:
        opening = sum(header.opening_by_account.values(), ZERO)
        diagnostics.add("totals_not_balanced", closing=opening + off, opening=opening)


def _closing(totals: Iterable[ControlTotal]) -> dict[str, Decimal]:
    return {total.account: total.amount for total in totals if total.kind == "closing"}

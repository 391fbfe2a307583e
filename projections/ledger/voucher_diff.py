"""What a page of vouchers changes in the ledger, given the digests that are stored. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import NamedTuple

from projections.ledger.fold import Round, Segment
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.ledger_events import (
    VouchersObserved,
    VouchersRemoved,
    VouchersSetAside,
    VouchersSubmitted,
)

Key = tuple[str, date, str, str, int]  # Company, fiscal year, series, number, occurrence.
Year = tuple[str, date]  # Company, fiscal year.
BalanceKey = tuple[str, date, str, date]  # Company, fiscal year, account, first day of the month.


class Seen(NamedTuple):
    """A good voucher, with the digest of its content and who saw it when."""

    voucher: Voucher
    digest: bytes
    segment: Segment
    occurred_at: datetime


@dataclass(frozen=True)
class SeenAside:
    """A voucher that cannot be booked, and who saw it."""

    voucher: SetAsideVoucher
    segment: Segment
    order: int  # In the round.
    is_another: bool = False  # It is not the voucher that has its key in the ledger.


@dataclass(frozen=True)
class SeenSubmitted:
    """A voucher that is to be added, and the number that it gets if it is there already."""

    seen: Seen
    spare_number: str
    order: int  # In the round.


@dataclass
class SeenVouchers:
    """The last word of a round on each voucher: its last good content, and whether it is aside.

    A voucher that is good and then set aside keeps the good content, as it would had the two
    come in two batches.
    """

    good: dict[Key, Seen] = field(default_factory=dict)
    aside: dict[Key, SeenAside] = field(default_factory=dict)
    submitted: dict[Key, SeenSubmitted] = field(default_factory=dict)
    # Submitted, and there before: what was set aside under these keys stays so.
    present: set[Key] = field(default_factory=set)

    @property
    def keys(self) -> list[Key]:
        return list(self.good | self.aside)

    @property
    def decided_keys(self) -> list[Key]:
        """Those of which nothing that was set aside before is true any more."""
        return [key for key in self.keys if key in self.aside or key not in self.present]

    def take(self, key: Key, one: Seen, *, order: int) -> None:
        """A good voucher: what was said of its key before it does not count any more."""
        self.good[key] = one
        aside = self.aside.get(key)
        if aside is not None and aside.order < order:
            del self.aside[key]

    def set_aside(self, key: Key, aside: SeenAside) -> None:
        """A bad voucher, unless a later one has its key."""
        known = self.aside.get(key)
        if known is None or known.order < aside.order:
            self.aside[key] = aside


@dataclass
class VoucherDiff:
    """The good vouchers' keys by what happens to them."""

    created: list[Key] = field(default_factory=list)
    changed: list[Key] = field(default_factory=list)
    unchanged: list[Key] = field(default_factory=list)

    @property
    def written(self) -> list[Key]:
        return self.created + self.changed


def seen_vouchers(batch: Round) -> SeenVouchers:
    """What the round's events say of vouchers."""
    seen, order = SeenVouchers(), count(1)
    for segment in batch:
        for event in segment.events:
            if isinstance(event, VouchersObserved):
                for good in event.vouchers:
                    one = Seen(good, good.digest, segment, event.occurred_at)
                    seen.take(key_of(event.company_id, good), one, order=next(order))
            elif isinstance(event, VouchersSubmitted):
                spare_numbers = event.spare_numbers or ("",) * len(event.vouchers)
                for new, spare in zip(event.vouchers, spare_numbers, strict=True):
                    one = Seen(new, new.digest, segment, event.occurred_at)
                    submitted = SeenSubmitted(one, spare, next(order))
                    seen.submitted[key_of(event.company_id, new)] = submitted
            elif isinstance(event, VouchersSetAside):
                for bad in event.vouchers:
                    aside = SeenAside(bad, segment, next(order), is_another=event.submitted)
                    seen.set_aside(key_of(event.company_id, bad), aside)
    return seen


def removed_keys(batch: Round) -> dict[Key, Segment]:
    """The vouchers that a source said are gone."""
    return {
        (segment.company_id, key.fiscal_year, key.series, key.number, key.occurrence): segment
        for segment in batch
        for event in segment.events
        if isinstance(event, VouchersRemoved)
        for key in event.keys
    }


def key_of(company_id: str, voucher: Voucher | SetAsideVoucher) -> Key:
    number, occurrence = voucher.number, voucher.occurrence
    return (company_id, voucher.fiscal_year, voucher.series, number, occurrence)


def diff(good: Mapping[Key, Seen], stored: Mapping[Key, bytes]) -> VoucherDiff:
    """Compares the round's good vouchers with the stored digests."""
    found = VoucherDiff()
    for key, one in good.items():
        old = stored.get(key)
        if old is None:
            found.created.append(key)
        elif old == one.digest:
            found.unchanged.append(key)
        else:
            found.changed.append(key)
    return found


def movements(written: Iterable[tuple[Key, Voucher]]) -> dict[BalanceKey, tuple[Decimal, int]]:
    """What the written vouchers add to each balance: the amount, and the number of postings."""
    months: dict[tuple[str, date, date], dict[str, tuple[Decimal, int]]] = {}
    nothing = (Decimal(0), 0)
    for key, voucher in written:
        month = (key[0], key[1], voucher.voucher_date.replace(day=1))
        of_month = months.setdefault(month, {})
        for posting in voucher.postings:
            if posting.state != "struck":
                amount, count = of_month.get(posting.account, nothing)
                of_month[posting.account] = (amount + posting.amount, count + 1)
    return {
        (company_id, fiscal_year, account, month): moved
        for (company_id, fiscal_year, month), of_month in months.items()
        for account, moved in of_month.items()
    }


def columns(keys: Iterable[Key]) -> tuple[list[str], list[date], list[str], list[str], list[int]]:
    """The keys as one array per column."""
    listed = list(keys)
    return (
        [key[0] for key in listed],
        [key[1] for key in listed],
        [key[2] for key in listed],
        [key[3] for key in listed],
        [key[4] for key in listed],
    )

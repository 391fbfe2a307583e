"""What a page of vouchers changes in the ledger, given the digests that are stored. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from projections.ledger.fold import Round, Segment
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.ledger_events import VouchersObserved, VouchersRemoved, VouchersSetAside

Key = tuple[str, date, str, str, int]  # Company, fiscal year, series, number, occurrence.
BalanceKey = tuple[str, date, str, date]  # Company, fiscal year, account, first day of the month.


@dataclass(frozen=True)
class Seen:
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


@dataclass
class SeenVouchers:
    """The last word of a round on each voucher: its last good content, and whether it is aside.

    A voucher that is good and then set aside keeps the good content, as it would had the two
    come in two batches.
    """

    good: dict[Key, Seen] = field(default_factory=dict)
    aside: dict[Key, SeenAside] = field(default_factory=dict)

    @property
    def keys(self) -> list[Key]:
        return list(self.good | self.aside)


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
    seen = SeenVouchers()
    for segment in batch:
        for event in segment.events:
            if isinstance(event, VouchersObserved):
                for good in event.vouchers:
                    key = key_of(event.company_id, good)
                    seen.aside.pop(key, None)
                    seen.good[key] = Seen(good, good.digest, segment, event.occurred_at)
            elif isinstance(event, VouchersSetAside):
                for bad in event.vouchers:
                    seen.aside[key_of(event.company_id, bad)] = SeenAside(bad, segment)
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
    total: dict[BalanceKey, tuple[Decimal, int]] = {}
    nothing = (Decimal(0), 0)
    for key, voucher in written:
        month = voucher.voucher_date.replace(day=1)
        for posting in voucher.postings:
            if posting.state == "struck":
                continue
            balance = (key[0], key[1], posting.account, month)
            amount, count = total.get(balance, nothing)
            total[balance] = (amount + posting.amount, count + 1)
    return total


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

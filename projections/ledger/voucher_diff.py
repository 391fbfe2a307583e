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
    """A voucher, good or set aside, with the digest of its content and who saw it when."""

    voucher: Voucher | SetAsideVoucher
    digest: bytes | None
    segment: Segment
    occurred_at: datetime


@dataclass
class VoucherDiff:
    """The keys by what happens to them; `seen` has the voucher of each."""

    seen: dict[Key, Seen]
    created: list[Key] = field(default_factory=list)
    changed: list[Key] = field(default_factory=list)
    unchanged: list[Key] = field(default_factory=list)
    set_aside: list[Key] = field(default_factory=list)

    @property
    def written(self) -> list[Key]:
        return self.created + self.changed

    def good(self, key: Key) -> Voucher:
        voucher = self.seen[key].voucher
        assert isinstance(voucher, Voucher)  # Only good vouchers are created or changed.
        return voucher


def latest_vouchers(batch: Round) -> dict[Key, Seen]:
    """The last word of the round on each voucher."""
    latest: dict[Key, Seen] = {}
    for segment in batch:
        for event in segment.events:
            if isinstance(event, VouchersObserved):
                for good in event.vouchers:
                    seen = Seen(good, good.digest(), segment, event.occurred_at)
                    latest[key_of(event.company_id, good)] = seen
            elif isinstance(event, VouchersSetAside):
                for bad in event.vouchers:
                    seen = Seen(bad, None, segment, event.occurred_at)
                    latest[key_of(event.company_id, bad)] = seen
    return latest


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


def diff(seen: dict[Key, Seen], stored: Mapping[Key, bytes]) -> VoucherDiff:
    """Compares the round's vouchers with the stored digests."""
    found = VoucherDiff(seen)
    for key, one in seen.items():
        old = stored.get(key)
        if one.digest is None:
            found.set_aside.append(key)
        elif old is None:
            found.created.append(key)
        elif old == one.digest:
            found.unchanged.append(key)
        else:
            found.changed.append(key)
    return found


def movements(found: VoucherDiff) -> dict[BalanceKey, tuple[Decimal, int]]:
    """What the written vouchers add to each balance: the amount, and the number of postings."""
    total: dict[BalanceKey, tuple[Decimal, int]] = {}
    nothing = (Decimal(0), 0)
    for key in found.written:
        voucher = found.good(key)
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

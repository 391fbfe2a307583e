"""Facts in pages that fit into a message: a count of rows, and bytes of JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pydantic import TypeAdapter

from connectors.protocol import Page
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.ledger_events import VouchersObserved, VouchersSetAside
from schemas.limits import (
    PAGE_BYTES_MAX,
    PAGE_ROWS_MAX,
    PAGE_VOUCHERS_MAX,
)

# What a message carries beside its vouchers: type, company, run, read, sequence and time.
ENVELOPE_BYTES = 1_024
_CONTENT_BYTES_MAX = PAGE_BYTES_MAX - ENVELOPE_BYTES
_VOUCHERS: TypeAdapter[Sequence[Voucher]] = TypeAdapter(Sequence[Voucher])
_SET_ASIDE: TypeAdapter[Sequence[SetAsideVoucher]] = TypeAdapter(Sequence[SetAsideVoucher])
Row = TypeVar("Row")
Told = TypeVar("Told", Voucher, SetAsideVoucher)


def pages_of_rows(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    """Rows of which a page may hold PAGE_ROWS_MAX."""
    for start in range(0, len(rows), PAGE_ROWS_MAX):
        yield tuple(rows[start : start + PAGE_ROWS_MAX])


def voucher_pages(vouchers: Iterable[Voucher | SetAsideVoucher]) -> Iterator[Page]:
    """Pages of at most PAGE_VOUCHERS_MAX vouchers and PAGE_BYTES_MAX; a larger one stands alone."""
    good: list[Voucher] = []
    set_aside: list[SetAsideVoucher] = []
    for voucher in vouchers:
        if isinstance(voucher, Voucher):
            good.append(voucher)
            if len(good) == PAGE_VOUCHERS_MAX:
                page, good = _first_page(good, _VOUCHERS)
                yield Page(VouchersObserved, {"vouchers": page})
        else:
            set_aside.append(voucher)
            if len(set_aside) == PAGE_VOUCHERS_MAX:
                yield from _set_aside_pages(set_aside)
                set_aside = []
    while good:
        page, good = _first_page(good, _VOUCHERS)
        yield Page(VouchersObserved, {"vouchers": page})
    yield from _set_aside_pages(set_aside)


def _set_aside_pages(vouchers: list[SetAsideVoucher]) -> Iterator[Page]:
    while vouchers:
        page, vouchers = _first_page(vouchers, _SET_ASIDE)
        yield Page(VouchersSetAside, {"vouchers": page})


def _first_page(
    vouchers: list[Told], adapter: TypeAdapter[Sequence[Told]]
) -> tuple[tuple[Told, ...], list[Told]]:
    """The longest beginning that fits, at least one voucher, and the rest."""
    count = len(vouchers)
    if _json_bytes(vouchers, adapter) > _CONTENT_BYTES_MAX:
        size, count = 2, 0
        for voucher in vouchers:
            size += _json_bytes([voucher], adapter) - 1  # Two brackets less, one comma more.
            if size - 1 > _CONTENT_BYTES_MAX and count:
                break
            count += 1
    return tuple(vouchers[:count]), vouchers[count:]


def _json_bytes(vouchers: Sequence[Told], adapter: TypeAdapter[Sequence[Told]]) -> int:
    return len(adapter.dump_json(vouchers, exclude_defaults=True))

"""Facts in pages that fit into a message: a count of rows, and bytes of JSON."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from connectors.protocol import Page
from connectors.sie.submission import Submitted
from schemas.bookkeeping import SetAsideVoucher
from schemas.ledger_events import (
    ReadEvent,
    VouchersObserved,
    VouchersSetAside,
    VouchersSubmitted,
)
from schemas.limits import (
    PAGE_BYTES_MAX,
    PAGE_ROWS_MAX,
    PAGE_VOUCHERS_MAX,
)
from schemas.model import Model

# What a message carries beside its vouchers: type, company, run, read, sequence and time.
ENVELOPE_BYTES = 1_024
_CONTENT_BYTES_MAX = PAGE_BYTES_MAX - ENVELOPE_BYTES
Row = TypeVar("Row", bound=Model)


@dataclass
class _Filling:
    """A page that takes vouchers until it is full."""

    kind: type[ReadEvent]
    content: Mapping[str, object] = field(default_factory=dict)
    vouchers: list[bytes] = field(default_factory=list)
    spare_numbers: list[str] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, document: str | SetAsideVoucher, spare_number: str = "") -> Iterator[Page]:
        """Puts the voucher on the page, or on the next one: then the full one is given back."""
        if not isinstance(document, str):
            document = document.model_dump_json(exclude_defaults=True)
        voucher = document.encode()
        added_bytes = len(voucher) + len(spare_number) + 4  # And commas and quotes.
        size_bytes = self.size_bytes + added_bytes
        if len(self.vouchers) == PAGE_VOUCHERS_MAX or size_bytes > _CONTENT_BYTES_MAX:
            yield from self.rest()
            size_bytes = added_bytes
        self.size_bytes = size_bytes
        self.vouchers.append(voucher)
        if spare_number:
            self.spare_numbers.append(spare_number)

    def rest(self) -> Iterator[Page]:
        """What is on the page, which is empty then."""
        if self.vouchers:
            spare = {"spare_numbers": self.spare_numbers} if self.spare_numbers else {}
            yield Page(self.kind, {**self.content, **spare}, tuple(self.vouchers))
        self.vouchers, self.spare_numbers, self.size_bytes = [], [], 0


def pages_of_rows(rows: Iterable[Row]) -> Iterator[tuple[Row, ...]]:
    """Pages of at most PAGE_ROWS_MAX rows and PAGE_BYTES_MAX; one row always has room."""
    page: list[Row] = []
    size_bytes = 0
    for row in rows:
        row_bytes = len(row.model_dump_json(exclude_defaults=True).encode()) + 1  # And a comma.
        is_full = len(page) == PAGE_ROWS_MAX or size_bytes + row_bytes > _CONTENT_BYTES_MAX
        if page and is_full:
            yield tuple(page)
            page, size_bytes = [], 0
        page.append(row)
        size_bytes += row_bytes
    if page:
        yield tuple(page)


def voucher_pages(documents: Iterable[str | SetAsideVoucher]) -> Iterator[Page]:
    """Pages of at most PAGE_VOUCHERS_MAX vouchers and PAGE_BYTES_MAX; a larger one stands alone."""
    good, set_aside = _Filling(VouchersObserved), _Filling(VouchersSetAside)
    for document in documents:
        yield from (good if isinstance(document, str) else set_aside).add(document)
    yield from good.rest()
    yield from set_aside.rest()


def pages_of_submitted(vouchers: Iterable[Submitted]) -> Iterator[Page]:
    """The same of vouchers that are to be added."""
    good = _Filling(VouchersSubmitted)
    set_aside = _Filling(VouchersSetAside, content={"submitted": True})
    for voucher in vouchers:
        if isinstance(voucher.document, str):
            yield from good.add(voucher.document, voucher.spare_number)
        else:
            yield from set_aside.add(voucher.document)
    yield from good.rest()
    yield from set_aside.rest()

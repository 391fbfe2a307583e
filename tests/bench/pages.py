"""What is measured with: vouchers as pages on the ledger topic, and a company as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from connectors.sie.generator import GeneratedCompany, generate
from connectors.sie.paging import voucher_pages
from schemas.bookkeeping import Posting, Voucher
from schemas.codec import Message, encode
from schemas.ledger_events import VouchersObserved
from tests.builders import YEAR, an_end, an_event

SEED = 20
COMPANY = "bench"


@dataclass(frozen=True)
class Page:
    """A message of the ledger topic, and how many rows of vouchers and postings it brings."""

    message: Message
    rows: int


def company(vouchers: int) -> GeneratedCompany:
    return generate(seed=SEED, years=1, vouchers_per_year=vouchers)


def a_read(vouchers: int, *, company: str = COMPANY) -> Iterator[Page]:
    """A whole read of that many vouchers of three postings, cut as the SIE connector cuts it."""
    sequence = 0
    numbers = range(1, vouchers + 1)
    documents = (_voucher(number).model_dump_json(exclude_defaults=True) for number in numbers)
    for page in voucher_pages(documents):
        sequence += 1
        some = tuple(map(Voucher.model_validate_json, page.vouchers))
        event = an_event(VouchersObserved, sequence=sequence, company=company, vouchers=some)
        yield Page(encode(event), sum(1 + len(voucher.postings) for voucher in some))
    yield Page(encode(an_end(sequence, company=company)), 0)


def _voucher(number: int) -> Voucher:
    net, vat = Decimal(number) + Decimal("0.50"), Decimal("12.25")
    return Voucher(
        fiscal_year=YEAR,
        series="A",
        number=str(number),
        voucher_date=YEAR + timedelta(days=number % 365),
        text=f"Faktura {number}",
        registered_on=YEAR + timedelta(days=364),
        postings=(
            Posting(account="1510", amount=net + vat, objects={"1": str(number % 20)}),
            Posting(account=str(3000 + number % 90), amount=-net, text="Försäljning"),
            Posting(account="2611", amount=-vat),
        ),
    )


def write_file(source: GeneratedCompany, path: Path) -> int:
    """Writes the year as an SIE file; its size in bytes."""
    with path.open("wb") as file:
        source.write(0, file)
    return path.stat().st_size

"""What is measured with: the generator's vouchers, as pages on the ledger topic and as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.sie.generator import GeneratedCompany, generate
from connectors.sie.paging import voucher_pages
from schemas.codec import Message, encode
from schemas.ledger_events import VouchersObserved
from tests.builders import an_end, an_event

SEED = 20
COMPANY = "bench"


@dataclass(frozen=True)
class Page:
    """A message of the ledger topic, and how many rows of vouchers and postings it brings."""

    message: Message
    rows: int


def company(vouchers: int) -> GeneratedCompany:
    return generate(seed=SEED, years=1, vouchers_per_year=vouchers)


def read_of(source: GeneratedCompany) -> Iterator[Page]:
    """A whole read of the company's only year, in pages as the SIE connector cuts them."""
    year = source.fiscal_years[0].first_day
    sequence = 0
    for page in voucher_pages(source.vouchers(0)):
        sequence += 1
        vouchers = page.fields["vouchers"]
        event = an_event(
            VouchersObserved, sequence=sequence, company=COMPANY, year=year, vouchers=vouchers
        )
        rows = sum(1 + len(voucher.postings) for voucher in vouchers)
        yield Page(encode(event), rows)
    yield Page(encode(an_end(sequence, company=COMPANY, year=year)), 0)


def write_file(source: GeneratedCompany, path: Path) -> int:
    """Writes the year as an SIE file; its size in bytes."""
    with path.open("wb") as file:
        source.write(0, file)
    return path.stat().st_size

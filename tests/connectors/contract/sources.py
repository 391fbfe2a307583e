"""The sources that every connector's contract is held against, each with known books."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

from connectors.protocol import Connector
from connectors.sie.connector import SieConnector
from connectors.sie.file import SieFile
from connectors.sie.generator import GeneratedCompany, generate
from connectors.simulators.fortnox.made_up import company_of, fill
from connectors.simulators.fortnox.traps import ALWAYS, Fault, Traps
from schemas.bookkeeping import Voucher
from tests.connectors.fortnox.vendor import UNLIMITED, a_vendor

COMPANY = generate(seed=7, years=2, vouchers_per_year=50)
AFTER_ALL_YEARS = datetime(2026, 1, 15, 12, tzinfo=UTC)
NO_EXPORT = Traps(faults=(Fault("licence_missing", path="/3/sie", times=ALWAYS),))

VoucherName = tuple[date, str, str]  # Fiscal year, series, number.
Booked = tuple[tuple[str, Decimal], ...]  # Accounts and amounts in the order of the rows.


@dataclass(frozen=True)
class Source:
    """Opens a connector of its own each time; `years` are those of the books that it has."""

    opened: Callable[[], AbstractContextManager[Connector]]
    years: tuple[int, ...]
    has_totals: bool = True

    @property
    def first_days(self) -> tuple[date, ...]:
        return tuple(COMPANY.fiscal_years[year].first_day for year in self.years)

    def books(self) -> dict[VoucherName, Booked]:
        """Every voucher that the books have, with the rows that count."""
        return {
            (voucher.fiscal_year, voucher.series, voucher.number): booked_of(voucher)
            for year in self.years
            for voucher in COMPANY.vouchers(year)
        }


def booked_of(voucher: Voucher) -> Booked:
    return tuple(
        (posting.account, posting.amount)
        for posting in voucher.postings
        if posting.state != "struck"
    )


@contextmanager
def sie_file(encoding: str = "cp437", company: GeneratedCompany = COMPANY) -> Iterator[Source]:
    file = BytesIO()
    company.write(1, file, encoding=encoding)

    @contextmanager
    def opened() -> Iterator[Connector]:
        yield SieConnector(SieFile(BytesIO(file.getvalue()), name="bolaget.se"))

    yield Source(opened, years=(1,))


@contextmanager
def fortnox(traps: Traps | None = None) -> Iterator[Source]:
    with a_vendor(AFTER_ALL_YEARS, limit=UNLIMITED) as vendor:
        vendor.tenant.books.company = company_of(COMPANY, database_number=1)
        fill(vendor.tenant.books, COMPANY)
        traps = traps or Traps()
        vendor.tenant.traps = traps
        yield Source(vendor.connector, years=(0, 1), has_totals=traps.faults == ())


SOURCES: dict[str, Callable[[], AbstractContextManager[Source]]] = {
    "sie": sie_file,
    "sie-utf-8": lambda: sie_file("utf-8"),
    "fortnox": fortnox,
    "fortnox-cp437": lambda: fortnox(Traps(sie_encoding="cp437")),
    "fortnox-strings": lambda: fortnox(Traps(numbers_as_strings=True)),
    "fortnox-one-by-one": lambda: fortnox(NO_EXPORT),
}

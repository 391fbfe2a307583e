"""A SIE file as a source: the reads it takes, and their pages."""

from collections.abc import Iterator
from datetime import date

from connectors.protocol import Page, PlannedRead
from connectors.sie.accounts import with_reserved
from connectors.sie.dimensions_used import reserved_dimensions_used
from connectors.sie.file import SieFile
from connectors.sie.header import Header
from connectors.sie.paging import pages_of_rows, voucher_pages
from schemas.ledger_events import (
    AccountsObserved,
    CompanyObserved,
    ControlTotalsObserved,
    DimensionsObserved,
    FiscalYearsObserved,
    OpeningBalancesObserved,
    PeriodBalancesObserved,
    ReadEvent,
)
from schemas.parts import PARTS, Part, Read, Scope

# The file's chart, balances and vouchers are all there is of its year; of companies, years and
# dimensions it may know a part only.
_YEARLY_PARTS: frozenset[Part] = frozenset(("accounts", "opening_balances", "vouchers"))


class SieConnector:
    """A 4E file is the whole of fiscal year 0 and replaces that year."""

    name = "sie"

    def __init__(self, sie_file: SieFile) -> None:
        self._file = sie_file

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        """The reads of the scope, in the order of the parts. Raises UploadRefused."""
        first_day = _first_day(self._file.header())
        in_scope = scope.fiscal_years is None or first_day in scope.fiscal_years
        return tuple(
            PlannedRead(Read(part=part, fiscal_year=first_day), snapshot=True)
            if part in _YEARLY_PARTS
            else PlannedRead(Read(part=part), snapshot=False)
            for part in PARTS
            if part in scope.parts and (in_scope or part not in _YEARLY_PARTS)
        )

    def pages(self, read: Read) -> Iterator[Page]:
        """The read's content. Raises UploadRefused."""
        header = self._file.header()
        match read.part:
            case "company":
                yield _company(header)
            case "fiscal_years":
                yield from _fiscal_years(header)
            case "accounts":
                for accounts in pages_of_rows(header.accounts):
                    yield _yearly(AccountsObserved, header, accounts=accounts)
            case "dimensions":
                yield from self._dimensions(header)
            case "opening_balances":
                for opening in pages_of_rows(header.opening_balances):
                    yield _yearly(OpeningBalancesObserved, header, balances=opening)
                for periods in pages_of_rows(header.period_balances):
                    yield _yearly(PeriodBalancesObserved, header, balances=periods)
            case "vouchers":
                yield from voucher_pages(self._file.vouchers())
                up_to = header.balances_up_to
                for totals in pages_of_rows(header.control_totals):
                    yield _yearly(ControlTotalsObserved, header, up_to=up_to, totals=totals)

    def _dimensions(self, header: Header) -> Iterator[Page]:
        """Declared dimensions, and the reserved ones that objects, balances or rows use."""
        used = reserved_dimensions_used(self._file.window())
        for dimensions in pages_of_rows(with_reserved(header.dimensions, used)):
            yield Page(DimensionsObserved, {"dimensions": dimensions})
        for objects in pages_of_rows(header.objects):
            yield Page(DimensionsObserved, {"objects": objects})


def _company(header: Header) -> Page:
    return Page(
        CompanyObserved,
        {
            "name": header.company_name,
            "organisation_number": header.organisation_number or None,
            "currency": header.currency,
            "program": header.program,
            "balances_up_to": header.balances_up_to,
        },
    )


def _fiscal_years(header: Header) -> Iterator[Page]:
    """The file's own year. What it says of other years is no more than a comparison: a slip there
    must not move a year that another file has brought."""
    if header.fiscal_year is not None:
        yield Page(FiscalYearsObserved, {"fiscal_years": (header.fiscal_year,)})


def _yearly(kind: type[ReadEvent], header: Header, **content: object) -> Page:
    return Page(kind, {"fiscal_year": _first_day(header), **content})


def _first_day(header: Header) -> date:
    assert header.fiscal_year is not None, "a 4E file without #RAR 0 is refused"
    return header.fiscal_year.first_day

"""A SIE file as a source: the reads it takes, and their pages.

A 4E file is the whole of its fiscal year and replaces that year. Types 1 to 3 are the whole of its
chart and balances, and say nothing of its vouchers. A 4I file adds vouchers, and what the books
lack of chart and dimensions; it changes nothing that is there.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property

from connectors.protocol import Page, PlannedRead
from connectors.sie.accounts import with_reserved
from connectors.sie.dimensions_used import reserved_dimensions_used
from connectors.sie.file import SieFile
from connectors.sie.header import Header
from connectors.sie.paging import pages_of_rows, pages_of_submitted, voucher_pages
from connectors.sie.refusals import Sentence, refused
from connectors.sie.submission import Submission
from connectors.sie.totals_check import sums_up_to
from schemas.bookkeeping import Account, FiscalYear
from schemas.known_books import KnownBooks, overlapping
from schemas.ledger_events import (
    AccountsObserved,
    BalanceKind,
    CompanyObserved,
    ControlTotalsObserved,
    DimensionsObserved,
    FiscalYearsObserved,
    OpeningBalancesObserved,
    PeriodBalancesObserved,
    ReadEvent,
)
from schemas.lifecycle_events import SieType
from schemas.parts import PARTS, Part, Read, Scope

# A file's chart, balances and vouchers are all there is of its year; of companies, years and
# dimensions it may know a part only.
_YEARLY_PARTS: frozenset[Part] = frozenset(("accounts", "opening_balances", "vouchers"))
_NOT_OF_TYPE: frozenset[tuple[Part, SieType]] = frozenset(
    (("opening_balances", "4I"), ("vouchers", "1"), ("vouchers", "2"), ("vouchers", "3"))
)


class SieConnector:
    """One file. `known` are the company's books; `upload_id` is given where the user insists."""

    name = "sie"

    def __init__(
        self,
        sie_file: SieFile,
        known: KnownBooks | None = None,
        *,
        upload_id: str | None = None,
    ) -> None:
        self._file = sie_file
        self._known = known or KnownBooks()
        self._upload_id = upload_id

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        """The reads of the scope, in the order of the parts. Raises UploadRefused."""
        header = self._file.header()
        years = self._known.fiscal_years
        check_overlap(header.sie_type, header.fiscal_year, years, name=self._file.name)
        planned = (
            plan
            for part in PARTS
            if part in scope.parts and (part, header.sie_type) not in _NOT_OF_TYPE
            for plan in self._reads_of(part, header)
        )
        wanted = scope.fiscal_years
        return tuple(
            plan
            for plan in planned
            if plan.read.fiscal_year is None or wanted is None or plan.read.fiscal_year in wanted
        )

    def watermark(self, _: PlannedRead) -> None:
        """A file is read whole, and once."""

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        """The read's content. Raises UploadRefused."""
        header, read = self._file.header(), plan.read
        match read.part:
            case "company":
                yield _company(header)
            case "fiscal_years":
                for years in pages_of_rows(self._described_years):
                    yield Page(FiscalYearsObserved, {"fiscal_years": years})
            case "accounts":
                for accounts in pages_of_rows(self._accounts(header, _year(read))):
                    yield _yearly(AccountsObserved, read, accounts=accounts)
            case "dimensions":
                yield from self._dimensions(header)
            case "opening_balances":
                for opening in pages_of_rows(header.opening_balances):
                    yield _yearly(OpeningBalancesObserved, read, balances=opening)
                for periods in pages_of_rows(header.period_balances):
                    yield _yearly(PeriodBalancesObserved, read, balances=periods)
                if header.sie_type != "4E":  # Else they come with the vouchers that they prove.
                    yield from _totals(header, read)
            case "vouchers":
                yield from self._vouchers(header, read)

    def _reads_of(self, part: Part, header: Header) -> Iterator[PlannedRead]:
        adds = header.sie_type == "4I"
        if part in _YEARLY_PARTS:
            of_years = [Read(part=part, fiscal_year=year.first_day) for year in self._years]
        else:
            of_years = [Read(part=part)]
        for read in of_years:
            if not adds or self._adds_to(read, header):
                snapshot = part in _YEARLY_PARTS and not adds
                keeps = _keeps(header) if part == "opening_balances" else ()
                yield PlannedRead(read, snapshot=snapshot, keeps=keeps)

    def _adds_to(self, read: Read, header: Header) -> bool:
        """Whether the books lack something of this; dimensions are read in any case, so that a
        run has a result."""
        match read.part:
            case "company":
                return not self._known.is_described
            case "fiscal_years":
                return bool(self._described_years)
            case "accounts":
                return bool(self._accounts(header, _year(read)))
        return True

    @cached_property
    def _years(self) -> tuple[FiscalYear, ...]:
        """The years that the file is about: year 0, or those of the vouchers that it adds."""
        header = self._file.header()
        if header.sie_type == "4I":
            return self._submission.fiscal_years()
        assert header.fiscal_year is not None, "such a file is refused without #RAR 0"
        return (header.fiscal_year,)

    @cached_property
    def _described_years(self) -> tuple[FiscalYear, ...]:
        """What the file says of years. `#RAR -1` is no more than a comparison: a slip there must
        not move a year that another file has brought."""
        if self._file.header().sie_type != "4I":
            return self._years
        return tuple(year for year in self._years if year not in self._known.fiscal_years)

    @cached_property
    def _submission(self) -> Submission:
        return Submission(self._file, self._known, upload_id=self._upload_id)

    def _accounts(self, header: Header, first_day: date) -> tuple[Account, ...]:
        if header.sie_type != "4I":
            return header.accounts
        known = self._known.accounts
        return tuple(one for one in header.accounts if (first_day, one.account) not in known)

    def _dimensions(self, header: Header) -> Iterator[Page]:
        """Declared dimensions, and the reserved ones that objects, balances or rows use."""
        used = reserved_dimensions_used(self._file.window())
        adds, known = header.sie_type == "4I", self._known
        found = with_reserved(header.dimensions, used)
        new = [one for one in found if not adds or one.dimension not in known.dimensions]
        for dimensions in pages_of_rows(new):
            yield Page(DimensionsObserved, {"dimensions": dimensions})
        objects = [
            one
            for one in header.objects
            if not adds or (one.dimension, one.object) not in known.objects
        ]
        for some in pages_of_rows(objects):
            yield Page(DimensionsObserved, {"objects": some})

    def _vouchers(self, header: Header, read: Read) -> Iterator[Page]:
        if header.sie_type == "4I":
            first_day = _year(read)
            of_year = (
                one for one in self._submission.vouchers() if one.fiscal_year.first_day == first_day
            )
            yield from pages_of_submitted(of_year)
        else:
            yield from voucher_pages(self._file.documents())
            yield from _totals(header, read)


def check_overlap(
    sie_type: SieType, year: FiscalYear | None, stored_years: Sequence[FiscalYear], *, name: str
) -> None:
    """Raises UploadRefused for balances of a year that overlaps a stored one with another start.

    A file with vouchers would replace that year; one without them must not.
    """
    has_vouchers = sie_type in ("4E", "4I")
    stored = overlapping(stored_years, year) if year and not has_vouchers else None
    if year and stored:
        new, old = (f"{one.first_day} – {one.last_day}" for one in (year, stored))
        detail = Sentence(f"{new} överlappar {old}", f"{new} overlaps {old}")
        raise refused("fiscal_year_overlaps", name=name, detail=detail)


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


def _keeps(header: Header) -> tuple[BalanceKind, ...]:
    """What a file of this type cannot hold, so that its silence says nothing of it.

    A whole year may come without a budget; that is none either (facts, section 3).
    """
    match header.sie_type:
        case "1":
            return ("months", "budgets", "objects")
        case "2":
            return ("objects",)
        case "3":
            return ()
    has_budget = any(period.kind == "budget" for period in header.period_balances)
    return () if has_budget else ("budgets",)


def _totals(header: Header, read: Read) -> Iterator[Page]:
    up_to = sums_up_to(header)
    for totals in pages_of_rows(header.control_totals):
        yield _yearly(ControlTotalsObserved, read, up_to=up_to, totals=totals)
    for object_totals in pages_of_rows(header.object_totals):
        yield _yearly(ControlTotalsObserved, read, up_to=up_to, object_totals=object_totals)


def _yearly(kind: type[ReadEvent], read: Read, **content: object) -> Page:
    return Page(kind, {"fiscal_year": _year(read), **content})


def _year(read: Read) -> date:
    assert read.fiscal_year is not None, "reads of this part are yearly"
    return read.fiscal_year

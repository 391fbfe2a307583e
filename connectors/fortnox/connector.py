"""Fortnox as a source: the reads it takes, and their pages (facts, section 3).

A year's vouchers are read whole by one SIE file, which brings the totals that prove them; where
that cannot be had they are read one by one, without proof. In between, what has changed is asked
for. Everything else is small and is always read whole.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from connectors.fortnox import translate
from connectors.fortnox.client import Document, FortnoxClient, http_client
from connectors.fortnox.vouchers import YearOfVouchers
from connectors.fortnox.watermark import watermark_at
from connectors.protocol import KnownRead, Page, PlannedRead
from connectors.sie.paging import pages_of_rows
from schemas.bookkeeping import FiscalYear
from schemas.errors import SourceRefused
from schemas.ledger_events import (
    AccountsObserved,
    CompanyObserved,
    DimensionsObserved,
    FiscalYearsObserved,
    OpeningBalancesObserved,
    ReadEvent,
)
from schemas.parts import PARTS, Part, Read, Scope
from schemas.sources import FORTNOX

_YEARLY_PARTS: frozenset[Part] = frozenset(("accounts", "opening_balances", "vouchers"))


@contextmanager
def open_fortnox(
    *, url: str, token: str, known: Mapping[str, KnownRead], wait_turn: Callable[[], None]
) -> Iterator["FortnoxConnector"]:
    """The company that the token lets into; `known` as FortnoxConnector has it."""
    with http_client(url, token) as http:
        yield FortnoxConnector(FortnoxClient(http, wait_turn=wait_turn), known)


class FortnoxConnector:
    """One company, for one run; `known` are the reads that the ledger has all of, by name."""

    name = FORTNOX.name

    def __init__(self, client: FortnoxClient, known: Mapping[str, KnownRead]) -> None:
        self._client = client
        self._known = known
        self._accounts: dict[str, list[Document]] = {}
        self._watermarks: dict[str, str] = {}
        self._known_company: Document | None = None
        self._known_years: dict[date, FiscalYear] | None = None

    def reads(self, scope: Scope) -> tuple[PlannedRead, ...]:
        """The reads of the scope, in the order of the parts."""
        return tuple(
            self._plan(read)
            for part in PARTS
            if part in scope.parts
            for read in self._reads_of(part, scope)
        )

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        read = plan.read
        match read.part:
            case "company":
                yield Page(CompanyObserved, translate.company(self._company))
            case "fiscal_years":
                for years in pages_of_rows(tuple(self._years.values())):
                    yield Page(FiscalYearsObserved, {"fiscal_years": years})
            case "dimensions":
                yield from self._dimensions()
            case "accounts":
                charted = [translate.account(row) for row in self._accounts_of(read)]
                for accounts in pages_of_rows(charted):
                    yield _yearly(AccountsObserved, read, accounts=accounts)
            case "opening_balances":
                opening = map(translate.opening_balance, self._accounts_of(read))
                for balances in pages_of_rows([balance for balance in opening if balance]):
                    yield _yearly(OpeningBalancesObserved, read, balances=balances)
            case "vouchers":
                yield from self._vouchers(plan)

    def watermark(self, plan: PlannedRead) -> str | None:
        """The source's own time before the read began; None where it has told none."""
        return self._watermarks.get(plan.read.name)

    def organisation_number(self) -> str | None:
        return translate.organisation_number(self._company)

    def _reads_of(self, part: Part, scope: Scope) -> Iterator[Read]:
        if part not in _YEARLY_PARTS:
            yield Read(part=part)
            return
        for first_day in self._years:
            if scope.fiscal_years is None or first_day in scope.fiscal_years:
                yield Read(part=part, fiscal_year=first_day)

    def _plan(self, read: Read) -> PlannedRead:
        known = self._known.get(read.name)
        if read.part == "vouchers" and known and known.is_fresh:
            return PlannedRead(read, snapshot=False, since=known.watermark)
        return PlannedRead(read, snapshot=True)

    @property  # Not cached_property: Python 3.11 locks that for all connectors while one asks.
    def _company(self) -> Document:
        if self._known_company is None:
            answer = self._client.get("companyinformation")
            self._known_company = answer.object("CompanyInformation")
        return self._known_company

    @property
    def _years(self) -> dict[date, FiscalYear]:
        """The company's years by their first day, the earliest first."""
        if self._known_years is None:
            rows = self._client.listed("financialyears", "FinancialYears", "Id")
            years = sorted(map(translate.fiscal_year, rows), key=lambda year: year.first_day)
            self._known_years = {year.first_day: year for year in years}
        return self._known_years

    def _year_of(self, read: Read) -> FiscalYear:
        assert read.fiscal_year is not None, "reads of this part are yearly"
        year = self._years.get(read.fiscal_year)
        if year is None:
            raise SourceRefused(
                FORTNOX.name, f"it has no fiscal year from {read.fiscal_year} any more"
            )
        return year

    def _accounts_of(self, read: Read) -> list[Document]:
        """The year's accounts, asked for once: their opening balances stand beside their names."""
        year_id = self._year_of(read).source_id
        assert year_id is not None, "a year of Fortnox has its Id"
        if year_id not in self._accounts:
            rows = self._client.listed("accounts", "Accounts", "Number", financialyear=year_id)
            self._accounts[year_id] = rows
        return self._accounts[year_id]

    def _dimensions(self) -> Iterator[Page]:
        yield Page(DimensionsObserved, {"dimensions": translate.DIMENSIONS})
        centres = self._client.listed("costcenters", "CostCenters", "Code")
        for some in pages_of_rows([translate.cost_centre(row) for row in centres]):
            yield Page(DimensionsObserved, {"objects": some})
        projects = self._client.listed("projects", "Projects", "ProjectNumber")
        for some in pages_of_rows([translate.project(row) for row in projects]):
            yield Page(DimensionsObserved, {"objects": some})

    def _vouchers(self, plan: PlannedRead) -> Iterator[Page]:
        vouchers = YearOfVouchers(self._client, self._year_of(plan.read))
        # Of an answer that came before this read asks for anything: what changes meanwhile is
        # read again.
        if self._client.answered_at is not None:
            self._watermarks[plan.read.name] = watermark_at(self._client.answered_at)
        if plan.since is None:
            yield from vouchers.whole()
        else:
            yield from vouchers.changed(plan.since)


def _yearly(kind: type[ReadEvent], read: Read, **content: object) -> Page:
    return Page(kind, {"fiscal_year": read.fiscal_year, **content})

"""The books of one tenant, which a test or the demo changes while the simulator serves them.

A change is stamped with the vendor's time, except a deletion: that leaves no trace at all, as at
the vendor (support article 208330525; facts, section 3).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from threading import RLock
from typing import Any, TypedDict, TypeVar, Unpack

from connectors.simulators.clock import STOCKHOLM
from connectors.simulators.fortnox.records import (
    ZERO,
    Account,
    AccountingMethod,
    BooksContents,
    Company,
    CostCentre,
    FinancialYear,
    Project,
    ProjectStatus,
    ReferenceType,
    Row,
    StoredVoucher,
    VoucherKey,
    VoucherSeries,
)

Member = TypeVar("Member")


class VoucherChange(TypedDict, total=False):
    """What is to be different in a voucher."""

    voucher_date: date
    text: str
    rows: tuple[Row, ...]
    comments: str
    cost_centre: str
    project: str


class Books:
    """One company's books. Whoever reads several things that belong together holds `lock`."""

    def __init__(self, company: Company, now: Callable[[], datetime]) -> None:
        self.lock = RLock()
        self.company = company
        self.years: dict[int, FinancialYear] = {}
        self.cost_centres: dict[str, CostCentre] = {}
        self.projects: dict[str, Project] = {}
        self._now = now
        self._accounts: defaultdict[int, dict[int, Account]] = defaultdict(dict)
        self._vouchers: defaultdict[int, dict[VoucherKey, StoredVoucher]] = defaultdict(dict)
        self._series: defaultdict[int, dict[str, VoucherSeries]] = defaultdict(dict)

    def today(self) -> date:
        return self._now().astimezone(STOCKHOLM).date()

    def current_year(self) -> FinancialYear | None:
        """The year of today, else the latest: what a request without a year is about."""
        with self.lock:
            years = sorted(self.years.values(), key=lambda year: year.from_date)
        today = self.today()
        matching = [year for year in years if year.from_date <= today <= year.to_date]
        return next(reversed(matching or years), None)

    def accounts(self, year: int) -> list[Account]:
        """Sorted by number, as the vendor says of its list."""
        with self.lock:
            return sorted(self._accounts[year].values(), key=lambda account: account.number)

    def vouchers(self, year: int, series: str | None = None) -> list[StoredVoucher]:
        with self.lock:
            stored = sorted(self._vouchers[year].values(), key=lambda voucher: voucher.key)
        return [voucher for voucher in stored if series in (None, voucher.key.series)]

    def voucher(self, key: VoucherKey) -> StoredVoucher | None:
        with self.lock:
            return self._vouchers[key.year].get(key)

    def series(self, year: int) -> list[VoucherSeries]:
        with self.lock:
            return sorted(self._series[year].values(), key=lambda series: series.code)

    def add_year(
        self,
        year_id: int,
        from_date: date,
        to_date: date,
        *,
        accounting_method: AccountingMethod = "ACCRUAL",
    ) -> FinancialYear:
        year = FinancialYear(year_id, from_date, to_date, accounting_method)
        with self.lock:
            self.years[year_id] = year
        return year

    def add_account(
        self,
        year: int,
        number: int | str,
        name: str,
        *,
        opening_balance: Decimal | str = ZERO,
        active: bool = True,
        sru: int | None = None,
    ) -> Account:
        """Adds an account to a year's chart, or changes the one that is there."""
        account = Account(
            year=year,
            number=int(number),
            name=name,
            opening_balance=Decimal(opening_balance).quantize(ZERO),
            modified_at=self._now(),
            active=active,
            sru=sru,
        )
        with self.lock:
            self._accounts[year][account.number] = account
        return account

    def set_opening_balance(self, year: int, account: int | str, amount: Decimal | str) -> None:
        with self.lock:
            before = self._accounts[year][int(account)]
            self._accounts[year][before.number] = replace(
                before,
                opening_balance=Decimal(amount).quantize(ZERO),
                modified_at=self._now(),
            )

    def add_cost_centre(self, code: str, name: str, *, active: bool = True) -> None:
        with self.lock:
            self.cost_centres[code] = CostCentre(code, name, active)

    def add_project(self, number: str, name: str, *, status: ProjectStatus = "ONGOING") -> None:
        with self.lock:
            self.projects[number] = Project(number, name, status)

    def add_series(self, year: int, code: str, name: str) -> None:
        with self.lock:
            self._series[year][code] = VoucherSeries(year, code, name)

    def add_voucher(
        self,
        year: int,
        series: str,
        voucher_date: date,
        text: str,
        rows: Iterable[Row],
        *,
        number: int | None = None,
        reference_type: ReferenceType = "MANUAL",
        modified_at: datetime | None = None,
    ) -> StoredVoucher:
        """Books a voucher, whatever its date, with the number after the series' highest."""
        with self.lock:
            stamp = modified_at or self._now()
            voucher = StoredVoucher(
                key=VoucherKey(year, series, number or self._highest(year, series) + 1),
                voucher_date=voucher_date,
                text=text,
                rows=tuple(rows),
                registered_on=stamp.astimezone(STOCKHOLM).date(),
                modified_at=stamp,
                reference_type=reference_type,
            )
            self._series[year].setdefault(series, VoucherSeries(year, series, f"Serie {series}"))
            self._vouchers[year][voucher.key] = voucher
        return voucher

    def change_voucher(self, key: VoucherKey, **change: Unpack[VoucherChange]) -> StoredVoucher:
        with self.lock:
            changed = replace(self._vouchers[key.year][key], modified_at=self._now(), **change)
            self._vouchers[key.year][key] = changed
        return changed

    def strike_row(self, key: VoucherKey, place: int, *instead: Row) -> StoredVoucher:
        """Strikes the row at a place, counted from 0, and adds what stands instead of it."""
        with self.lock:
            rows = list(self._vouchers[key.year][key].rows)
            rows[place] = replace(rows[place], removed=True)
            return self.change_voucher(key, rows=(*rows, *instead))

    def delete_voucher(self, key: VoucherKey) -> StoredVoucher:
        """Silently: no list, filter or stamp tells of it."""
        with self.lock:
            return self._vouchers[key.year].pop(key)

    def reuse_last_number(
        self, year: int, series: str, voucher_date: date, text: str, rows: Iterable[Row]
    ) -> StoredVoucher:
        """Deletes the last voucher of a series and gives its number to another one."""
        with self.lock:
            last = VoucherKey(year, series, self._highest(year, series))
            self.delete_voucher(last)
            return self.add_voucher(year, series, voucher_date, text, rows, number=last.number)

    def contents(self) -> BooksContents:
        with self.lock:
            return BooksContents(
                years=tuple(self.years.values()),
                accounts=tuple(_members(self._accounts)),
                cost_centres=tuple(self.cost_centres.values()),
                projects=tuple(self.projects.values()),
                series=tuple(_members(self._series)),
                vouchers=tuple(_members(self._vouchers)),
            )

    def put_back(self, contents: BooksContents) -> None:
        """Fills empty books with what others had, stamps and all."""
        with self.lock:
            self.years.update((year.id, year) for year in contents.years)
            self.cost_centres.update((centre.code, centre) for centre in contents.cost_centres)
            self.projects.update((project.number, project) for project in contents.projects)
            for account in contents.accounts:
                self._accounts[account.year][account.number] = account
            for series in contents.series:
                self._series[series.year][series.code] = series
            for voucher in contents.vouchers:
                self._vouchers[voucher.key.year][voucher.key] = voucher

    def next_number(self, year: int, series: str) -> int:
        with self.lock:
            return self._highest(year, series) + 1

    def _highest(self, year: int, series: str) -> int:
        numbers = (key.number for key in self._vouchers[year] if key.series == series)
        return max(numbers, default=0)


def _members(by_year: Mapping[int, Mapping[Any, Member]]) -> Iterator[Member]:
    for of_year in by_year.values():
        yield from of_year.values()

"""Believable Swedish companies out of a seed: for the demo, for tests and for benchmarks.

The same seed gives the same bytes. Vouchers are made one at a time, so that a file of any size can
be written; what its totals must be is summed up here, apart from every reader.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import BinaryIO

from connectors.sie.business import COST_CENTRES, PROJECTS, Ledger, year_of_vouchers
from connectors.sie.chart import bas_accounts, is_balance_account
from connectors.sie.writer import CompanyFacts, SieWriter
from schemas.bookkeeping import (
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    PeriodBalance,
    Voucher,
)

FIRST_YEAR = 2022
_FIRST_NAMES = (
    "Nordlunds",
    "Björkängens",
    "Åströms",
    "Sjöviks",
    "Östermans",
    "Hägglunds",
    "Västkustens",
)
_TRADES = ("Bygg", "Måleri", "Konsult", "Redovisning", "El & Data", "Trädgård", "Snickeri")
_START_CAPITAL = {"1930": 12_500_000, "1220": 4_000_000, "2081": -10_000_000, "2091": -6_500_000}


@dataclass
class ExpectedSums:
    """What a year's file must add up to; amounts in öre, without accounts at zero."""

    opening: Counter[str]
    vouchers: int = 0
    booked: int = 0
    added: int = 0
    struck: int = 0
    annulled: int = 0
    movement: Counter[str] = field(default_factory=Counter)
    # By account, first day of the month, and cost centre (empty: all of them).
    monthly: Counter[tuple[str, date, str]] = field(default_factory=Counter)

    @property
    def closing(self) -> dict[str, int]:
        """The balance of each balance account at the end of the year."""
        accounts = sorted(self.opening.keys() | self.movement.keys())
        sums = {account: self.opening[account] + self.movement[account] for account in accounts}
        return {
            account: ore for account, ore in sums.items() if is_balance_account(account) and ore
        }

    @property
    def result(self) -> dict[str, int]:
        """The year's total of each result account."""
        totals = sorted(self.movement.items())
        return {account: ore for account, ore in totals if not is_balance_account(account) and ore}

    def count(self, voucher: Voucher) -> None:
        self.vouchers += 1
        states = Counter(posting.state for posting in voucher.postings)
        self.booked += states["booked"]
        self.added += states["added"]
        self.struck += states["struck"]
        self.annulled += not (states["booked"] or states["added"])
        month = voucher.voucher_date.replace(day=1)
        for posting in voucher.postings:
            if posting.state != "struck":
                ore = int(posting.amount.scaleb(2))
                self.movement[posting.account] += ore
                self.monthly[posting.account, month, ""] += ore
                if "1" in posting.objects:
                    self.monthly[posting.account, month, posting.objects["1"]] += ore


@dataclass(frozen=True)
class GeneratedCompany:
    """A company that nobody has; its years are in order, the first one is 0."""

    seed: int
    name: str
    organisation_number: str
    fiscal_years: tuple[FiscalYear, ...]
    vouchers_per_year: int

    def vouchers(self, year_index: int) -> Iterator[Voucher]:
        """The vouchers of a year, in the order of its file."""
        return year_of_vouchers(
            self.fiscal_years[year_index],
            random=Random(f"{self.seed}:{year_index}"),
            ledger=Ledger(Counter(self._opening(year_index))),
            vouchers=self.vouchers_per_year,
        )

    def expected(self, year_index: int) -> ExpectedSums:
        """What the year's file must add up to. Goes once through its vouchers, and no more."""
        if year_index not in self._sums:
            sums = ExpectedSums(Counter(self._opening(year_index)))
            for voucher in self.vouchers(year_index):
                sums.count(voucher)
            self._sums[year_index] = sums
        return self._sums[year_index]

    def write(
        self,
        year_index: int,
        file: BinaryIO,
        *,
        encoding: str = "cp437",
        checksum: bool = True,
        line_end: str = "\r\n",
    ) -> None:
        """Writes the year as an SIE 4E file."""
        writer = SieWriter(file, encoding=encoding, checksum=checksum, line_end=line_end)
        self._write_head(writer, year_index)
        self._write_balances(writer, year_index)
        for voucher in self.vouchers(year_index):
            writer.voucher(voucher)
        writer.close()

    @cached_property
    def _sums(self) -> dict[int, ExpectedSums]:
        return {}

    def _opening(self, year_index: int) -> dict[str, int]:
        return self.expected(year_index - 1).closing if year_index else _START_CAPITAL

    def _write_head(self, writer: SieWriter, year_index: int) -> None:
        year = self.fiscal_years[year_index]
        facts = CompanyFacts(
            name=self.name,
            organisation_number=self.organisation_number,
            program="Bokflow generator",
            generated_on=year.last_day + timedelta(days=31),
        )
        years = self.fiscal_years[year_index::-1][:2]
        writer.company(facts, {-back: before for back, before in enumerate(years)})
        writer.balances_up_to(year.last_day)
        for account in bas_accounts():
            writer.account(account)
        for dimension, name, objects in (
            ("1", "Kostnadsställe", COST_CENTRES),
            ("6", "Projekt", PROJECTS),
        ):
            writer.dimension(Dimension(dimension=dimension, name=name))
            for number, called in objects.items():
                writer.object(Object(dimension=dimension, object=number, name=called))

    def _write_balances(self, writer: SieWriter, year_index: int) -> None:
        for back in range(2 if year_index else 1):
            sums = self.expected(year_index - back)
            for account, ore in sorted(sums.opening.items()):
                writer.opening_balance(Balance(account=account, amount=_amount(ore)), year=-back)
            for account, ore in sums.closing.items():
                total = ControlTotal(account=account, kind="closing", amount=_amount(ore))
                writer.control_total(total, year=-back)
            for account, ore in sums.result.items():
                total = ControlTotal(account=account, kind="result", amount=_amount(ore))
                writer.control_total(total, year=-back)
        for (account, month, centre), ore in sorted(self.expected(year_index).monthly.items()):
            writer.period_balance(
                PeriodBalance(
                    account=account,
                    month=month,
                    amount=_amount(ore),
                    dimension="1" if centre else "",
                    object=centre,
                )
            )


def generate(*, seed: int, years: int, vouchers_per_year: int) -> GeneratedCompany:
    """The company of a seed, with that many years of that many vouchers."""
    random = Random(seed)
    first_month = random.choice((1, 1, 1, 5, 7, 9))
    starts = [date(FIRST_YEAR + year, first_month, 1) for year in range(years + 1)]
    return GeneratedCompany(
        seed=seed,
        name=f"{random.choice(_FIRST_NAMES)} {random.choice(_TRADES)} AB",
        organisation_number=_organisation_number(random),
        fiscal_years=tuple(
            FiscalYear(first_day=start, last_day=following - timedelta(days=1))
            for start, following in pairwise(starts)
        ),
        vouchers_per_year=vouchers_per_year,
    )


def _organisation_number(random: Random) -> str:
    """A number that begins as limited companies' do, with its check digit (Luhn)."""
    digits = f"559{random.randint(0, 999_999):06d}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    return f"{digits[:6]}-{digits[6:]}{check}"


def _amount(ore: int) -> Decimal:
    return Decimal(ore).scaleb(-2)

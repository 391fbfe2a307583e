"""What happens in a made-up company, day by day, as vouchers: sales, purchases, pay and tax."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from schemas.bookkeeping import FiscalYear, Posting, PostingState, Voucher

_VAT_ACCOUNTS = ("2611", "2641")
_PURCHASES = (
    ("4010", "Varuinköp", 80_000),
    ("5010", "Lokalhyra", 30_000),
    ("5060", "Städning", 4_000),
    ("5410", "Förbrukningsinventarier", 9_000),
    ("5420", "Programlicenser", 3_000),
    ("5611", "Drivmedel", 1_500),
    ("5910", "Annonsering", 12_000),
    ("6110", "Kontorsmateriel", 2_000),
    ("6212", "Mobiltelefoni", 1_200),
    ("6540", "IT-drift", 7_000),
)
_SUPPLIERS = (
    "Ahlsell Sverige AB",
    "Bröderna Öhman Åkeri HB",
    "Elgiganten AB",
    "Fastighets AB Björken",
    "Kontorsgrossisten i Växjö AB",
    "Telia Sverige AB",
)
_CUSTOMERS = (
    "AB Svenska Småhus",
    "Bostadsrättsföreningen Ängen",
    "Göteborgs Måleri & Bygg AB",
    'Hotell "Sjöbris" i Åre AB',
    "Kommunalförbundet Östra",
    "Nilsson & Söner AB",
    "Skånska Gjuteriet AB",
)
_SIGNATURES = ("AN", "BL", "EÖ", "KS")
COST_CENTRES = {"10": "Stockholm", "20": "Göteborg", "30": "Malmö"}
PROJECTS = {"P1": "Ombyggnad Storgatan", "P2": "Nyetablering Norr", "P3": "Webbutik"}
CORRECTED_SHARE = 0.02
ANNULLED_SHARE = 0.005


@dataclass
class Ledger:
    """The state of the books while a year is being made up; amounts in öre."""

    balances: Counter[str]
    numbers: Counter[str] = field(default_factory=Counter)


def year_of_vouchers(
    year: FiscalYear, *, random: Random, ledger: Ledger, vouchers: int
) -> Iterator[Voucher]:
    """That many vouchers of a year, by date; `ledger` follows them."""
    months = _months(year)
    fixed = 2 + 3 * len(months)  # First and last of the year; pay, tax and VAT of each month.
    daily = vouchers - fixed if vouchers >= fixed else vouchers
    maker = _Maker(year, random, ledger)
    if daily < vouchers:
        yield maker.profit_brought_forward()
    for place, month in enumerate(months):
        start = daily * place // len(months)
        count = daily * (place + 1) // len(months) - start
        for number in range(count):
            yield maker.daily(month + timedelta(days=27 * number // max(count, 1)))
        if daily < vouchers:
            yield maker.pay(month.replace(day=25))
            yield maker.payroll_tax(month.replace(day=26))
            yield maker.vat(month.replace(day=28))
    if daily < vouchers:
        yield maker.result_of_year()


class _Maker:
    """Makes one voucher after the other."""

    def __init__(self, year: FiscalYear, random: Random, ledger: Ledger) -> None:
        self._year = year
        self._random = random
        self._ledger = ledger

    def profit_brought_forward(self) -> Voucher:
        profit = self._ledger.balances["2099"]
        rows = [self._row("2099", -profit), self._row("2098", profit)] if profit else []
        return self._voucher("A", self._year.first_day, "Omföring av föregående års resultat", rows)

    def result_of_year(self) -> Voucher:
        balances = self._ledger.balances
        result = sum(amount for account, amount in balances.items() if account[0] in "345678")
        rows = [self._row("8999", -result), self._row("2099", result)] if result else []
        return self._voucher("A", self._year.last_day, "Årets resultat", rows)

    def daily(self, day: date) -> Voucher:
        kinds = (self._sale, self._payment, self._purchase, self._paid_purchase, self._bank_fee)
        kind = self._random.choices(kinds, weights=(30, 25, 25, 17, 3))[0]
        voucher = kind(day)
        chance = self._random.random()
        if chance < ANNULLED_SHARE:
            return self._annulled(voucher, with_rows=chance < ANNULLED_SHARE / 2)
        self._book(voucher)
        return self._corrected(voucher) if chance < CORRECTED_SHARE else voucher

    def pay(self, day: date) -> Voucher:
        centre = self._random.choice(tuple(COST_CENTRES))
        salary = 100 * self._random.randint(90_000, 140_000)
        tax, fees = salary * 30 // 100, salary * 3142 // 10_000
        rows = [
            self._row("7210", salary, objects={"1": centre}),
            self._row("7510", fees, objects={"1": centre}),
            self._row("2710", -tax),
            self._row("2731", -fees),
            self._row("1930", tax - salary),
        ]
        return self._booked(self._voucher("L", day, f"Löner {day:%Y-%m}", rows))

    def payroll_tax(self, day: date) -> Voucher:
        rows = [self._row(account, -self._ledger.balances[account]) for account in ("2710", "2731")]
        rows.append(self._row("1930", -sum(map(_ore, rows))))
        text = "Skatteverket, avdragen skatt och arbetsgivaravgifter"
        return self._booked(self._voucher("A", day, text, rows))

    def vat(self, day: date) -> Voucher:
        rows = [self._row(account, -self._ledger.balances[account]) for account in _VAT_ACCOUNTS]
        rows.append(self._row("2650", -sum(map(_ore, rows))))
        return self._booked(self._voucher("M", day, f"Momsredovisning {day:%Y-%m}", rows))

    def _sale(self, day: date) -> Voucher:
        hours = self._random.randint(1, 120)
        net = hours * 100 * self._random.randint(650, 1_450) + self._random.randint(0, 99)
        vat = net // 4
        objects = {"1": self._random.choice(tuple(COST_CENTRES))}
        if self._random.random() < 0.4:
            objects["6"] = self._random.choice(tuple(PROJECTS))
        sold = self._row("3041", -net, objects=objects, text="Konsulttimmar")
        rows = [
            self._row("1510", net + vat),
            sold.model_copy(update={"quantity": Decimal(-hours)}),
            self._row("2611", -vat),
        ]
        text = f"Kundfaktura {self._ledger.numbers['B'] + 1001} {self._random.choice(_CUSTOMERS)}"
        return self._voucher("B", day, text, rows)

    def _payment(self, day: date) -> Voucher:
        amount = self._part_of(self._ledger.balances["1510"])
        rows = [self._row("1930", amount), self._row("1510", -amount)]
        return self._voucher("C", day, f"Inbetalning {self._random.choice(_CUSTOMERS)}", rows)

    def _purchase(self, day: date) -> Voucher:
        account, what, most = self._random.choice(_PURCHASES)
        net = self._random.randint(10_000, most * 100)
        vat = net // 4
        objects = {"1": self._random.choice(tuple(COST_CENTRES))}
        rows = [
            self._row(account, net, objects=objects),
            self._row("2641", vat),
            self._row("2440", -net - vat),
        ]
        return self._voucher("D", day, f"{what} {self._random.choice(_SUPPLIERS)}", rows)

    def _paid_purchase(self, day: date) -> Voucher:
        amount = self._part_of(-self._ledger.balances["2440"])
        rows = [self._row("2440", amount), self._row("1930", -amount)]
        return self._voucher("E", day, f"Utbetalning {self._random.choice(_SUPPLIERS)}", rows)

    def _bank_fee(self, day: date) -> Voucher:
        amount = self._random.randint(500, 60_000)
        rows = [self._row("6570", amount), self._row("1930", -amount)]
        return self._voucher("A", day, "Bankavgift", rows)

    def _part_of(self, outstanding_ore: int) -> int:
        """What is paid at once of what is owed, in öre."""
        owed = max(outstanding_ore, 50_000)
        return self._random.randint(owed // 5, owed * 3 // 5)

    def _annulled(self, voucher: Voucher, *, with_rows: bool) -> Voucher:
        """A voucher that keeps its number only: its rows are gone, or struck."""
        struck = tuple(
            posting.model_copy(update={"state": "struck"}) for posting in voucher.postings
        )
        return voucher.model_copy(update={"postings": struck if with_rows else ()})

    def _corrected(self, voucher: Voucher) -> Voucher:
        """The first row was struck and added again a week later, by somebody who signed it."""
        first, *others = voucher.postings
        wrong = first.model_copy(update={"state": "struck", "account": "1790"})
        when = min(voucher.voucher_date + timedelta(days=7), self._year.last_day)
        added = first.model_copy(
            update={
                "state": "added",
                "posting_date": when if when != voucher.voucher_date else None,
                "signature": self._random.choice(_SIGNATURES),
            }
        )
        return voucher.model_copy(update={"postings": (wrong, *others, added)})

    def _voucher(self, series: str, day: date, text: str, rows: list[Posting]) -> Voucher:
        self._ledger.numbers[series] += 1
        return Voucher(
            fiscal_year=self._year.first_day,
            series=series,
            number=str(self._ledger.numbers[series]),
            voucher_date=day,
            text=text,
            registered_on=day,
            postings=tuple(rows),
        )

    def _booked(self, voucher: Voucher) -> Voucher:
        self._book(voucher)
        return voucher

    def _book(self, voucher: Voucher) -> None:
        for posting in voucher.postings:
            self._ledger.balances[posting.account] += _ore(posting)

    def _row(
        self,
        account: str,
        ore: int,
        *,
        objects: dict[str, str] | None = None,
        text: str = "",
        state: PostingState = "booked",
    ) -> Posting:
        return Posting(
            account=account,
            amount=Decimal(ore).scaleb(-2),
            objects=objects or {},
            text=text,
            state=state,
        )


def _ore(posting: Posting) -> int:
    return int(posting.amount.scaleb(2))


def _months(year: FiscalYear) -> list[date]:
    months = []
    month = year.first_day.replace(day=1)
    while month <= year.last_day:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return months

"""An accounting system as a few vouchers that change, and the connector that reads them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from connectors.protocol import KnownRead, Page, PlannedRead
from schemas.bookkeeping import FiscalYear, SetAsideVoucher, Voucher
from schemas.ledger_events import FiscalYearsObserved, VouchersObserved, VouchersSetAside
from schemas.parts import Read, Scope
from tests.builders import a_set_aside_voucher, a_voucher
from tests.connectors.sie.builders import HEAD

YEARS = (date(2024, 1, 1), date(2025, 1, 1))
NUMBERS = ("1", "2", "3")
Key = tuple[date, str]  # The fiscal year, and the voucher's number.
Content = Voucher | SetAsideVoucher


@dataclass
class SourceBooks:
    """One company's vouchers at the source, each with the time of its last change."""

    vouchers: dict[Key, Content] = field(default_factory=dict)
    changed: dict[Key, int] = field(default_factory=dict)
    time: int = 0

    def write(self, key: Key, *, is_good: bool = True) -> None:
        """Adds or changes a voucher; no two have the same content."""
        self.time += 1
        year, number = key
        amount = f"{self.time}.00"
        good = a_voucher(number, amount=amount, year=year, day=year.replace(month=3))
        self.vouchers[key] = good if is_good else a_set_aside_voucher(number, year=year)
        self.changed[key] = self.time

    def remove(self, key: Key) -> None:
        self.time += 1
        self.vouchers.pop(key, None)

    def of_year(self, year: date, *, since: int = 0) -> dict[Key, Content]:
        """Its vouchers, or those that have changed since then."""
        return {
            key: content
            for key, content in self.vouchers.items()
            if key[0] == year and self.changed[key] > since
        }


def as_file(books: SourceBooks) -> bytes:
    """Its good vouchers of the first year as a SIE file of type 4E."""
    lines = list(HEAD)
    for content in books.of_year(YEARS[0]).values():
        if isinstance(content, Voucher):
            lines += [f'#VER A {content.number} {content.voucher_date:%Y%m%d} ""', "{"]
            lines += [f"#TRANS {row.account} {{}} {row.amount}" for row in content.postings]
            lines.append("}")
    return "".join(f"{line}\r\n" for line in lines).encode("cp437")


class ListedConnector:
    """Reads whole, or what has changed since the watermark that is known."""

    name = "fortnox"

    def __init__(self, books: SourceBooks, known: Mapping[str, KnownRead]) -> None:
        self._books = books
        self._known = known
        self._time = 0

    def reads(self, scope: Scope) -> Sequence[PlannedRead]:
        planned = [PlannedRead(Read(part="fiscal_years"), snapshot=True)]
        for year in YEARS:
            if scope.fiscal_years is None or year in scope.fiscal_years:
                read = Read(part="vouchers", fiscal_year=year)
                known = self._known.get(read.name)
                since = known.watermark if known is not None and known.is_fresh else None
                planned.append(PlannedRead(read, snapshot=since is None, since=since))
        return [plan for plan in planned if plan.read.part in scope.parts]

    def pages(self, plan: PlannedRead) -> Iterator[Page]:
        """The content of this moment, whatever changes while it is read."""
        self._time = self._books.time
        year = plan.read.fiscal_year
        if year is None:
            spans = [FiscalYear(first_day=y, last_day=date(y.year, 12, 31)) for y in YEARS]
            return iter([Page(FiscalYearsObserved, {"fiscal_years": spans})])
        found = self._books.of_year(year, since=int(plan.since or 0)).values()
        good = [one for one in found if isinstance(one, Voucher)]
        bad = [one for one in found if isinstance(one, SetAsideVoucher)]
        pages = [Page(VouchersObserved, {"vouchers": (voucher,)}) for voucher in good]
        aside = [Page(VouchersSetAside, {"vouchers": tuple(bad)})] if bad else []
        return iter([*pages, *aside])

    def watermark(self, plan: PlannedRead) -> str | None:
        return str(self._time) if plan.read.part == "vouchers" else None

"""The balances that a file states: opening, per period, closing and results (SIE 4B, section 8)."""

from datetime import date
from decimal import Decimal
from typing import TypeVar

from connectors.sie.amounts import (
    OutsideLimits,
    ReadAmount,
    Unreadable,
    read_amount,
    read_month,
    read_quantity,
)
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.fields import Record
from schemas.bookkeeping import Balance, ControlTotal, PeriodBalance
from schemas.limits import ACCOUNT_CHARACTERS_MAX, OBJECT_CHARACTERS_MAX

_AccountObject = tuple[str, str, str]
_Content = dict[str, object]
Key = TypeVar("Key")


class Balances:
    """Collects the balances of year 0; those of other years are counted as information.

    A balance that comes twice for the same account, object and month: the last one counts.
    """

    LABELS = frozenset(("#IB", "#OIB", "#UB", "#OUB", "#RES", "#PSALDO", "#PBUDGET"))

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._opening: dict[_AccountObject, _Content] = {}
        self._periods: dict[tuple[str, date, _AccountObject], _Content] = {}
        self._totals: dict[tuple[str, str], _Content] = {}
        self.dimensions_used: set[str] = set()

    def opening(self) -> tuple[Balance, ...]:
        return tuple(map(Balance.model_validate, self._opening.values()))

    def periods(self) -> tuple[PeriodBalance, ...]:
        return tuple(map(PeriodBalance.model_validate, self._periods.values()))

    def totals(self) -> tuple[ControlTotal, ...]:
        return tuple(map(ControlTotal.model_validate, self._totals.values()))

    def take(self, record: Record, line: int) -> None:
        if record.text(0) not in ("0", "-0", "+0"):
            self._diagnostics.add_first("other_year", line=line, label=record.label)
            return
        try:
            match record.label:
                case "#IB":
                    self._take_opening(record, line, listed=False)
                case "#OIB":
                    self._take_opening(record, line, listed=True)
                case "#PSALDO" | "#PBUDGET":
                    self._take_period(record, line)
                case "#UB":
                    self._take_total("closing", record, line)
                case "#RES":
                    self._take_total("result", record, line)
        except (Unreadable, OutsideLimits):
            self._diagnostics.add(
                "balance_unreadable", line=line, label=record.label, text=record.joined(0)
            )

    def _take_opening(self, record: Record, line: int, *, listed: bool) -> None:
        key = self._account_object(record, line, place=1, listed=listed)
        place = 3 if listed else 2
        self._put(self._opening, key, self._content(record, line, key, place), record, line)

    def _take_period(self, record: Record, line: int) -> None:
        month = read_month(record.text(1))
        key = self._account_object(record, line, place=2, listed=True)
        content = self._content(record, line, key, 4)
        kind = "actual" if record.label == "#PSALDO" else "budget"
        content |= {"month": month, "kind": kind}
        self._put(self._periods, (kind, month, key), content, record, line)

    def _take_total(self, kind: str, record: Record, line: int) -> None:
        account, _, _ = self._account_object(record, line, place=1, listed=False)
        amount = self._amount(record, 2, line)
        content: _Content = {"account": account, "kind": kind, "amount": amount.text}
        self._put(self._totals, (kind, account), content, record, line)

    def _account_object(
        self, record: Record, line: int, *, place: int, listed: bool
    ) -> _AccountObject:
        account = record.text(place)
        if not 1 <= len(account) <= ACCOUNT_CHARACTERS_MAX:
            raise OutsideLimits(account)
        if not listed:
            return account, "", ""
        if not record.list_at(place + 1):
            self._diagnostics.add("object_list_missing", line=line, label=record.label)
        objects = record.objects(place + 1)
        if len(objects) not in (0, 2):
            self._diagnostics.add("object_list_odd", line=line, text=" ".join(objects))
        if len(objects) < 2:
            return account, "", ""
        dimension, number = objects[:2]
        if not dimension or max(len(dimension), len(number)) > OBJECT_CHARACTERS_MAX:
            raise OutsideLimits(number)
        self.dimensions_used.add(dimension)
        return account, dimension, number

    def _content(self, record: Record, line: int, key: _AccountObject, place: int) -> _Content:
        account, dimension, number = key
        content: _Content = {
            "account": account,
            "amount": self._amount(record, place, line).text,
            "quantity": self._quantity(record, place + 1, line),
        }
        if dimension:
            content |= {"dimension": dimension, "object": number}
        return content

    def _amount(self, record: Record, place: int, line: int) -> ReadAmount:
        amount = read_amount(record.text(place))
        if amount.irregular:
            self._diagnostics.add("amount_irregular", line=line, text=record.text(place))
        return amount

    def _quantity(self, record: Record, place: int, line: int) -> Decimal | None:
        text = record.text(place)
        if not text:
            return None
        try:
            return read_quantity(text)
        except (Unreadable, OutsideLimits):
            self._diagnostics.add("quantity_left_out", line=line, text=text)
            return None

    def _put(
        self, balances: dict[Key, _Content], key: Key, content: _Content, record: Record, line: int
    ) -> None:
        if key in balances:
            self._diagnostics.add(
                "balance_twice", line=line, label=record.label, account=content["account"]
            )
        balances[key] = content

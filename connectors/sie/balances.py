"""The balances that a file states: opening, per period, closing and results (SIE 4B, section 8)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
from connectors.sie.header import YearBalances
from connectors.sie.thousands import join_thousands
from schemas.bookkeeping import Balance, ControlTotal, ObjectTotal, PeriodBalance
from schemas.lifecycle_events import SieType
from schemas.limits import ACCOUNT_CHARACTERS_MAX, OBJECT_CHARACTERS_MAX

_AccountObject = tuple[str, str, str]
_Content = dict[str, object]
_YEAR_INDEX = re.compile("[+-]?[0-9]{1,3}")
Key = TypeVar("Key")


@dataclass
class _Year:
    """The balances of one year; of those of the same account, object and month the last counts."""

    opening: dict[_AccountObject, _Content] = field(default_factory=dict)
    periods: dict[tuple[str, date, _AccountObject], _Content] = field(default_factory=dict)
    totals: dict[tuple[str, str], _Content] = field(default_factory=dict)
    object_totals: dict[_AccountObject, _Content] = field(default_factory=dict)

    def built(self) -> YearBalances:
        return YearBalances(
            opening=tuple(map(Balance.model_validate, self.opening.values())),
            periods=tuple(map(PeriodBalance.model_validate, self.periods.values())),
            totals=tuple(map(ControlTotal.model_validate, self.totals.values())),
            object_totals=tuple(map(ObjectTotal.model_validate, self.object_totals.values())),
        )

    def dimensions(self) -> Iterator[str]:
        yield from (dimension for _, dimension, _ in self.opening)
        yield from (dimension for _, dimension, _ in self.object_totals)
        yield from (dimension for _, _, (_, dimension, _) in self.periods)

    def drop_periods_of_objects(self) -> None:
        self.periods = {key: row for key, row in self.periods.items() if not key[2][1]}


class _SeveralObjects(Exception):
    """A balance of objects of several dimensions at once: a cut through what others state."""


class Balances:
    """Collects the balances of all years; those of other years than 0 are counted, too."""

    LABELS = frozenset(("#IB", "#OIB", "#UB", "#OUB", "#RES", "#PSALDO", "#PBUDGET"))

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics
        self._years = {0: _Year()}
        self._first_of_objects: dict[str, int] = {}  # Line by label: #PSALDO or #PBUDGET.

    def of_type(self, sie_type: SieType) -> dict[int, YearBalances]:
        """The balances by year; a reader of type 2 ignores those of objects (facts, section 4)."""
        if sie_type == "2":
            for label, line in self._first_of_objects.items():
                self._diagnostics.add("object_rows_ignored", line=line, label=label)
            for year in self._years.values():
                year.drop_periods_of_objects()
        return {index: year.built() for index, year in self._years.items()}

    def dimensions_used(self) -> set[str]:
        return {dimension for year in self._years.values() for dimension in year.dimensions()}

    def take(self, record: Record, line: int) -> None:
        text = record.text(0)
        index = int(text) if _YEAR_INDEX.fullmatch(text) else None
        if index != 0:
            self._diagnostics.add_first("other_year", line=line, label=record.label)
        if index is None:
            return
        try:
            self._take(self._years.setdefault(index, _Year()), record, line)
        except _SeveralObjects:
            self._diagnostics.add_first("balance_of_several", line=line, label=record.label)
        except (Unreadable, OutsideLimits):
            self._diagnostics.add(
                "balance_unreadable", line=line, label=record.label, text=record.joined(0)
            )

    def _take(self, year: _Year, record: Record, line: int) -> None:
        match record.label:
            case "#IB":
                self._take_opening(year, record, line, listed=False)
            case "#OIB":
                self._take_opening(year, record, line, listed=True)
            case "#PSALDO" | "#PBUDGET":
                self._take_period(year, record, line)
            case "#UB":
                self._take_total(year, "closing", record, line)
            case "#RES":
                self._take_total(year, "result", record, line)
            case "#OUB":
                self._take_object_total(year, record, line)

    def _take_opening(self, year: _Year, record: Record, line: int, *, listed: bool) -> None:
        key = self._account_object(record, line, place=1, listed=listed)
        place = 3 if listed else 2
        self._put(year.opening, key, self._content(record, line, key, place), record, line)

    def _take_period(self, year: _Year, record: Record, line: int) -> None:
        month = read_month(record.text(1))
        key = self._account_object(record, line, place=2, listed=True)
        content = self._content(record, line, key, 4)
        kind = "actual" if record.label == "#PSALDO" else "budget"
        content |= {"month": month, "kind": kind}
        self._put(year.periods, (kind, month, key), content, record, line)
        if key[1]:
            self._first_of_objects.setdefault(record.label, line)

    def _take_total(self, year: _Year, kind: str, record: Record, line: int) -> None:
        key = self._account_object(record, line, place=1, listed=False)
        content = self._content(record, line, key, 2) | {"kind": kind}
        self._put(year.totals, (kind, key[0]), content, record, line)

    def _take_object_total(self, year: _Year, record: Record, line: int) -> None:
        key = self._account_object(record, line, place=1, listed=True)
        if not key[1]:
            raise Unreadable(record.joined(0))  # It must not stand in for the account's own #UB.
        content = self._content(record, line, key, 3) | {"kind": "closing"}
        self._put(year.object_totals, key, content, record, line)

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
        if not objects:
            return account, "", ""
        if len(objects) % 2:
            raise Unreadable(" ".join(objects))  # It must not stand in for the whole account.
        if len(objects) > 2:
            raise _SeveralObjects
        dimension, number = objects
        if not dimension or max(len(dimension), len(number)) > OBJECT_CHARACTERS_MAX:
            raise OutsideLimits(number)
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
        join_thousands(record, place, before_quantity=True)
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

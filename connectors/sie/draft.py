"""A voucher that is read record by record, with care for every way in which programs deviate."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from connectors.sie.amounts import (
    OutsideLimits,
    ReadAmount,
    Unreadable,
    read_amount,
    read_date,
    read_quantity,
)
from connectors.sie.diagnostics import Diagnostics
from connectors.sie.fields import Record
from connectors.sie.thousands import join_thousands
from connectors.sie.twins import are_twins, become_added
from schemas.bookkeeping import FiscalYear, SetAsideReason
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    SET_ASIDE_SOURCE_BYTES_MAX,
    TEXT_CHARACTERS_MAX,
    VOUCHER_BYTES_MAX,
)

Fields = dict[str, Any]  # What a model is made of.
# `{"account":"","amount":""},`: a posting is never shorter than this and its texts.
_POSTING_BYTES_MIN = 27


@dataclass
class Problem:
    """Why a voucher cannot be booked."""

    reason: SetAsideReason
    detail: str


@dataclass
class Draft:
    """The rows so far, their sum in öre, the source's own text, and what is wrong."""

    line: int
    voucher_date: date | None
    year: FiscalYear | None  # None: the file does not say.
    diagnostics: Diagnostics
    postings: list[Fields] = field(default_factory=list)
    problem: Problem | None = None
    total_ore: int = 0
    booked: int = 0
    moved: Counter[str] = field(default_factory=Counter)  # In öre, by account.
    source: list[str] = field(default_factory=list)
    source_characters: int = 0
    _bytes_min: int = 0
    _added: Fields | None = None  # An #RTRANS that waits for its twin.

    def keep_source(self, line: str) -> None:
        if self.source_characters < SET_ASIDE_SOURCE_BYTES_MAX:
            self.source.append(line[:SET_ASIDE_SOURCE_BYTES_MAX])
        self.source_characters += len(line) + 1

    def fail(self, reason: SetAsideReason, detail: str) -> None:
        """The first problem is the one that is told."""
        if self.problem is None:
            self.problem = Problem(reason, detail[:TEXT_CHARACTERS_MAX])

    def remark(self, code: str, line: int, **facts: object) -> None:
        self.diagnostics.add(code, line=line, **facts)

    def add(self, record: Record, line: int) -> None:
        """Takes a #TRANS, #RTRANS or #BTRANS."""
        if not record.list_at(1):
            self.remark("object_list_missing", line, label=record.label)
        amount = self._amount(record, line)
        if amount is None:
            self.forget_twin(line)
            return
        posting = self._posting(record, line, amount)
        match record.label:
            case "#RTRANS":
                self.forget_twin(line)
                self._added = posting
            case "#BTRANS":
                self.forget_twin(line)
                posting["state"] = "struck"
                self._keep(posting)
            case _:
                self._pair(posting, line)
                self.total_ore += amount.ore
                self.moved[posting["account"]] += amount.ore
                self.booked += 1
                self._keep(posting)

    def forget_twin(self, line: int) -> None:
        """A row that was added later is not booked where no #TRANS repeats it."""
        if self._added is not None:
            self.remark("added_row_alone", line, account=self._added["account"])
            self._added = None

    def _pair(self, posting: Fields, line: int) -> None:
        """An #RTRANS and the #TRANS after it are one row, if account, objects and amount agree."""
        added = self._added
        if added is None:
            return
        if are_twins(added, posting):
            self._added = None
            become_added(posting, added)
        else:
            self.forget_twin(line)

    def _keep(self, posting: Fields) -> None:
        texts = ("account", "amount", "text")
        self._bytes_min += _POSTING_BYTES_MIN + sum(len(posting.get(name, "")) for name in texts)
        if self._bytes_min > VOUCHER_BYTES_MAX:
            self.fail("too_large", f"#TRANS {posting['account']}")
            self.postings.clear()
        else:
            self.postings.append(posting)

    def _amount(self, record: Record, line: int) -> ReadAmount | None:
        join_thousands(record, 2, before_quantity=False)
        text = record.text(2)
        try:
            amount = read_amount(text)
        except Unreadable:
            self.fail("amount", f"{record.label} {record.joined(0)}")
            return None
        except OutsideLimits:
            self.fail("outside_limits", f"{record.label} {record.joined(0)}")
            return None
        if amount.irregular:
            self.remark("amount_irregular", line, text=text)
        return amount

    def _posting(self, record: Record, line: int, amount: ReadAmount) -> Fields:
        account, text, signature = record.text(0), record.text(4), record.text(6)
        if not 1 <= len(account) <= ACCOUNT_CHARACTERS_MAX:
            self.fail("outside_limits", f"{record.label} {record.joined(0)}")
        if max(len(text), len(signature)) > TEXT_CHARACTERS_MAX:
            self.fail("outside_limits", f"{record.label} {record.joined(0)}")
        posting: Fields = {"account": account, "amount": amount.text}
        rest: dict[str, Any] = {
            "objects": self._objects(record, line),
            "posting_date": self._posting_date(record.text(3), line),
            "text": text,
            "quantity": self._quantity(record.text(5), line),
            "signature": signature,
        }
        posting.update({name: value for name, value in rest.items() if value not in ("", None, {})})
        return posting

    def _objects(self, record: Record, line: int) -> dict[str, str]:
        texts = record.objects(1)
        if len(texts) % 2:
            self.remark("object_list_odd", line, text=" ".join(texts))
        objects: dict[str, str] = {}
        for dimension, number in zip(texts[::2], texts[1::2], strict=False):
            if not dimension or max(len(dimension), len(number)) > OBJECT_CHARACTERS_MAX:
                self.fail("outside_limits", f"{record.label} {record.joined(0)}")
                break
            if dimension in objects:
                self.remark("dimension_twice", line, dimension=dimension)
            objects[dimension] = number
        return objects

    def _posting_date(self, text: str, line: int) -> date | None:
        if not text:
            return None
        try:
            day = read_date(text)
        except Unreadable:
            self.remark("row_date_unreadable", line, text=text)
            return None
        if "-" in text:
            self.remark("date_irregular", line, text=text)
        if day == self.voucher_date:
            return None
        if self.year is not None and not self.year.first_day <= day <= self.year.last_day:
            self.remark("date_outside_year", line, date=day)
        return day

    def _quantity(self, text: str, line: int) -> object:
        if not text:
            return None
        try:
            return read_quantity(text)
        except (Unreadable, OutsideLimits):
            self.remark("quantity_left_out", line, text=text)
            return None

"""A voucher of Fortnox in one form, whether it came as JSON or in an SIE file. Pure.

The daily whole read takes vouchers from an SIE file, what changes in between comes as JSON. A
voucher that has not changed must be the same by both ways, to the digest; so it is told as far as
both can tell it:

- its texts as single lines, a row's own text from TransactionInformation (a row's Description is
  the name of its account);
- cost centre and project of each row; those at the head of the JSON are what new rows begin with,
  and no row's own;
- a quantity without needless zeros and with the sign of its amount, as SIE has it; none for zero;
- struck rows after the others: an SIE file may put them anywhere;
- without date of registration, signatures, dates of rows, and whether a row was added later, which
  only an SIE file knows, and without comments and references, which it does not know.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from connectors.fortnox.spelling import as_amount_text, as_code, as_text, one_line
from connectors.fortnox.translate import COST_CENTRE, PROJECT
from connectors.sie.amounts import (
    ORE_MAX,
    OutsideLimits,
    Unreadable,
    amount_of,
    read_amount,
    read_date,
    read_quantity,
)
from connectors.sie.set_aside import cut_source_text
from schemas.bookkeeping import SetAsideReason, SetAsideVoucher, Voucher
from schemas.errors import SourceRefused
from schemas.limits import (
    ACCOUNT_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    OBJECT_CHARACTERS_MAX,
    SERIES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    VOUCHER_BYTES_MAX,
    replace_forbidden,
)
from schemas.sources import FORTNOX

Document = Mapping[str, Any]
Fields = dict[str, Any]  # What a model is made of.
_TOLD_BY_BOTH = ("fiscal_year", "series", "number", "occurrence", "voucher_date")


class _CannotBeBooked(Exception):
    """Why, by the codes that vouchers of SIE files have too."""

    def __init__(
        self, reason: SetAsideReason, detail: str = "", *, difference_ore: int = 0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail[:TEXT_CHARACTERS_MAX]
        self.difference_ore = difference_ore


def from_sie(document: str) -> str:
    """The voucher of an SIE file, as the JSON of its model, in the form that both ways have."""
    voucher = orjson.loads(document)
    told = {name: voucher[name] for name in _TOLD_BY_BOTH if name in voucher}
    if text := one_line(voucher.get("text", "")):
        told["text"] = text
    told["postings"] = _struck_last(map(_posting_of_sie, voucher["postings"]))
    return orjson.dumps(told).decode()


def from_json(document: Document, body: bytes, fiscal_year: date) -> str | SetAsideVoucher:
    """The voucher of a JSON answer in that form; or set aside, with the answer's own text.

    Raises SourceRefused where the answer is no voucher.
    """
    try:
        return _booked(document, fiscal_year)
    except _CannotBeBooked as problem:
        difference_ore = problem.difference_ore
        told = difference_ore and abs(difference_ore) <= ORE_MAX
        return SetAsideVoucher.model_validate(
            {
                "fiscal_year": fiscal_year,
                "series": _text(document, "VoucherSeries")[:SERIES_CHARACTERS_MAX],
                "number": _text(document, "VoucherNumber")[:NUMBER_CHARACTERS_MAX],
                "reason": problem.reason,
                "detail": problem.detail,
                "voucher_date": _day(document),
                "difference": amount_of(difference_ore) if told else None,
                "source_text": source_text_of(body),
            }
        )


def source_text_of(body: bytes) -> str:
    """An answer's own text, as far as it is kept."""
    return cut_source_text(replace_forbidden(body.decode("utf-8", "replace")))


def _booked(document: Document, fiscal_year: date) -> str:
    head: Fields = {
        "series": _text(document, "VoucherSeries"),
        "number": _text(document, "VoucherNumber"),
        "text": one_line(as_text(document.get("Description"))),
    }
    voucher_date = _day(document)
    if voucher_date is None:
        raise _CannotBeBooked("voucher_date", _text(document, "TransactionDate"))
    if (
        len(head["series"]) > SERIES_CHARACTERS_MAX
        or len(head["number"]) > NUMBER_CHARACTERS_MAX
        or len(head["text"]) > TEXT_CHARACTERS_MAX
    ):
        raise _CannotBeBooked("outside_limits", str(head))
    total_ore, postings = _postings(document)
    if total_ore:
        raise _CannotBeBooked("unbalanced", difference_ore=total_ore)
    head |= {"fiscal_year": fiscal_year, "voucher_date": voucher_date, "postings": postings}
    voucher = Voucher.model_validate(head).model_dump_json(exclude_defaults=True)
    if (size_bytes := len(voucher.encode())) > VOUCHER_BYTES_MAX:
        raise _CannotBeBooked("too_large", f"{size_bytes} > {VOUCHER_BYTES_MAX}")
    return voucher


def _postings(document: Document) -> tuple[int, list[Fields]]:
    """What the rows that count add up to, in öre, and all rows."""
    rows = document.get("VoucherRows") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceRefused(FORTNOX.name, "a voucher's rows are no list of objects")
    total_ore = 0
    postings = []
    for row in rows:
        try:
            amount_ore = _amount_ore(row)
            postings.append(_posting_of_json(row, amount_ore))
        except Unreadable as error:
            raise _CannotBeBooked("amount", _flat(row)) from error
        except OutsideLimits as error:
            raise _CannotBeBooked("outside_limits", _flat(row)) from error
        if not row.get("Removed"):
            total_ore += amount_ore
    return total_ore, _struck_last(postings)


def _amount_ore(row: Document) -> int:
    debit, credit = (read_amount(as_amount_text(row.get(side))) for side in ("Debit", "Credit"))
    amount_ore = debit.ore - credit.ore
    if abs(amount_ore) > ORE_MAX:
        raise OutsideLimits(amount_of(amount_ore))
    return amount_ore


def _posting_of_json(row: Document, amount_ore: int) -> Fields:
    account, text = _text(row, "Account"), one_line(as_text(row.get("TransactionInformation")))
    objects = {COST_CENTRE: _text(row, "CostCenter"), PROJECT: _text(row, "Project")}
    if (
        not 1 <= len(account) <= ACCOUNT_CHARACTERS_MAX
        or len(text) > TEXT_CHARACTERS_MAX
        or max(map(len, objects.values())) > OBJECT_CHARACTERS_MAX
    ):
        raise OutsideLimits(account)
    try:
        quantity = read_quantity(as_amount_text(row.get("Quantity")))
    except (Unreadable, OutsideLimits):
        quantity = None  # As in an SIE file: nothing is booked by it.
    return _posting(
        {"account": account, "amount": amount_of(amount_ore)},
        text=text,
        quantity=quantity,
        objects=objects,
        is_struck=bool(row.get("Removed")),
    )


def _posting_of_sie(posting: Document) -> Fields:
    quantity = posting.get("quantity")
    return _posting(
        {"account": posting["account"], "amount": posting["amount"]},
        text=one_line(posting.get("text", "")),
        quantity=Decimal(quantity) if quantity else None,
        objects=posting.get("objects", {}),
        is_struck=posting.get("state") == "struck",
    )


def _posting(
    fields: Fields,
    *,
    text: str,
    quantity: Decimal | None,
    objects: Mapping[str, str],
    is_struck: bool,
) -> Fields:
    """A row in the form that both ways have; `fields` are its account and its amount."""
    if text:
        fields["text"] = text
    if quantity:
        sign = "-" if fields["amount"].startswith("-") else ""
        fields["quantity"] = f"{sign}{abs(quantity).normalize():f}"
    if is_struck:
        fields["state"] = "struck"
    told = {number: objects.get(number) for number in (COST_CENTRE, PROJECT)}
    if any(told.values()):
        fields["objects"] = {number: name for number, name in told.items() if name}
    return fields


def _struck_last(postings: Iterable[Fields]) -> list[Fields]:
    return sorted(postings, key=lambda posting: "state" in posting)


def _day(document: Document) -> date | None:
    try:
        return read_date(_text(document, "TransactionDate"))
    except Unreadable:
        return None


def _text(document: Document, name: str) -> str:
    """A text, or the digits of a number; empty where there is none. Raises SourceRefused."""
    return as_code(document.get(name)).strip()


def _flat(row: Document) -> str:
    """A row as a detail: what is nested may be so too deeply to be written out."""
    return str({name: value for name, value in row.items() if not isinstance(value, dict | list)})

"""Fortnox's documents in our words, all but its vouchers. Pure (facts, section 3)."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from connectors.fortnox.spelling import as_amount_text, as_code, as_text, one_line
from connectors.sie.accounts import reserved_dimension
from connectors.sie.amounts import OutsideLimits, Unreadable, read_amount
from schemas.bookkeeping import Account, Balance, FiscalYear, Object
from schemas.errors import SourceRefused
from schemas.limits import TEXT_CHARACTERS_MAX
from schemas.model import Model
from schemas.sources import FORTNOX

COST_CENTRE, PROJECT = "1", "6"  # As SIE numbers them.
DIMENSIONS = (reserved_dimension(COST_CENTRE), reserved_dimension(PROJECT))
PROGRAM = "Fortnox"
_ORGANISATION_NUMBER_CHARACTERS_MAX = 32  # What CompanyObserved holds.
Document = Mapping[str, Any]
Known = TypeVar("Known", bound=Model)


def company(document: Document) -> dict[str, object]:
    """The content of CompanyObserved."""
    return {
        "name": _name(document, "CompanyName"),
        "organisation_number": organisation_number(document),
        "program": PROGRAM,
    }


def organisation_number(document: Document) -> str | None:
    number = _number(document, "OrganizationNumber")
    if len(number) > _ORGANISATION_NUMBER_CHARACTERS_MAX:
        raise SourceRefused(FORTNOX.name, f"its organisation number has {len(number)} characters")
    return number or None


def fiscal_year(document: Document) -> FiscalYear:
    """A year by its days; its Id, which requests name it by, is a small number of its own."""
    fields = {
        "first_day": _number(document, "FromDate"),
        "last_day": _number(document, "ToDate"),
        "source_id": _number(document, "Id"),
    }
    return _built(FiscalYear, fields)


def account(document: Document) -> Account:
    sru = _number(document, "SRU")
    return _built(
        Account,
        {
            "account": _number(document, "Number"),
            "name": _name(document, "Description"),
            "sru": (sru,) if sru else (),
        },
    )


def opening_balance(document: Document) -> Balance | None:
    """What an account brings into its year, None where that is nothing."""
    number = _number(document, "Number")
    try:
        amount = read_amount(as_amount_text(document.get("BalanceBroughtForward")))
    except (Unreadable, OutsideLimits) as error:
        detail = f"the opening balance of {number} cannot be read: {error}"
        raise SourceRefused(FORTNOX.name, detail) from error
    return _built(Balance, {"account": number, "amount": amount.text}) if amount.ore else None


def cost_centre(document: Document) -> Object:
    return _object(COST_CENTRE, _number(document, "Code"), document)


def project(document: Document) -> Object:
    return _object(PROJECT, _number(document, "ProjectNumber"), document)


def _object(dimension: str, number: str, document: Document) -> Object:
    fields = {"dimension": dimension, "object": number, "name": _name(document, "Description")}
    return _built(Object, fields)


def _name(document: Document, field: str) -> str:
    return one_line(as_text(document.get(field)))[:TEXT_CHARACTERS_MAX]


def _number(document: Document, field: str) -> str:
    """A number or code, which is a JSON number here and a string there."""
    return as_code(document.get(field)).strip()


def _built(kind: type[Known], fields: Mapping[str, object]) -> Known:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(fault["msg"] for fault in error.errors(include_url=False))
        detail = f"{kind.__name__} {fields} cannot be read: {problems}"
        raise SourceRefused(FORTNOX.name, detail) from error

"""Bytes to events: what cannot be read is an ordinary error, and says what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import decode_command, decode_ledger
from schemas.errors import EventTypeUnknown, KeyMismatched, MessageUnreadable, SchemaViolated
from schemas.ledger_events import VouchersObserved

GOLDEN = Path(__file__).parent / "golden"


def _page(**changes: Any) -> bytes:
    document = json.loads((GOLDEN / "vouchers_observed.v1.json").read_bytes())
    return json.dumps(document | changes).encode()


def _with_amount(amount: Any) -> bytes:
    document = json.loads(_page())
    document["vouchers"] = document["vouchers"][:1]
    document["vouchers"][0]["postings"] = [
        {"account": "1930", "amount": amount},
        {"account": "3001", "amount": "0.00"},
    ]
    return json.dumps(document).encode()


@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", b"no json", b"[]", b"1", b"{}"])
def test_what_is_no_document_of_ours_is_unreadable(value: bytes | None) -> None:
    with pytest.raises(MessageUnreadable):
        decode_ledger(value)


def test_a_type_of_a_newer_engine_is_unknown() -> None:
    with pytest.raises(EventTypeUnknown, match=r"vouchers_observed\.v9"):
        decode_ledger(_page(type="vouchers_observed.v9"))


def test_a_missing_field_is_named() -> None:
    with pytest.raises(SchemaViolated, match="run_number"):
        decode_ledger(_page(run_number=None))


def test_a_key_of_another_company_is_refused() -> None:
    with pytest.raises(KeyMismatched, match="snickeriet"):
        decode_ledger(_page(), key=b"snickeriet")


def test_a_field_that_a_newer_writer_added_is_passed_over() -> None:
    assert decode_ledger(_page(colour="green")) == decode_ledger(_page())


def test_a_command_with_a_misspelt_limit_is_refused() -> None:
    purge = {"type": "purge_requested.v1", "company_id": "bageriet", "fiscal_year": "2025-07-01"}

    with pytest.raises(SchemaViolated, match="fiscal_year"):
        decode_command(json.dumps(purge).encode())


@pytest.mark.parametrize(
    "amount",
    [0, 0.0, 12.5, "1", "1.5", "1.234", "+1.00", "-0.00", "01.00", "1,00", "1e2", "NaN", ""],
)
def test_an_amount_has_one_spelling(amount: Any) -> None:
    with pytest.raises(SchemaViolated, match="amount"):
        decode_ledger(_with_amount(amount))


def test_a_voucher_that_does_not_balance_is_refused() -> None:
    with pytest.raises(SchemaViolated, match=r"differ by 0\.01"):
        decode_ledger(_with_amount("0.01"))


@pytest.mark.parametrize("amount", ["9999999999999999.99", "-9999999999999999.99"])
def test_an_amount_below_the_limit_is_exact(amount: str) -> None:
    opposite = amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"
    document = json.loads(_with_amount(amount))
    document["vouchers"][0]["postings"][1]["amount"] = opposite

    event = decode_ledger(json.dumps(document).encode())

    assert isinstance(event, VouchersObserved)
    assert str(event.vouchers[0].postings[0].amount) == amount


@pytest.mark.parametrize("company_id", ["", ".a", "-a", "å", "a b", "a" * 65, "a/b"])
def test_a_company_id_keeps_its_limits(company_id: str) -> None:
    with pytest.raises(SchemaViolated, match="company_id"):
        decode_ledger(_page(company_id=company_id))

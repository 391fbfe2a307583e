"""Vouchers as Fortnox shows them, JSON number by JSON number."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.fortnox.voucher_form import from_json
from schemas.bookkeeping import SetAsideVoucher, Voucher

YEAR = date(2025, 5, 1)


def a_row(account: int = 1930, debit: object = 0, credit: object = 0, **fields: Any) -> Any:
    empty = {"CostCenter": "", "Project": "", "TransactionInformation": "", "Quantity": 0}
    amounts = {"Account": account, "Debit": debit, "Credit": credit, "Removed": False}
    return {"Description": "Kontots namn", **amounts, **empty, **fields}


def a_document(*rows: Any, **fields: Any) -> Any:
    """A voucher that balances, where no rows are given."""
    return {
        "VoucherSeries": "A",
        "VoucherNumber": 7,
        "Year": 5,
        "TransactionDate": "2026-03-09",
        "Description": "Kontantförsäljning",
        "Comments": "",
        "CostCenter": "",
        "Project": "",
        "VoucherRows": list(rows) or [a_row(1930, debit=125), a_row(3001, credit=125)],
        **fields,
    }


def read(document: Any) -> Voucher | SetAsideVoucher:
    """The document by way of its JSON, as the client parses it."""
    body = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    parsed = json.loads(body, parse_float=Decimal)
    voucher = from_json(parsed, body.encode(), YEAR)
    return Voucher.model_validate_json(voucher) if isinstance(voucher, str) else voucher


def booked(document: Any) -> Voucher:
    voucher = read(document)
    assert isinstance(voucher, Voucher), voucher
    return voucher


def set_aside(document: Any) -> SetAsideVoucher:
    voucher = read(document)
    assert isinstance(voucher, SetAsideVoucher), voucher
    return voucher

"""Answers that are made to break whoever reads them, and texts that PostgreSQL cannot hold."""

from typing import Any

import httpx
import orjson
import pytest

from connectors.fortnox import translate
from connectors.fortnox.refusals import http_date, retry_after_seconds
from connectors.fortnox.voucher_form import from_json
from connectors.fortnox.watermark import watermark_at
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.errors import SourceRefused, SourceUnavailable, SyncError
from schemas.limits import replace_forbidden
from tests.connectors.fortnox.documents import YEAR, a_document
from tests.connectors.fortnox.wire import Wire

DIGITS = "1" * 5_000
DEEP = "[" * 100_000 + "]" * 100_000
NEARLY_DEEP = "[" * 900 + "]" * 900
HUGE = "1e9999999999999999999999"
VALUES = [
    DIGITS,
    f"-{DIGITS}",
    DEEP,
    NEARLY_DEEP,
    HUGE,
    "1e999999",
    '"\\u0000\\ud800"',
    "{}",
    "true",
]
FIELDS = (
    *("VoucherSeries", "VoucherNumber", "TransactionDate", "Description", "VoucherRows"),
    *("Account", "Debit", "Quantity", "CostCenter", "Project", "TransactionInformation"),
)


def _answering(body: str, status: int = 200) -> Wire:
    return Wire(httpx.Response(status, content=body.encode()))


def _with(field: str, value: str) -> str:
    """The JSON of a voucher that has this value in a field, of itself or of its first row."""
    document = a_document()
    whose = document if field in document and "Voucher" in field else document["VoucherRows"][0]
    whose = document if field in ("TransactionDate", "Description") else whose
    whose[field] = "@"
    return orjson.dumps({"Voucher": document}).decode().replace('"@"', value)


def _told(body: str) -> str:
    """The JSON of the voucher, set aside or not, or why it is refused."""
    try:
        with _answering(body).client() as client:
            answer = client.get("vouchers/A/7")
        voucher = from_json(answer.object("Voucher"), answer.body, YEAR)
    except SourceRefused as error:
        return str(error)
    if isinstance(voucher, SetAsideVoucher):
        return voucher.model_dump_json()
    return Voucher.model_validate_json(voucher).model_dump_json()


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("field", FIELDS)
def test_a_hostile_voucher_is_kept_as_far_as_postgres_can_hold_it_or_refused(
    field: str, value: str
) -> None:
    told = _told(_with(field, value))

    assert told == replace_forbidden(told)
    assert "\\u0000" not in told or "source_text" in told  # An escape in an answer's own text.


@pytest.mark.parametrize(
    "body",
    [
        f'{{"code": "{DIGITS}"}}',
        f'{{"code": {DIGITS}}}',
        f'{{"code": {DEEP}}}',
        f'{{"code": {NEARLY_DEEP}}}',
        f'{{"code": {HUGE}, "message": "\\u0000\\ud800"}}',
        DEEP,
    ],
)
@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_hostile_refusal_is_an_ordinary_one(status: int, body: str) -> None:
    kind = SourceUnavailable if status == 500 else SourceRefused

    with _answering(body, status).client() as client, pytest.raises(kind) as caught:
        client.get("vouchers")

    assert str(caught.value) == replace_forbidden(str(caught.value))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("field", ["@TotalPages", "@TotalResources", "Id", "MetaInformation"])
def test_a_hostile_list_is_refused_or_read(field: str, value: str) -> None:
    document: Any = {"MetaInformation": {"@TotalPages": 1}, "Rows": [{"Id": 1}]}
    if field == "MetaInformation":
        document[field] = "@"
    elif field == "Id":
        document["Rows"][0][field] = "@"
    else:
        document["MetaInformation"][field] = "@"
    body = orjson.dumps(document).decode().replace('"@"', value)

    with _answering(body).client() as client:
        try:
            told = str(client.listed("rows", "Rows", "Id"))
        except SyncError as error:
            told = str(error)

    assert told == replace_forbidden(told)


@pytest.mark.parametrize("body", ['{"Voucher": []}', '{"Voucher": "A7"}', '{"Voucher": null}'])
def test_a_part_that_is_no_object_is_refused(body: str) -> None:
    with _answering(body).client() as client, pytest.raises(SourceRefused, match="no object"):
        client.get("vouchers/A/7").object("Voucher")


def test_texts_are_told_as_postgres_can_hold_them() -> None:
    code = "1\x00\ud800"

    assert translate.cost_centre({"Code": code, "Description": code}).object == "1\ufffd\ufffd"
    assert translate.company({"OrganizationNumber": code})["organisation_number"] == "1\ufffd\ufffd"
    with pytest.raises(SourceRefused, match="1\ufffd\ufffd"):
        translate.opening_balance({"Number": "1930", "BalanceBroughtForward": code})


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (translate.company, {"OrganizationNumber": "1" * 33}),
        (translate.company, {"CompanyName": {}}),
        (translate.account, {"Number": []}),
        (translate.opening_balance, {"Number": "1930", "BalanceBroughtForward": {}}),
    ],
)
def test_what_is_no_text_is_refused(kind: Any, document: Any) -> None:
    with pytest.raises(SourceRefused):
        kind(document)


def test_a_key_that_no_address_can_hold_is_refused() -> None:
    with Wire().client() as client, pytest.raises(SourceRefused, match="no address"):
        client.get("vouchers/A/" + "1" * 100_000)


@pytest.mark.parametrize("year", ["1969", "9999"])
def test_a_date_at_the_end_of_the_calendar_is_none(year: str) -> None:
    assert http_date(f"Tue, 01 Jan {year} 00:00:00 GMT") is None


def test_a_date_with_an_impossible_zone_is_none() -> None:
    assert http_date(f"Tue, 10 Mar 2026 11:30:00 +{'9' * 30}") is None


def test_a_pause_without_end_is_a_day() -> None:
    assert retry_after_seconds({"retry-after": "9" * 400}) == 86_400
    told = http_date("Fri, 31 Dec 9998 00:00:00 GMT")
    assert told is not None
    assert watermark_at(told).startswith("9998")

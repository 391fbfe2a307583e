"""Requests, against answers that were written down after the facts and the specification."""

from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import httpx
import pytest

from connectors.fortnox.client import (
    RETRY_DELAYS_SECONDS,
    WAIT_SECONDS_MAX,
)
from connectors.fortnox.refusals import FortnoxFailing, FortnoxRefused
from schemas.errors import ReconnectRequired, SourceRefused, SourceUnavailable
from tests.connectors.fortnox.wire import Wire, capital, lower, said

DATE = "Tue, 10 Mar 2026 11:30:00 GMT"
ATTEMPTS = len(RETRY_DELAYS_SECONDS) + 1


def test_a_request_shows_its_token_and_takes_its_turn() -> None:
    wire = Wire(said(document={"Voucher": {"Debit": 0.1}}, Date=DATE))

    with wire.client() as client:
        answer = client.get("vouchers/A/1", financialyear=5)

    (request,) = wire.requests
    assert str(request.url) == "https://fortnox.example/3/vouchers/A/1?financialyear=5"
    assert request.headers["authorization"] == "Bearer secret"
    assert wire.events == ["turn", "request"]
    assert answer.part("Voucher") == {"Debit": Decimal("0.1")}
    assert str(client.answered_at) == "2026-03-10 11:30:00+00:00"


def test_an_answer_about_something_else_is_refused() -> None:
    wire = Wire(said(document={"Invoice": {}}))

    with wire.client() as client, pytest.raises(SourceRefused, match="has no Voucher"):
        client.get("vouchers/A/1").part("Voucher")


@pytest.mark.parametrize(
    "failure",
    [
        said(500, capital(1000003, "Systemfel.")),
        httpx.Response(503, text="<html>Service Unavailable</html>"),
        httpx.Response(502, text="<html>" * 50_000),
        httpx.Response(200, text="<html>Underhåll</html>"),
        httpx.Response(200, text='{"Voucher": {"Debit": NaN}}'),
        httpx.Response(200, text='{"Voucher": {"De'),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_what_may_pass_is_tried_again_in_turn(failure: httpx.Response | Exception) -> None:
    wire = Wire(failure, failure, said(document={"Voucher": {}}))

    with wire.client() as client:
        client.get("vouchers/A/1").part("Voucher")

    assert wire.events == ["turn", "request"] * 3
    for slept, delay in zip(wire.slept_seconds, RETRY_DELAYS_SECONDS, strict=False):
        assert delay / 2 <= slept <= delay


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (said(500), FortnoxFailing),
        (said(400, lower(1000003)), FortnoxFailing),
        (said(429, {"message": "Too Many Requests"}), SourceUnavailable),
        (httpx.ConnectError("refused"), SourceUnavailable),
    ],
)
def test_what_does_not_pass_ends_the_tries(failure: Any, kind: type[Exception]) -> None:
    wire = Wire(failure)

    with wire.client() as client, pytest.raises(kind) as caught:
        client.get("vouchers")

    assert type(caught.value) is kind
    assert len(wire.requests) == ATTEMPTS
    assert len(wire.slept_seconds) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "Tue, 10 Mar 2026 11:30:07 GMT", "Date": DATE}, 7.0),
        ({"Retry-After": "Tue, 10 Mar 2026 11:29:00 GMT", "Date": DATE}, 0.25),
        ({"Retry-After": "soon"}, 5.0),
        ({}, 5.0),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to(headers: dict[str, str], seconds: float) -> None:
    wire = Wire(said(429, {}, **headers), said())

    with wire.client() as client:
        client.get("vouchers")

    assert wire.slept_seconds[0] >= seconds
    assert wire.slept_seconds[0] <= max(seconds, RETRY_DELAYS_SECONDS[0])


def test_a_header_that_cannot_be_sent_is_not_quoted() -> None:
    wire = Wire(httpx.LocalProtocolError("Illegal header value b'Bearer secret'"))

    with wire.client() as client, pytest.raises(SourceUnavailable) as caught:
        client.get("vouchers")

    assert caught.value.detail == "vouchers: LocalProtocolError"
    assert caught.value.__cause__ is None


def test_a_long_wait_is_left_to_the_runner() -> None:
    wire = Wire(said(429, {}, **{"Retry-After": str(int(WAIT_SECONDS_MAX) + 1)}))

    with wire.client() as client, pytest.raises(SourceUnavailable) as caught:
        client.get("vouchers")

    assert caught.value.retry_after_seconds == WAIT_SECONDS_MAX + 1
    assert wire.slept_seconds == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (said(401, capital(2000310)), "invalid_login"),
        (said(400, lower(2000311)), "invalid_login"),
        (said(401, {"error": "invalid_grant", "error_description": "expired"}), "invalid_login"),
        (said(401, {"message": "Unauthorized"}), "invalid_login"),
        (httpx.Response(401, text="no"), "invalid_login"),
        (said(403, capital(2000663)), "scope_missing"),
        (said(400, lower(2000663)), "scope_missing"),
        (said(403, {"message": "Har inte behörighet för scope."}), "scope_missing"),
        (said(403, capital(2001101)), "licence_missing"),
        (said(400, lower(2001103)), "licence_missing"),
        (said(403, {"message": "Api-licens saknas."}), "licence_missing"),
        (said(403, {"error": "error_missing_license"}), "licence_missing"),
    ],
)
def test_who_is_shut_out_must_reconnect(answer: httpx.Response, code: str) -> None:
    wire = Wire(answer)

    with wire.client() as client, pytest.raises(ReconnectRequired) as caught:
        client.get("vouchers")

    assert caught.value.code == code
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("answer", "is_not_there"),
    [
        (said(404, capital(2000762, "No such route")), True),
        (said(400, lower(2000762)), True),
        (said(404, {"message": "Not Found"}), True),
        (said(400, capital(2000588, "Felaktig parameter")), False),
        (said(400, ["what"]), False),
        (said(400, {"ErrorInformation": "what"}), False),
        (httpx.Response(204), False),
        (httpx.Response(302, headers={"location": "elsewhere"}), False),
    ],
)
def test_what_is_refused_is_refused_once(answer: httpx.Response, is_not_there: bool) -> None:
    wire = Wire(answer)

    with wire.client() as client, pytest.raises(FortnoxRefused) as caught:
        client.get("vouchers")

    assert caught.value.is_not_there is is_not_there
    assert len(wire.requests) == 1


def test_a_download_that_is_cut_begins_anew() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        def body() -> Iterator[bytes]:
            yield b"half of a long"
            raise httpx.ReadError("cut")

        return httpx.Response(200, content=body())

    wire = Wire(cut, httpx.Response(200, content=b"whole"))
    file = BytesIO()

    with wire.client() as client:
        client.download("sie/4", file)

    assert file.getvalue() == b"whole"

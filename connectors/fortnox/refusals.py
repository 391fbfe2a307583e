"""What Fortnox means by an answer that is not the one asked for. Pure (facts, section 3).

Its errors come in two spellings (`ErrorInformation` with `Code` or `code`), as OAuth errors, and
bare (`{"message"}`, from its gateway): the code decides where there is one, else the status.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from schemas.errors import LossCode, ReconnectRequired, SourceRefused, SourceUnavailable, SyncError
from schemas.limits import replace_forbidden
from schemas.sources import FORTNOX

# Codes that only the customer can do something about.
_SHUT_OUT: dict[int, LossCode] = {
    2000310: "invalid_login",
    2000311: "invalid_login",
    2000663: "scope_missing",
    2001101: "licence_missing",
    2001103: "licence_missing",
}
_SYSTEM_ERROR = 1000003
_NO_SUCH_ROUTE = 2000762
_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY_REQUESTS = 401, 403, 404, 429
_LICENCE_WORDS = ("licens", "license", "licence")
WINDOW_SECONDS = 5.0  # Requests are limited in any so many seconds: then there is room again.
_PAUSE_SECONDS_MAX = 86_400.0
_MESSAGE_CHARACTERS_MAX = 500
_CODE_DIGITS_MAX = 9
_YEARS = range(1970, 9999)


class FortnoxRefused(SourceRefused):
    """It does not answer this request; another one may be answered."""

    def __init__(self, detail: str, *, is_not_there: bool) -> None:
        super().__init__(FORTNOX.name, detail)
        self.is_not_there = is_not_there  # So it says of pages beyond the last one, too.


class FortnoxFailing(SourceUnavailable):
    """It answers, and says that something is wrong with itself."""


class _Said(NamedTuple):
    """What an error document says."""

    message: str
    code: int | None


def failure_of(path: str, status: int, headers: Mapping[str, str], body: bytes) -> SyncError:
    """The error that an answer with this status is."""
    said = _read(body)
    detail = replace_forbidden(f"{path}: {status} {said.code or ''} {said.message}")
    detail = detail[:_MESSAGE_CHARACTERS_MAX]
    if status == _TOO_MANY_REQUESTS:
        seconds = retry_after_seconds(headers)
        return SourceUnavailable(
            FORTNOX.name, detail, retry_after_seconds=WINDOW_SECONDS if seconds is None else seconds
        )
    if status >= 500 or said.code == _SYSTEM_ERROR:
        seconds = retry_after_seconds(headers)
        return FortnoxFailing(FORTNOX.name, detail, retry_after_seconds=seconds)
    if reason := _shut_out(status, said):
        return ReconnectRequired(FORTNOX.name, reason, detail)
    is_not_there = status == _NOT_FOUND or said.code == _NO_SUCH_ROUTE
    return FortnoxRefused(detail, is_not_there=is_not_there)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long the source asks us to wait: seconds, or a date, which is measured by its own."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _PAUSE_SECONDS_MAX)
    until, now = http_date(text), http_date(headers.get("date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), _PAUSE_SECONDS_MAX)


def http_date(text: str) -> datetime | None:
    """The moment of a header such as Date."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # At either end of the calendar there is no room to reckon with a moment.
    return moment if moment.tzinfo and moment.year in _YEARS else None


def _shut_out(status: int, said: _Said) -> LossCode | None:
    """Why nobody gets in any more, as a code of ReconnectRequired."""
    if said.code in _SHUT_OUT:
        return _SHUT_OUT[said.code]
    if status == _UNAUTHORISED:
        return "invalid_login"
    if status == _FORBIDDEN:
        about_licence = any(word in said.message.lower() for word in _LICENCE_WORDS)
        return "licence_missing" if about_licence else "scope_missing"
    return None


def _read(body: bytes) -> _Said:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _Said("", None)
    found = document.get("ErrorInformation", document) if isinstance(document, dict) else None
    if not isinstance(found, dict):
        return _Said("", None)
    fields = {str(name).lower(): value for name, value in found.items()}
    named = ("message", "error_description", "error")
    message = next((text for name in named if isinstance(text := fields.get(name), str)), "")
    return _Said(message, _code(fields.get("code")))


def _code(value: object) -> int | None:
    """A code, which is a JSON number here and a string there."""
    digits = str(value) if isinstance(value, str | int) else ""
    is_code = digits.isascii() and digits.isdigit() and len(digits) <= _CODE_DIGITS_MAX
    return int(digits) if is_code else None

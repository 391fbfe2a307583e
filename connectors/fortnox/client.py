"""Requests to Fortnox: each in its turn, tried again where that may help, and lists page by page.

Fortnox lets 25 requests through in any five seconds, for each company. Whoever makes the client
says when the next one has its turn; the client asks before every request, repeated ones too.
"""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from itertools import pairwise
from random import uniform
from typing import Any, BinaryIO, NoReturn, TypeVar

import httpx

from connectors.fortnox.refusals import (
    FortnoxFailing,
    FortnoxRefused,
    failure_of,
    http_date,
)
from connectors.fortnox.spelling import as_code
from schemas.errors import SourceRefused, SourceUnavailable
from schemas.limits import replace_forbidden
from schemas.sources import FORTNOX

# An export is made while we wait for its first byte.
TIMEOUT = httpx.Timeout(connect=10.0, read=120.0, write=10.0, pool=10.0)
RETRY_DELAYS_SECONDS = (0.5, 1.0, 2.0, 4.0)  # Each less a random half: companies fail together.
WAIT_SECONDS_MAX = 30.0  # Who is asked to wait for longer gives the turn to other companies.
PAGE_ROWS_MAX = 500
LIST_PASSES_MAX = 3
DOCUMENT_BYTES_MAX = 64 * 1024 * 1024
EXPORT_BYTES_MAX = 2 * 1024 * 1024 * 1024
_ERROR_BYTES_MAX = 64 * 1024
_COUNT_DIGITS_MAX = 9

Document = dict[str, Any]
Params = dict[str, str | int]
_Key = tuple[str, ...]
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Answer:
    """A JSON document, and its bytes as they came; its numbers are exact."""

    body: bytes
    document: Document

    def part(self, name: str) -> Any:
        """Raises SourceRefused where the document is another one than was asked for."""
        if name not in self.document:
            raise SourceRefused(FORTNOX.name, f"its answer has no {name}")
        return self.document[name]

    def object(self, name: str) -> Document:
        """A part that is an object itself. Raises SourceRefused."""
        part = self.part(name)
        if not isinstance(part, dict):
            raise SourceRefused(FORTNOX.name, f"its answer's {name} is no object")
        return part


def http_client(url: str, token: str) -> httpx.Client:
    """Talks to the company that the token lets into; the address ends with the API's version."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT, verify=_trust())


@cache
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted, read once by all runs of a worker: it takes a while."""
    return httpx.create_ssl_context()


class FortnoxClient:
    """One company's Fortnox. Every method raises SourceUnavailable, once trying again has not
    helped, ReconnectRequired or FortnoxRefused."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        wait_turn: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
        page_rows: int = PAGE_ROWS_MAX,
    ) -> None:
        self._http = http
        self._wait_turn = wait_turn
        self._sleep = sleep
        self._page_rows = page_rows
        self.answered_at: datetime | None = None  # The source's own time of its latest answer.

    def get(self, path: str, **params: str | int) -> Answer:
        return self._requested(path, params, _document)

    def download(self, path: str, file: BinaryIO, **params: str | int) -> None:
        """Writes the answer's bytes to the file."""

        def take(response: httpx.Response) -> None:
            file.seek(0)
            file.truncate()
            for piece in _pieces(response, bytes_max=EXPORT_BYTES_MAX):
                file.write(piece)

        self._requested(path, params, take)

    def listed(self, path: str, name: str, *keys: str, **params: str | int) -> list[Document]:
        """All rows of a list, each once by its keys, and never a page beyond the last.

        While we turn pages, rows that come or go move the others from one page to the next: what
        came twice counts once, and where a row may have been passed over the list is read again.
        What is told of it is one whole pass: what an earlier one saw may be gone.
        """
        for _ in range(LIST_PASSES_MAX):
            rows = self._turn_pages(path, name, keys, params)
            if rows is not None:
                return rows
        raise SourceUnavailable(FORTNOX.name, f"{path}: no pass has read the list whole")

    def _turn_pages(
        self, path: str, name: str, keys: tuple[str, ...], params: Params
    ) -> list[Document] | None:
        """The rows of all pages; None where one may be missing."""
        found, totals = dict[_Key, Document](), list[int]()
        for rows, total in self._list_pages(path, name, params):
            totals.append(total)
            for row in rows:
                found[_key_of(row, name, keys)] = row
        shrank = any(later < earlier for earlier, later in pairwise(totals))
        return None if shrank or len(found) < totals[-1] else list(found.values())

    def _list_pages(
        self, path: str, name: str, params: Params
    ) -> Iterator[tuple[list[Document], int]]:
        """The rows of each page, and how many rows the list has by then."""
        page = pages = 1
        while page <= pages:
            try:
                answer = self.get(path, **params, page=page, limit=self._page_rows)
            except FortnoxRefused as error:
                if page == 1 or not error.is_not_there:
                    raise
                yield [], 0  # The last page went away while we read the one before.
                return
            rows = _rows(answer, name)
            pages, total = _extent(answer, rows)
            yield rows, total
            page += 1

    def _requested(
        self, path: str, params: Params, take: Callable[[httpx.Response], Taken]
    ) -> Taken:
        for delay_seconds in RETRY_DELAYS_SECONDS:
            try:
                return self._requested_once(path, params, take)
            except SourceUnavailable as error:
                asked_seconds = error.retry_after_seconds or 0.0
                if asked_seconds > WAIT_SECONDS_MAX:
                    raise
                self._sleep(max(asked_seconds, delay_seconds * uniform(0.5, 1.0)))
        return self._requested_once(path, params, take)

    def _requested_once(
        self, path: str, params: Params, take: Callable[[httpx.Response], Taken]
    ) -> Taken:
        self._wait_turn()
        with _transport_errors(path), self._http.stream("GET", path, params=params) as response:
            if response.status_code == httpx.codes.OK:
                taken = take(response)
                self.answered_at = http_date(response.headers.get("date", "")) or self.answered_at
                return taken
            body = next(response.iter_bytes(_ERROR_BYTES_MAX), b"")
            raise failure_of(path, response.status_code, response.headers, body)


@contextmanager
def _transport_errors(path: str) -> Iterator[None]:
    try:
        yield
    except httpx.LocalProtocolError as error:  # Its text quotes the header, and so the token.
        detail = f"{path}: {type(error).__name__}"
        raise SourceUnavailable(FORTNOX.name, detail) from None
    except httpx.RequestError as error:
        detail = replace_forbidden(f"{path}: {type(error).__name__} {error}")
        raise SourceUnavailable(FORTNOX.name, detail) from error
    except httpx.InvalidURL as error:  # A key of its own that no address can hold.
        raise FortnoxRefused(f"{path[:100]}: no address", is_not_there=False) from error


def _pieces(response: httpx.Response, *, bytes_max: int) -> Iterator[bytes]:
    size_bytes = 0
    for piece in response.iter_bytes():
        size_bytes += len(piece)
        if size_bytes > bytes_max:
            raise SourceRefused(FORTNOX.name, f"its answer is larger than {bytes_max} bytes")
        yield piece


def _document(response: httpx.Response) -> Answer:
    """The JSON of an answer; what is none came from something between Fortnox and us."""
    body = b"".join(_pieces(response, bytes_max=DOCUMENT_BYTES_MAX))
    try:
        document = json.loads(
            body,
            parse_float=partial(_number, Decimal),
            parse_int=partial(_number, int),
            parse_constant=_refuse_constant,
        )
    except ValueError as error:
        raise FortnoxFailing(FORTNOX.name, f"its answer is no JSON: {error}") from error
    except RecursionError as error:
        raise SourceRefused(FORTNOX.name, "its answer is nested too deeply") from error
    if not isinstance(document, dict):
        raise SourceRefused(FORTNOX.name, "its answer is no JSON object")
    return Answer(body, document)


def _number(kind: type[Decimal] | type[int], text: str) -> Decimal | int | str:
    """What no number of Python's can hold stays a text, and is refused where it is needed."""
    try:
        return kind(text)
    except (ArithmeticError, ValueError):
        return text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _rows(answer: Answer, name: str) -> list[Document]:
    rows = answer.part(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceRefused(FORTNOX.name, f"its answer's {name} are no list of objects")
    return rows


def _key_of(row: Document, name: str, keys: tuple[str, ...]) -> _Key:
    missing = [key for key in keys if row.get(key) is None]
    if missing:
        raise SourceRefused(FORTNOX.name, f"one of its {name} has no {', '.join(missing)}")
    return tuple(as_code(row[key]) for key in keys)


def _extent(answer: Answer, rows: list[Document]) -> tuple[int, int]:
    """The pages and rows that the list has; a list that says nothing of pages is one page."""
    meta = answer.document.get("MetaInformation") or {}
    if not isinstance(meta, dict):
        raise SourceRefused(FORTNOX.name, "its answer's MetaInformation is no object")
    return _count(meta.get("@TotalPages", 1)), _count(meta.get("@TotalResources", len(rows)))


def _count(value: object) -> int:
    digits = as_code(value)
    if not digits.isascii() or not digits.isdigit() or len(digits) > _COUNT_DIGITS_MAX:
        raise SourceRefused(FORTNOX.name, f"one of its counts is {digits[:40]!r}")
    return int(digits)

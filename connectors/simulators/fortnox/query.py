"""The query of a request: only names that its endpoint knows, in lower case.

Names, filters and paging as fortnox.se/developer "Parameters" has them (facts, section 3); the
page size of 100 where none is asked for is inferred.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from connectors.simulators.fortnox.refusals import bad_parameter, no_such_route

Record = TypeVar("Record")

PAGING = frozenset(("page", "limit"))
YEAR = frozenset(("financialyear", "financialyeardate"))
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 500
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d", re.ASCII)


@dataclass(frozen=True)
class Page(Generic[Record]):
    """One page of a list; pages are counted from 1."""

    records: Sequence[Record]
    number: int
    pages: int
    total: int


class Query:
    def __init__(self, given: Iterable[tuple[str, str]], known: frozenset[str]) -> None:
        self._values = dict(given)
        for name in self._values:
            if name not in known:
                raise bad_parameter(name)

    def integer(self, name: str) -> int | None:
        text = self._values.get(name)
        if text is not None and not (text.isascii() and text.isdigit()):
            raise bad_parameter(name)
        return None if text is None else int(text)

    def day(self, name: str) -> date | None:
        text = self._time(name, _DAY)
        return None if text is None else date.fromisoformat(text)

    def minute(self, name: str) -> str | None:
        """A time of the vendor's wall clock, without zone; it compares as text."""
        return self._time(name, _MINUTE)

    def page(self, records: Sequence[Record], *, beyond_is_error: bool) -> Page[Record]:
        """The page that is asked for; the first one is always there (softwerkab issue 51)."""
        number = self._in_range("page", default=1, most=2**31)
        size = self._in_range("limit", default=PAGE_SIZE_DEFAULT, most=PAGE_SIZE_MAX)
        pages = -(-len(records) // size)
        if number > max(pages, 1) and beyond_is_error:
            raise no_such_route()
        start = (number - 1) * size
        return Page(records[start : start + size], number, pages, len(records))

    def _time(self, name: str, form: re.Pattern[str]) -> str | None:
        text = self._values.get(name)
        if text is None:
            return None
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise bad_parameter(name) from error
        if not form.fullmatch(text):
            raise bad_parameter(name)
        return text

    def _in_range(self, name: str, *, default: int, most: int) -> int:
        value = self.integer(name)
        if value is None:
            return default
        if not 1 <= value <= most:
            raise bad_parameter(name)
        return value

"""Lists page by page, against a list that is paged as Fortnox pages it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.fortnox.client import PAGE_ROWS_MAX
from schemas.errors import SourceRefused, SourceUnavailable
from tests.connectors.fortnox.wire import Wire, capital, said


class Shelf:
    """A list that is paged as Fortnox pages it, and changes while it is read."""

    def __init__(self, rows: list[int], *changes: Callable[[list[int]], object]) -> None:
        self.rows = rows
        self.changes = list(changes)
        self.pages: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        page, limit = int(request.url.params["page"]), int(request.url.params["limit"])
        self.pages.append(page)
        assert limit == PAGE_ROWS_MAX
        pages = max(-(-len(self.rows) // limit), 1)
        if page > pages:
            return said(404, capital(2000762, "No such route"))
        rows = [{"Id": row} for row in self.rows[(page - 1) * limit : page * limit]]
        meta = {"@TotalResources": len(self.rows), "@TotalPages": pages, "@CurrentPage": page}
        answer = said(document={"MetaInformation": meta, "Rows": rows})
        if self.changes:
            self.changes.pop(0)(self.rows)
        return answer

    def read(self) -> list[int]:
        with Wire(self).client() as client:
            return [row["Id"] for row in client.listed("rows", "Rows", "Id")]


@pytest.mark.parametrize(
    ("count", "pages"),
    [
        (0, [1]),
        (1, [1]),
        (PAGE_ROWS_MAX, [1]),
        (PAGE_ROWS_MAX + 1, [1, 2]),
        (2 * PAGE_ROWS_MAX, [1, 2]),
    ],
)
def test_no_page_is_asked_for_beyond_the_last(count: int, pages: list[int]) -> None:
    shelf = Shelf(list(range(count)))

    assert shelf.read() == list(range(count))
    assert shelf.pages == pages


def _add_first(rows: list[int]) -> None:
    rows.insert(0, -1)


def _drop_first(rows: list[int]) -> None:
    rows.pop(0)


def _drop_a_page(rows: list[int]) -> None:
    del rows[:PAGE_ROWS_MAX]


@pytest.mark.parametrize("change", [_add_first, _drop_first, _drop_a_page])
@pytest.mark.parametrize("count", [2 * PAGE_ROWS_MAX, 2 * PAGE_ROWS_MAX + 1])
def test_a_list_that_drifts_while_it_is_read_loses_no_row(
    change: Callable[[list[int]], object], count: int
) -> None:
    shelf = Shelf(list(range(count)), change)

    read = shelf.read()

    assert read == shelf.rows


def test_a_list_that_never_rests_is_left_for_later() -> None:
    shelf = Shelf(list(range(2 * PAGE_ROWS_MAX)), *[_drop_first] * 100)

    with pytest.raises(SourceUnavailable, match="no pass has read the list whole"):
        shelf.read()

    assert len(shelf.pages) <= 6


def test_a_list_that_never_holds_what_it_counts_is_left_for_later() -> None:
    meta = {"@TotalResources": 2, "@TotalPages": 1}
    wire = Wire(said(document={"MetaInformation": meta, "Rows": [{"Id": 1}]}))

    with wire.client() as client, pytest.raises(SourceUnavailable):
        client.listed("rows", "Rows", "Id")


def test_a_list_without_pages_is_one() -> None:
    wire = Wire(said(document={"Rows": [{"Id": 1}]}))

    with wire.client() as client:
        assert client.listed("rows", "Rows", "Id") == [{"Id": 1}]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Rows": 5},
        {"Rows": [5]},
        {"Rows": [{}]},
        {"Rows": [], "MetaInformation": {"@TotalPages": "many"}},
        {"Rows": [], "MetaInformation": 5},
        [],
    ],
)
def test_a_list_that_is_none_is_refused(document: Any) -> None:
    with Wire(said(document=document)).client() as client, pytest.raises(SourceRefused):
        client.listed("rows", "Rows", "Id")

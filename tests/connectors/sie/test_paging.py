"""A page fits into a message, by its rows and by its bytes."""

from collections.abc import Sequence

import pytest

from connectors.sie.paging import pages_of_rows
from schemas.bookkeeping import Account
from schemas.limits import PAGE_BYTES_MAX, PAGE_ROWS_MAX, TEXT_CHARACTERS_MAX


def accounts(count: int, *, name: str) -> list[Account]:
    return [Account(account=str(number), name=name) for number in range(1, count + 1)]


def size_bytes(page: Sequence[Account]) -> int:
    return sum(len(account.model_dump_json().encode()) for account in page)


@pytest.mark.parametrize("character", ["x", "å", "\U0001f9fe", '"', "\x01"])
def test_rows_with_long_texts_fill_pages_by_their_bytes(character: str) -> None:
    rows = accounts(300, name=character * TEXT_CHARACTERS_MAX)

    pages = list(pages_of_rows(rows))

    assert [row for page in pages for row in page] == rows
    assert max(map(size_bytes, pages)) <= PAGE_BYTES_MAX
    assert len(pages) < 60  # They are full.


def test_short_rows_fill_pages_by_their_number() -> None:
    pages = list(pages_of_rows(accounts(2 * PAGE_ROWS_MAX + 1, name="")))

    assert [len(page) for page in pages] == [PAGE_ROWS_MAX, PAGE_ROWS_MAX, 1]
    assert list(pages_of_rows(())) == []


def test_one_row_always_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sie.paging._CONTENT_BYTES_MAX", 10)

    assert [len(page) for page in pages_of_rows(accounts(3, name="Kassa"))] == [1, 1, 1]

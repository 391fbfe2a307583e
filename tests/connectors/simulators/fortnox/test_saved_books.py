"""Books that outlive a restart of the demo's simulator."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.sie.generator import generate
from connectors.simulators.clock import VendorClock
from connectors.simulators.fortnox.bookkeeper import Bookkeeper
from connectors.simulators.fortnox.books import Books
from connectors.simulators.fortnox.made_up import company_of, fill
from connectors.simulators.fortnox.saved_books import BooksFile

TODAY = datetime(2023, 11, 24, 10, tzinfo=UTC)
GENERATED = generate(seed=1, years=3, vouchers_per_year=60)


def empty_books(clock: VendorClock) -> Books:
    return Books(company_of(GENERATED, database_number=1), clock.now)


def worked_on(clock: VendorClock, file: BooksFile, *, steps: int) -> Bookkeeper:
    """The bookkeeper after a start and some steps, as the demo makes them."""
    books = empty_books(clock)
    progress = file.load(books)
    if progress is None:
        fill(books, GENERATED, years=2)
    bookkeeper = Bookkeeper(books, seed=7, progress=progress)
    for _ in range(steps):
        file.step(bookkeeper)
    return bookkeeper


def test_a_restart_finds_the_books_as_they_were_on_a_later_day_too(tmp_path: Path) -> None:
    clock, file = VendorClock(TODAY), BooksFile(tmp_path / "delta.json")
    before = worked_on(clock, file, steps=80)
    clock.advance(timedelta(days=3))

    after = worked_on(clock, file, steps=0)

    assert after.books.contents() == before.books.contents()


def test_the_work_goes_on_where_it_was(tmp_path: Path) -> None:
    clock = VendorClock(TODAY)
    straight = worked_on(clock, BooksFile(tmp_path / "straight.json"), steps=80)
    for _ in range(4):
        broken_off = worked_on(clock, BooksFile(tmp_path / "broken_off.json"), steps=20)

    assert broken_off.books.contents() == straight.books.contents()


def test_a_kill_while_books_are_saved_leaves_those_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, file = VendorClock(TODAY), BooksFile(tmp_path / "delta.json")
    before = worked_on(clock, file, steps=5).books.contents()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            worked_on(clock, file, steps=1)

    assert worked_on(clock, file, steps=0).books.contents() == before


def test_what_another_version_has_saved_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "delta.json"
    path.write_text('{"contents": {}}')

    assert BooksFile(path).load(empty_books(VendorClock(TODAY))) is None

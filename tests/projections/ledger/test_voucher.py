"""Vouchers and postings as they lie in their tables: what a source wrote is kept to the letter."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.bookkeeping import Posting, Voucher
from tests.books import Books
from tests.builders import YEAR, a_read

pytestmark = pytest.mark.engine
TEXTS = (
    *("", " ", '"', '""', 'Kaffe "mörk"', "a,b", "a\nb", "a\r\nb", "\r", "\t", "\\", "\\.", "\\N"),
    *("NULL", "\u2028", "\ufeff", "räksmörgås", "𝄞", "'", "$$", "{}", "\x01", "\x7f", "x" * 4_000),
)


def _voucher(number: int, text: str) -> Voucher:
    name = text[:32] or "1930"
    full = {
        "text": text,
        "quantity": Decimal("-1.500000"),
        "objects": {name: text[:32], "6": '"'},
        "posting_date": date(2025, 3, 1),
        "signature": text,
    }
    return Voucher(
        fiscal_year=YEAR,
        series=text[:64],
        number=f"{number}{text[:60]}",
        occurrence=2,
        voucher_date=date(2025, 2, 28),
        text=text,
        registered_on=date(2025, 12, 31),
        signature=text,
        source_id=f"{number}{text[:60]}",
        postings=(
            Posting.model_validate({"account": name, "amount": "9999999999999999.99", **full}),
            Posting(account=name, amount=Decimal("-9999999999999999.99"), state="added"),
            Posting(account=name, amount=Decimal("0.01"), state="struck"),
        ),
    )


async def _stored(books: Books, table: str, order: str) -> list[dict[str, Any]]:
    rows = await books.connection.fetch(f"SELECT * FROM ledger.{table} ORDER BY {order}")
    return [dict(row) for row in rows]


async def test_every_text_is_stored_as_it_was_written(books: Books) -> None:
    vouchers = sorted(
        (_voucher(number, text) for number, text in enumerate(TEXTS, start=100)),
        key=lambda voucher: voucher.number.encode(),
    )

    await books.project(a_read(*vouchers))

    stored = await _stored(books, "voucher", "number")
    assert len(stored) == len(TEXTS)
    for row, voucher in zip(stored, vouchers, strict=True):
        fields = voucher.model_dump(exclude={"postings"}) | {"digest": voucher.digest}
        assert row.items() >= fields.items()
    postings = await _stored(books, "posting", "number, line")
    expected = [posting for voucher in vouchers for posting in voucher.postings]
    for row, posting in zip(postings, expected, strict=True):
        fields = posting.model_dump(exclude={"objects"})
        assert row.items() >= fields.items()
        kept = (
            None
            if row["objects"] is None
            else Posting.model_validate_json(
                f'{{"account": "1", "amount": "0.00", "objects": {row["objects"]}}}'
            ).objects
        )
        assert kept == (posting.objects or None)


async def test_what_is_new_and_what_comes_again_meet_in_one_year(books: Books) -> None:
    """A page into a year that holds vouchers finds those that it brings again."""
    old, other, new = (_voucher(number, "Kaffe") for number in (1, 2, 3))
    changed = old.model_copy(update={"text": "Te"})
    await books.project(a_read(old, other))

    await books.project(a_read(changed, other, new, run=2))

    changes = await _stored(books, "voucher_change", "run_number, number")
    assert [(row["run_number"], row["number"][0], row["change"]) for row in changes] == [
        (1, "1", "created"),
        (1, "2", "created"),
        (2, "1", "changed"),
        (2, "3", "created"),
    ]
    assert [row["new_digest"] for row in changes[2:]] == [changed.digest, new.digest]

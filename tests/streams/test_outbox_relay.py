"""The relay keeps each company's events in order, whatever the broker takes first."""

from typing import Any

from streams.outbox_relay import turns


def test_a_company_has_one_message_under_way_at_a_time() -> None:
    rows: list[Any] = [
        {"outbox_id": number, "message_key": key}
        for number, key in enumerate((b"a", b"a", b"b", b"a", None, b"b"))
    ]

    ids = [[row["outbox_id"] for row in turn] for turn in turns(rows)]

    assert ids == [[0, 2, 4], [1, 5], [3]]

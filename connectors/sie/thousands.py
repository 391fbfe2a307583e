"""Amounts with a blank as thousands mark (`-12 000.00`), which come as several fields."""

import re

from connectors.sie.fields import Record

_FIRST = re.compile(r"[+-]?[0-9]{1,3}")
_NEXT = re.compile(r"[0-9]{3}(?:[.,][0-9]*)?")
_WITH_DECIMALS = re.compile(r"[0-9]{3}[.,][0-9]{2}")
_GROUPS_MAX = 6  # Three digits each: no amount that we keep has more.


def join_thousands(record: Record, place: int, *, before_quantity: bool) -> None:
    """Makes one field of the groups of an amount.

    Where a quantity may follow the amount, `250 100` is both; only decimals at the end of the last
    group tell that all is one amount.
    """
    if not _FIRST.fullmatch(record.text(place)):
        return
    end = place + 1
    while end <= place + _GROUPS_MAX and _NEXT.fullmatch(record.text(end)):
        end += 1
        if not record.text(end - 1).isdigit():
            break
    if before_quantity and not _WITH_DECIMALS.fullmatch(record.text(end - 1)):
        return
    joined = " ".join(record.text(at) for at in range(place, end))
    record.fields[place:end] = [joined]

"""The vouchers that could not be booked, as a table for a terminal."""

from collections.abc import Sequence

from projections.queries.set_aside_vouchers import SetAsideRow
from streams.command_line.show import Cell, amount, day, print_rows
from streams.command_line.words import word

COLUMNS = ("date", "voucher", "reason", "difference", "detail")


def show_set_aside(found: Sequence[SetAsideRow], language: str) -> None:
    """A line of each; the source's own text is for programs."""
    rows = [_row(voucher, language) for voucher in found]
    print_rows(rows, language, COLUMNS, right=["difference"])


def _row(voucher: SetAsideRow, language: str) -> dict[str, Cell]:
    difference = voucher.difference
    return {
        "date": day(voucher.date) if voucher.date else "",
        "voucher": f"{voucher.series} {voucher.number}".strip(),
        "reason": word(voucher.reason, language),
        "difference": "" if difference is None else amount(difference, language),
        "detail": voucher.detail,
    }

"""Messages that the tables were built with, and that a rebuild had to leave out of them."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from schemas.model import Model
from streams.command_line.show import count
from streams.command_line.texts import label
from streams.command_line.words import word

if TYPE_CHECKING:  # It is slow to load.
    from streams.rebuild.folding import Rejected

SHOWN_MAX = 10


class LeftOut(Model):
    """Where such a message stands, and why it cannot be applied."""

    topic: str
    partition: int
    offset: int
    company_id: str | None
    reason: str


def first_left_out(topic: str, found: "Iterable[Rejected]") -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(
            topic=topic,
            partition=one.partition,
            offset=one.offset,
            company_id=one.company_id,
            reason=one.reason,
        )
        for one in islice(found, SHOWN_MAX)
    )


def left_out_sentence(
    first: Iterable[LeftOut], total: int, language: str, *, is_compared: bool = False
) -> str:
    """A warning: how many there are, and the first of them. `is_compared`: nothing has changed."""
    told = [
        f"{one.topic}/{one.partition}/{one.offset} ({one.company_id or '?'}:"
        f" {word(one.reason, language)})"
        for one in first
    ]
    if total > len(told):
        told.append("…")
    facts = {"count": count(total, language), "messages": ", ".join(told)}
    key = "compared.newly_rejected" if is_compared else "rebuilt.newly_rejected"
    return label(key, language, **facts)

"""What stands on the ledger's topic, for hypothesis: histories, and what nobody can apply."""

from dataclasses import replace

from hypothesis import strategies as some

from schemas.codec import Message, encode
from tests.builders import a_page, a_voucher
from tests.projections.ledger.histories import COMPANIES, MORE, histories

WHATS_MAX = 12  # Building costs more than what is built.
READABLE_MAX = 10
BAD = ("garbage", "unknown", "empty", "wrong key", "refused by PostgreSQL")


class Said(list[Message]):
    """Messages that are told by their ids where they are too many to be read."""

    def __repr__(self) -> str:
        if len(self) <= READABLE_MAX:
            return super().__repr__()
        return " ".join(dict(message.headers)["ce_id"].decode() for message in self)


@some.composite
def messages(draw: some.DrawFn) -> list[Message]:
    """A history as it stands on the log, with messages between that nobody can apply."""
    found = [encode(event) for event in draw(histories((*MORE, *MORE, "purge"), WHATS_MAX))]
    for what in draw(some.lists(some.sampled_from(BAD), max_size=3)):
        place = draw(some.integers(0, len(found)))
        found.insert(place, a_bad_message(what, company=draw(some.sampled_from(COMPANIES))))
    return Said(found)


def a_bad_message(what: str, *, company: str) -> Message:
    page = encode(a_page(a_voucher("1", text="here"), company=company, run=9))
    if what == "wrong key":
        return replace(page, key=COMPANIES[company == COMPANIES[0]].encode())
    values = {
        "garbage": b"{",
        "unknown": b'{"type": "vouchers_dreamt.v1"}',
        "empty": b"",
        "refused by PostgreSQL": page.value.replace(b'"here"', b'"\\u0000"'),
    }
    return replace(page, value=values[what])

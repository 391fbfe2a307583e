"""What the messages of each projection's topic mean: for the agents and for every rebuild alike."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from projections.ledger import projection as ledger
from projections.migrate import LEDGER, STATUS, Projection
from projections.status import projection as status
from schemas.codec import decode_ledger_quickly, decode_lifecycle
from streams.received import Received


@dataclass(frozen=True)
class Fold:
    """How a message becomes an event, and a batch of events rows."""

    decode: Callable[[Received], Any]
    apply: Callable[[asyncpg.Connection, Sequence[Any]], Awaitable[int]]


FOLDS: dict[Projection, Fold] = {
    LEDGER: Fold(
        lambda received: ledger.prepare(decode_ledger_quickly(received.value, key=received.key)),
        ledger.apply,
    ),
    STATUS: Fold(
        lambda received: decode_lifecycle(received.value, key=received.key),
        status.apply,
    ),
}

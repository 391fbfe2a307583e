"""Which connector reads a source, by the source's name."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from connectors.fortnox.connector import open_fortnox
from connectors.protocol import DirectConnector, KnownRead
from schemas.sources import FORTNOX, SourceUnknown


@dataclass(frozen=True)
class Access:
    """Where a company's accounting system answers, and what lets us in."""

    url: str
    token: str = field(repr=False)


class _Open(Protocol):
    def __call__(
        self,
        *,
        url: str,
        token: str,
        known: Mapping[str, KnownRead],
        wait_turn: Callable[[], None],
    ) -> AbstractContextManager[DirectConnector]: ...


_OPENED_BY: dict[str, _Open] = {FORTNOX.name: open_fortnox}


def open_connector(
    source: str,
    *,
    access: Access,
    known: Mapping[str, KnownRead],
    wait_turn: Callable[[], None],
) -> AbstractContextManager[DirectConnector]:
    """The connector of a company, for one run; uploaded sources have none. Raises SourceUnknown.

    `known` says by name how far each read had come; `wait_turn` is called before every request
    and returns when it may be made.
    """
    opened_by = _OPENED_BY.get(source)
    if opened_by is None:
        raise SourceUnknown(source)
    return opened_by(url=access.url, token=access.token, known=known, wait_turn=wait_turn)

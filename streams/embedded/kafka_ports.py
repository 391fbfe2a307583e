"""The two ports of an embedded broker, kept in its directory from one start to the next."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from streams.embedded import ports
from streams.embedded.errors import PortUnavailable


class KafkaPorts(NamedTuple):
    broker: int
    controller: int


def kept(path: Path) -> KafkaPorts | None:
    try:
        broker, controller = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return KafkaPorts(int(broker), int(controller))


def choose(path: Path, *, pinned: int | None, may_move: bool) -> KafkaPorts:
    """The kept ports where they are free, else new ones. Raises PortUnavailable.

    `pinned` is the only port that will do; without `may_move` the kept one is.
    """
    former = kept(path)
    if former is not None and not may_move:
        pinned = pinned or former.broker
    broker = pinned or (former.broker if former else None)
    if broker is None or not ports.is_free(broker):
        if pinned is not None:
            raise PortUnavailable(pinned)
        broker = ports.choose_free()
    controller = former.controller if former else None
    if controller is None or controller == broker or not ports.is_free(controller):
        controller = ports.choose_free(other_than=broker)
    chosen = KafkaPorts(broker, controller)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(chosen))
    os.replace(partial, path)
    return chosen

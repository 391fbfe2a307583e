"""What has once been written to a topic can be read for ever: one sample per type and version.

A sample is never changed. A new version gets a new file; the old one stays.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import decode_command, decode_ledger, decode_lifecycle, encode
from schemas.commands import AnyCommand
from schemas.ledger_events import AnyLedgerEvent
from schemas.published import kinds

SAMPLES = sorted((Path(__file__).parent / "golden").glob("*.json"))


def _read(sample: Path) -> tuple[dict[str, Any], Any]:
    raw = sample.read_bytes()
    kind = kinds()[sample.stem]
    if issubclass(kind, AnyCommand):
        return json.loads(raw), decode_command(raw)
    decode = decode_ledger if issubclass(kind, AnyLedgerEvent) else decode_lifecycle
    return json.loads(raw), decode(raw, key=b"bageriet")


def test_every_kind_has_a_sample() -> None:
    assert {sample.stem for sample in SAMPLES} >= set(kinds())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_is_read_whole(sample: Path) -> None:
    document, event = _read(sample)

    read = event.model_dump(mode="json")
    assert _holds(read, document)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_an_event_survives_the_wire(sample: Path) -> None:
    _, event = _read(sample)
    if isinstance(event, AnyCommand):
        return  # The engine does not write commands as events.

    message = encode(event, caused_by="command-1")

    decode = decode_ledger if isinstance(event, AnyLedgerEvent) else decode_lifecycle
    assert decode(message.value, key=message.key) == event
    assert dict(message.headers)["ce_id"].decode() == event.event_id
    assert dict(message.headers)["ce_type"].decode() == event.type
    assert dict(message.headers)["causationid"] == b"command-1"


def _holds(read: Any, written: Any) -> bool:
    """Whether everything that was written has been read, with the same values."""
    if isinstance(written, dict):
        return all(name in read and _holds(read[name], value) for name, value in written.items())
    if isinstance(written, list):
        return len(read) == len(written) and all(map(_holds, read, written))
    return bool(read == written)

"""The digest of a voucher: the same for the same content, another for any other."""

import json
from pathlib import Path

import pytest

from schemas.bookkeeping import Voucher

GOLDEN = Path(__file__).parent / "golden" / "vouchers_observed.v1.json"
SAMPLE = json.loads(GOLDEN.read_bytes())["vouchers"][0]


def _voucher(**changes: object) -> Voucher:
    return Voucher.model_validate_json(json.dumps(SAMPLE | changes))


def test_the_digest_of_a_written_voucher_never_changes() -> None:
    # Stored beside what was written long ago: another digest would call all of it changed.
    assert _voucher().digest.hex() == "7c8f643e21d530f4fb0ae68bdc217b15"


def test_defaults_that_are_spelt_out_change_nothing() -> None:
    posting = SAMPLE["postings"][1] | {"text": "", "state": "booked", "objects": {}}
    postings = [SAMPLE["postings"][0], posting, SAMPLE["postings"][2]]

    assert _voucher(postings=postings).digest == _voucher().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "Lön februari"},
        {"voucher_date": "2026-01-16"},
        {"signature": "BN"},
        {"source_id": None},
        {"number": "13"},
        {"postings": SAMPLE["postings"][:2]},
        {"postings": [SAMPLE["postings"][1], SAMPLE["postings"][0], SAMPLE["postings"][2]]},
    ],
)
def test_any_other_content_has_another_digest(changes: dict[str, object]) -> None:
    assert _voucher(**changes).digest != _voucher().digest

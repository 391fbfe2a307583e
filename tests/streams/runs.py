"""Runs as a runner has them in hand."""

from typing import Any

from schemas.parts import Scope
from schemas.sources import SIE
from streams.sync_runs import Claimed


def a_claimed_run(**fields: Any) -> Claimed:
    values: dict[str, Any] = {
        "run_id": "run-1",
        "company_id": "bageriet",
        "source": SIE.name,
        "trigger": "manual",
        "scope": Scope(),
        "generation": 0,
        "run_number": 1,
        "attempt": 1,
        "runners_lost": 0,
        "upload_id": None,
    }
    return Claimed(**(values | fields))

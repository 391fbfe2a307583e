"""The samples of all types through the whole engine: the ledger has the sums of their lines."""

import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.engine import Engine

SAMPLES = Path(__file__).parents[3] / "shared" / "sie-samples"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not SAMPLES.is_dir(), reason="the samples stand beside the project, in ../shared"
    ),
]
MOVED = """
    SELECT account, sum(movement) FROM ledger.account_balance WHERE company_id = $1 GROUP BY account
"""
OPENING = """
    SELECT account, amount FROM ledger.opening_balance WHERE company_id = $1 AND dimension = ''
"""
TOTALS = """
    SELECT account, amount FROM ledger.control_total
    WHERE company_id = $1 AND kind = $2 AND dimension = ''
"""


async def test_every_sample_has_the_sums_of_its_lines(engine: Engine) -> None:
    described = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
    await engine.start_worker()

    runs = {}
    for number, sample in enumerate(described):
        content = (SAMPLES / sample["file"]).read_bytes()
        runs[number] = await engine.upload(f"sample-{number}", content, name=sample["file"])
    for number, sample in enumerate(described):
        run = await engine.end_of(runs[number])
        assert run["state"] == "completed", (sample["file"], run["reason"], run["detail"])
        await _compare(engine, f"sample-{number}", sample)
    assert await engine.balances_are_right()


async def _compare(engine: Engine, company: str, sample: dict[str, Any]) -> None:
    text = (SAMPLES / sample["file"]).read_bytes().decode(sample["encoding"].partition("(")[0])
    file = sample["file"]
    assert await _sums(engine, MOVED, company) == _without_zeros(_sums_of_rows(text)), file
    opening = _without_zeros(_balances(text, "IB"))
    assert await _sums(engine, OPENING, company) == opening, file
    for kind, label in (("closing", "UB"), ("result", "RES")):
        totals = _without_zeros(_balances(text, label))
        assert await _sums(engine, TOTALS, company, kind) == totals, (file, kind)
    vouchers = await engine.value(
        "SELECT count(*) FROM ledger.voucher WHERE company_id = $1", company
    )
    assert vouchers == sample["vouchers"], file


async def _sums(engine: Engine, query: str, *arguments: str) -> dict[str, Decimal]:
    rows = await engine.connection.fetch(query, *arguments)
    return {row[0]: row[1] for row in rows if row[1]}


def _without_zeros(sums: dict[str, Decimal]) -> dict[str, Decimal]:
    return {account: amount for account, amount in sums.items() if amount}


def _sums_of_rows(text: str) -> dict[str, Decimal]:
    """Per account the sum of the #TRANS lines: no code of the reader."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    line: Any
    for line in re.finditer(
        r"^[ \t]*#TRANS[ \t]+\"?([^\s\"]+)\"?[ \t]+\{[^}]*\}[ \t]+\"?(-?[0-9.]+)",
        text,
        re.MULTILINE | re.IGNORECASE,
    ):
        total[line[1]] += Decimal(line[2])
    return dict(total)


def _balances(text: str, label: str) -> dict[str, Decimal]:
    """Per account what the lines of a label say for year 0: no code of the reader."""
    pattern = rf"^[ \t]*#{label}[ \t]+0[ \t]+\"?([^\s\"]+)\"?[ \t]+\"?(-?[0-9.]+)"
    found = re.finditer(pattern, text, re.MULTILINE | re.IGNORECASE)
    return {line[1]: Decimal(line[2]) for line in found}

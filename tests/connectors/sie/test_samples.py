"""The sample files of real programs, read to the counts that were taken from them by hand."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.sie.file import Judgement, SieFile
from schemas.bookkeeping import SetAsideVoucher, Voucher
from tests.connectors.sie.builders import of_bytes

SAMPLES = Path(__file__).parents[4] / "shared" / "sie-samples"
EXPECTED: list[dict[str, Any]] = (
    json.loads((SAMPLES / "expected.json").read_text()) if SAMPLES.is_dir() else []
)
# Two dimensions at once: such a balance is a cut through others, and not used.
OF_SEVERAL_OBJECTS = re.compile(rb"^#PSALDO +0 [^{]*\{ *[^}\s]+ +[^}\s]+ +[^}\s]", re.MULTILINE)
BALANCES = ("opening_balance_rows", "closing_balance_rows", "result_rows")
pytestmark = pytest.mark.skipif(
    not EXPECTED, reason="the samples stand beside the project, in ../shared, and are not there"
)


def _is_4e(expected: dict[str, Any]) -> bool:
    return expected["sie_type"] == "4" and any(expected[rows] for rows in BALANCES)


WHOLE_YEARS = [expected for expected in EXPECTED if _is_4e(expected)]
OTHERS = [expected for expected in EXPECTED if not _is_4e(expected)]


def _content(expected: dict[str, Any]) -> bytes:
    content: bytes = (SAMPLES / str(expected["file"])).read_bytes()
    return content


def _file(expected: dict[str, Any]) -> SieFile:
    return of_bytes(_content(expected), name=expected["file"])


def _vouchers(file: SieFile) -> list[Voucher | SetAsideVoucher]:
    return list(file.vouchers())


@cache
def _as_it_is(file_name: str) -> tuple[Judgement, list[Voucher | SetAsideVoucher]]:
    """What the sample itself holds: several twins are compared with it."""
    file = of_bytes((SAMPLES / file_name).read_bytes(), name=file_name)
    return file.judge(), _vouchers(file)


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
def test_a_sample_reads_to_its_counts(expected: dict[str, Any]) -> None:
    judgement = _file(expected).judge()

    assert judgement.vouchers + judgement.set_aside == expected["vouchers"]
    assert judgement.set_aside == expected["unbalanced_vouchers"]
    assert judgement.postings == expected["booked_rows"] + expected["added_rows"]
    assert judgement.encoding == expected["encoding"]
    assert judgement.company_name == expected["company"]
    assert judgement.program == expected["program"]
    assert judgement.sie_type == "4E"


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
def test_the_rows_of_a_sample_have_their_states(expected: dict[str, Any]) -> None:
    vouchers = _vouchers(_file(expected))

    states: Counter[str] = Counter()
    for voucher in vouchers:
        assert isinstance(voucher, Voucher)
        states.update(posting.state for posting in voucher.postings)
    assert states["booked"] == expected["booked_rows"]
    assert states["added"] == expected["added_rows"]
    assert states["struck"] == expected["struck_rows"]


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
def test_the_header_of_a_sample_holds_what_stands_there(expected: dict[str, Any]) -> None:
    file = _file(expected)
    header = file.header()
    other_years = file.judge().remark_counts.get("other_year", 0)

    assert len(header.accounts) == expected["accounts"]
    assert len(header.fiscal_years) == expected["fiscal_years"]
    assert len(header.objects) == expected["object_rows"]
    periods = expected["period_balance_rows"] + expected["period_budget_rows"]
    assert len(header.period_balances) == periods
    balances = len(header.opening_balances) + len(header.control_totals)
    assert balances + other_years == sum(expected[rows] for rows in BALANCES)


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("windows-1252", "windows-1252")],
)
def test_a_twin_in_another_encoding_gives_equal_vouchers(
    expected: dict[str, Any], encoding: str, told: str
) -> None:
    text = _content(expected).decode("cp437")
    twin = of_bytes(text.encode(encoding))

    _, vouchers = _as_it_is(expected["file"])
    assert twin.judge().encoding == told
    assert _vouchers(twin) == vouchers
    assert twin.header().accounts == _file(expected).header().accounts


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n\r\n"])
def test_a_twin_with_other_line_ends_gives_equal_vouchers(
    expected: dict[str, Any], line_end: bytes
) -> None:
    twin = of_bytes(_content(expected).replace(b"\r\n", line_end))

    _, vouchers = _as_it_is(expected["file"])
    assert _vouchers(twin) == vouchers
    assert twin.judge().postings == expected["booked_rows"]


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
@pytest.mark.parametrize("chunk_bytes", [61, 1_000, 4_096])
def test_chunk_borders_do_not_matter_to_a_sample(
    expected: dict[str, Any], chunk_bytes: int
) -> None:
    pieces = of_bytes(_content(expected), name=expected["file"], chunk_bytes=chunk_bytes)

    assert (pieces.judge(), _vouchers(pieces)) == _as_it_is(expected["file"])


@pytest.mark.parametrize("expected", OTHERS, ids=lambda expected: expected["file"])
def test_a_sample_of_another_type_reads_to_its_counts(expected: dict[str, Any]) -> None:
    judgement = _file(expected).judge()

    is_4i = expected["sie_type"] == "4"
    assert judgement.sie_type == ("4I" if is_4i else expected["sie_type"])
    assert judgement.encoding == expected["encoding"].partition("(")[0]
    assert judgement.company_name == expected["company"]
    assert judgement.vouchers == expected["vouchers"]
    assert judgement.postings == expected["booked_rows"] + expected["added_rows"]
    assert judgement.accounts == expected["accounts"]
    assert judgement.objects == expected["object_rows"]
    assert judgement.set_aside == expected["unbalanced_vouchers"] == 0
    header = _file(expected).header()
    balances = judgement.opening_balances + judgement.period_balances + judgement.control_totals
    balances += len(header.object_totals) - _content(expected).count(b"#OIB ")
    balances -= _content(expected).count(b"#OUB ")
    other_years = judgement.remark_counts.get("other_year", 0)
    periods = expected["period_balance_rows"] + expected["period_budget_rows"]
    periods -= len(OF_SEVERAL_OBJECTS.findall(_content(expected)))
    assert balances + other_years == sum(expected[rows] for rows in BALANCES) + periods


@pytest.mark.parametrize("expected", WHOLE_YEARS, ids=lambda expected: expected["file"])
def test_the_totals_of_a_sample_differ_where_they_were_found_to(expected: dict[str, Any]) -> None:
    judgement = _file(expected).judge()

    found = Counter[str](difference.kind for difference in judgement.differences)
    for kind, name in (("closing", "IB+TRANS!=UB"), ("result", "TRANS!=RES")):
        assert found[kind] == int(expected["checks"][name].partition("/")[0]), name

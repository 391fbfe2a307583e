"""What is told of an imported file once its run has ended, by type."""

import io
from typing import Any

import pytest

from connectors.sie.file import SieFile
from projections.queries.run_state import RunVouchers
from streams.command_line.import_page import show_files, tell_file
from streams.command_line.imported_file import ImportedFile
from tests.connectors.sie.builders import HEAD, VOUCHER

READ = RunVouchers(created=1, changed=2, removed=3, unchanged=4, set_aside=5)
BALANCES = ("#IB 0 2081 -100.00", "#UB 0 1930 225.00", "#UB 0 2081 -225.00")


def queued(*lines: str, sie_type: str = "4") -> ImportedFile:
    """A file that the company has taken."""
    head = [line.replace("#SIETYP 4", f"#SIETYP {sie_type}") for line in HEAD]
    content = "".join(f"{line}\r\n" for line in (*head, *lines)).encode("cp437")
    judgement = SieFile(io.BytesIO(content), name="bok.se").judge()
    found = ImportedFile(file="/tmp/bok.se", status="failed").judged(judgement, "en")
    return found.queued("run-1", judgement)


def shown(capsys: pytest.CaptureFixture[str], found: ImportedFile) -> tuple[list[str], str]:
    """The table's columns and row, and what is said beside it."""
    tell_file(found, "bageriet", "en")
    show_files([found], "en")
    out, err = capsys.readouterr()
    lines = [" ".join(line.split()) for line in out.splitlines() if line.strip()]
    return [lines[0], lines[2]], err


def test_a_whole_year_tells_what_its_run_did(capsys: pytest.CaptureFixture[str]) -> None:
    read = RunVouchers(**{**vars(READ), "proof": "differs", "differing_accounts": 2})

    found = queued(*BALANCES, *VOUCHER).completed(read, "en")

    told: dict[str, Any] = found.model_dump()
    counts = ("vouchers", "created", "changed", "removed", "unchanged", "set_aside")
    assert [told[name] for name in counts] == [7, 1, 2, 3, 4, 5]
    assert (found.verification, found.differing_accounts) == ("differs", 2)
    (columns, row), said = shown(capsys, found)
    assert columns.endswith("Set aside New Changed Removed Unchanged Verification")
    assert row.endswith("5 1 2 3 4 differs (2 accounts)")
    assert said.splitlines() == [
        "/tmp/bok.se: 3 vouchers that the file does not have were removed.",
        "/tmp/bok.se: 5 vouchers were set aside: see bokflow vouchers bageriet --set-aside.",
        "/tmp/bok.se: the year's totals differ on 2 accounts: see bokflow verify-totals bageriet.",
    ]


def test_a_whole_year_without_totals_is_not_verified() -> None:
    found = queued(*VOUCHER).completed(RunVouchers(created=1), "en")

    assert (found.verification, found.differing_accounts) == ("unverified", None)


def test_a_file_that_adds_tells_what_it_added(capsys: pytest.CaptureFixture[str]) -> None:
    found = queued(*VOUCHER).model_copy(update={"sie_type": "4I"})

    again = found.completed(RunVouchers(unchanged=1), "en")

    assert (again.vouchers, again.postings, again.already_present) == (0, 0, 1)
    assert again.verification is None
    assert "1 voucher is in the books already" in shown(capsys, again)[1]


def test_balances_alone_tell_what_came_instead_of_vouchers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = queued(*BALANCES, sie_type="1").completed(RunVouchers(), "en")

    columns, row = shown(capsys, found)[0]

    assert columns == "File Status Fiscal year Accounts Opening Closing"
    assert row.startswith("bok.se completed 2024-01-01")
    assert row.endswith(" 2 2 2")


def test_what_did_not_get_through_counts_nowhere() -> None:
    failed = queued(*BALANCES, *VOUCHER).ended("failed", "incomplete", "not all of it arrived")
    waiting = queued(*BALANCES, *VOUCHER).ended("queued", "interrupted", "it goes on")

    assert (failed.vouchers, failed.postings, failed.accounts) == (0, 0, 0)
    assert (waiting.vouchers, waiting.postings) == (1, 2)

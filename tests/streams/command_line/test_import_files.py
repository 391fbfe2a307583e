"""`bokflow import`: each file is judged, stored and told of, whatever the others are."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.books import Books
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
SIE = """#FLAGGA 0
#PROGRAM "Testaren" 1.0
#FORMAT PC8
#GEN 20250401
#SIETYP 4
#ORGNR 556677-8899
#FNAMN "Bageriet Sju Sorter AB"
#RAR 0 20250101 20251231
#KONTO 1930 "Bank"
#KONTO 3001 "Intäkter"
#IB 0 1930 100.00
#VER A 1 20250304 "Dagskassa"
{
#TRANS 1930 {} 125.00
#TRANS 3001 {} -125.00
}
#VER A 2 20250305 "Stämmer inte"
{
#TRANS 1930 {} 125.00
#TRANS 3001 {} -124.00
}
"""
# A session of the command line looks at the run.
WAITS = """
    SELECT EXISTS (SELECT FROM engine.sync_run) AND EXISTS (
        SELECT FROM pg_stat_activity WHERE application_name = 'bokflow command line'
            AND query LIKE '%vouchers_expected AS expected%')
"""
KEYS = [
    "file",
    "status",
    "reason",
    "message",
    "run_id",
    "run_number",
    "encoding",
    "sie_type",
    "company_name",
    "fiscal_year",
    "vouchers",
    "postings",
    "set_aside",
    "already_present",
    "created",
    "changed",
    "removed",
    "unchanged",
    "accounts",
    "opening_balances",
    "control_totals",
    "period_balances",
    "verification",
    "differing_accounts",
    "warnings",
]


@pytest.fixture
def sie_file(tmp_path: Path) -> Path:
    return written(tmp_path / "bok.se")


def written(path: Path, **replaced: str) -> Path:
    text = SIE
    for old, new in replaced.items():
        text = text.replace(old, new)
    path.write_bytes(text.encode("cp437"))
    return path


def imported(command_line: CommandLine, *arguments: str, exit_code: int = 0) -> list[Any]:
    found = command_line.json("import", *arguments, "--company", "bageriet", exit_code=exit_code)
    assert isinstance(found, list)
    assert all(list(result) == KEYS for result in found)
    return found


def test_a_file_is_stored_and_queued(command_line: CommandLine, sie_file: Path) -> None:
    (found,) = imported(command_line, str(sie_file))

    run_id, warnings = found.pop("run_id"), found.pop("warnings")
    assert found == {
        "file": str(sie_file),
        "status": "queued",
        "reason": None,
        "message": None,
        "run_number": None,
        "encoding": "cp437",
        "sie_type": "4E",
        "company_name": "Bageriet Sju Sorter AB",
        "fiscal_year": "2025-01-01",
        "vouchers": 1,
        "postings": 2,
        "set_aside": 1,
        "already_present": 0,
        "created": None,
        "changed": None,
        "removed": None,
        "unchanged": None,
        "accounts": 2,
        "opening_balances": 1,
        "control_totals": 0,
        "period_balances": 0,
        "verification": None,
        "differing_accounts": None,
    }
    assert all(list(warning) == ["line", "code", "message"] for warning in warnings)
    (run,) = command_line.json("runs", "bageriet")
    assert (run["run_id"], run["state"], run["file_name"]) == (run_id, "queued", "bok.se")


def test_what_cannot_be_read_or_is_no_sie_file_does_not_keep_the_others_out(
    command_line: CommandLine, sie_file: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "bild.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    files = [str(tmp_path / "missing.se"), str(tmp_path), str(pipe), str(picture), str(sie_file)]

    found = imported(command_line, *files, exit_code=1)

    assert [(result["status"], result["reason"]) for result in found] == [
        ("refused", "not_readable"),
        ("refused", "not_readable"),
        ("refused", "not_readable"),
        ("refused", "not_sie"),
        ("queued", None),
    ]
    assert found[3]["message"].startswith("bild.png is no SIE file")
    result = command_line.run("import", *files, "--company", "bageriet", exit_code=1)
    assert f"{picture}: not_sie: bild.png is no SIE file" in result.stderr
    assert "No such file" in result.stderr


def test_a_file_of_another_organisation_is_refused_unless_forced(
    command_line: CommandLine, sie_file: Path, tmp_path: Path
) -> None:
    other = written(tmp_path / "annan.se", **{"556677-8899": "556677-8898"})
    imported(command_line, str(sie_file))

    (refused,) = imported(command_line, str(other), exit_code=1)
    (forced,) = imported(command_line, str(other), "--force")

    assert (refused["status"], refused["reason"]) == ("refused", "organisation_number_differs")
    assert (refused["vouchers"], refused["postings"], refused["set_aside"]) == (0, 0, 0)
    assert "556677-8898" in refused["message"]
    assert (forced["status"], forced["vouchers"]) == ("queued", 1)
    assert "number_replaced" in [warning["code"] for warning in forced["warnings"]]


def test_a_company_has_the_name_it_is_given(command_line: CommandLine, sie_file: Path) -> None:
    async def ready(books: Books) -> None:
        await books.hold_lease("worker:1")

    imported(command_line, str(sie_file), "--name", "Sju Sorter")
    command_line.fill(ready)

    assert [company["name"] for company in command_line.json("companies")] == ["Sju Sorter"]


def test_the_table_and_the_remarks_are_in_the_language(
    command_line: CommandLine, sie_file: Path
) -> None:
    arguments = ("import", str(sie_file), "--company", "bageriet", "--lang", "sv")

    told = command_line.run(*arguments).stdout

    assert "Undanlagda" in told
    assert "i kö" in told


def test_without_an_engine_or_a_company_that_can_be_nothing_is_imported(
    command_line: CommandLine, sie_file: Path, tmp_path: Path
) -> None:
    away = CommandLine({"BOKFLOW_POSTGRES_DSN": ""})
    arguments = ("import", str(sie_file), "--company")

    assert away.refusal(*arguments, "x", "--data-dir", str(tmp_path)) == "not_running"
    assert command_line.refusal(*arguments, "å", exit_code=2) == "invalid_company_id"
    command_line.run("import", str(sie_file), exit_code=2)
    command_line.run("import", "--company", "x", exit_code=2)


def test_whoever_interrupts_the_waiting_is_told_that_the_import_goes_on(
    command_line: CommandLine, sie_file: Path
) -> None:
    command = [sys.executable, "-m", "streams.command_line.main", "import", str(sie_file)]
    waiting = subprocess.Popen(
        [*command, "--company", "bageriet", "--wait", "--lang", "en"],
        env={**os.environ, **command_line.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with waiting:
        _wait_until_it_waits(command_line)
        waiting.send_signal(signal.SIGINT)
        stdout, stderr = waiting.communicate(timeout=20)

    assert waiting.returncode == 130
    assert "goes on in the engine" in stderr
    assert "Traceback" not in stderr
    assert "queued" in stdout


def _wait_until_it_waits(command_line: CommandLine) -> None:
    looks: list[bool] = []

    async def look(books: Books) -> None:
        looks.append(await books.connection.fetchval(WAITS))

    for _ in range(200):
        command_line.fill(look)
        if looks[-1]:
            return
        time.sleep(0.05)
    raise AssertionError("the import does not wait for its run")

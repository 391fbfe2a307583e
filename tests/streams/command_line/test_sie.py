"""`bokflow sie` reads files without any engine."""

import json
import os
from pathlib import Path

import pytest

from connectors.sie.generator import generate
from tests.connectors.sie.builders import HEAD, VOUCHER
from tests.streams.command_line.command_line import CommandLine

TOTALS = ("#UB 0 1930 225.00", "#RES 0 3001 -125.00")
UNBALANCED = ("#VER A 2 20240306 Wrong", "{", "#TRANS 1930 {} 1.00", "}")
MISSPELT = ("#VER A 3 2024-03-06 Odd", "{", "#TRANS 1930 {} 1,00", "#TRANS 3001 {} -1.00", "}")


@pytest.fixture
def command_line() -> CommandLine:
    return CommandLine({})


def _written(path: Path, *lines: str) -> str:
    path.write_bytes("".join(f"{line}\r\n" for line in (*HEAD, *lines)).encode("cp437"))
    return str(path)


def test_a_file_is_told_of_with_its_facts_and_totals(
    command_line: CommandLine, tmp_path: Path
) -> None:
    path = _written(tmp_path / "bok.se", *TOTALS, *VOUCHER)

    (report,) = command_line.json("sie", path)

    assert report["file"] == path
    assert report["refusal"] is None
    assert report["facts"]["sie_type"] == "4E"
    assert report["facts"]["fiscal_year"]["first_day"] == "2024-01-01"
    assert (report["counts"]["vouchers"], report["counts"]["postings"]) == (1, 2)
    assert (report["totals"], report["differences"], report["remarks"]) == ("agree", [], [])
    shown = command_line.run("sie", path).stdout
    assert "Bageriet AB" in shown
    assert "agree with opening balances and vouchers" in shown


def test_each_differing_total_is_shown_and_fails_only_if_strict(
    command_line: CommandLine, tmp_path: Path
) -> None:
    path = _written(tmp_path / "bok.se", *TOTALS, *VOUCHER, *VOUCHER)

    (report,) = command_line.json("sie", path)

    assert report["totals"] == "differ"
    assert [(one["account"], one["expected"], one["actual"]) for one in report["differences"]] == [
        ("1930", "225.00", "350.00"),
        ("3001", "-125.00", "-250.00"),
    ]
    shown = command_line.run("sie", "--strict", path, exit_code=1).stdout
    assert "differ on 2 accounts" in shown
    assert "125.00" in shown


def test_an_error_fails_and_a_warning_does_not(command_line: CommandLine, tmp_path: Path) -> None:
    wrong = _written(tmp_path / "wrong.se", *UNBALANCED)
    odd = _written(tmp_path / "odd.se", *MISSPELT)

    (report,) = command_line.json("sie", wrong, exit_code=1)
    command_line.run("sie", odd)
    command_line.run("sie", "--strict", odd, exit_code=1)

    (remark,) = report["remarks"]
    assert list(remark) == ["line", "code", "message", "severity"]
    assert (remark["line"], remark["code"]) == (11, "set_aside_unbalanced")
    assert remark["severity"] == "error"


def test_every_remark_that_is_kept_can_be_shown_and_the_gravest_come_first(
    command_line: CommandLine, tmp_path: Path
) -> None:
    unknown = [f"#X{number} 1" for number in range(30)]
    path = _written(tmp_path / "odd.se", *unknown, *MISSPELT)

    few = command_line.run("sie", path).stdout
    everything = command_line.run("sie", "--all", path).stdout
    (report,) = command_line.json("sie", path)

    assert few.count("information") < 10
    assert "warning" in few
    assert everything.count("information") == report["severity_counts"]["information"] == 30


def test_the_summary_counts_what_deserves_a_look(command_line: CommandLine, tmp_path: Path) -> None:
    odd = _written(tmp_path / "odd.se", "#X 1", *MISSPELT)
    well = _written(tmp_path / "well.se", *VOUCHER)

    told = command_line.run("sie", odd, well, "--lang", "en").stdout

    columns, _, first, second = [line.split() for line in told.splitlines() if line.strip()][-4:]
    assert columns[-3:] == ["Remarks", "Information", "Totals"]
    assert (first[0], first[-3:]) == ("odd.se", ["2", "1", "–"])
    assert (second[0], second[-3:]) == ("well.se", ["–", "–", "–"])


def test_remarks_are_in_the_language_that_was_asked_for(
    command_line: CommandLine, tmp_path: Path
) -> None:
    path = _written(tmp_path / "wrong.se", *UNBALANCED)

    swedish = command_line.run("sie", path, "--lang", "sv", exit_code=1).stdout
    english = command_line.run("sie", path, "--lang", "en", exit_code=1).stdout

    assert "debet och kredit skiljer 1.00" in swedish
    assert "debit and credit differ by 1.00" in english


def test_what_cannot_be_read_is_refused_and_does_not_keep_the_others_out(
    command_line: CommandLine, tmp_path: Path
) -> None:
    page = tmp_path / "page.se"
    page.write_text("<html></html>")
    good = _written(tmp_path / "bok.se", *VOUCHER)
    files = [str(tmp_path / "missing.se"), str(page), good]

    reports = command_line.json("sie", *files, exit_code=1)
    result = command_line.run("sie", *files, "--lang", "sv", exit_code=1)

    codes = [report["refusal"] and report["refusal"]["code"] for report in reports]
    assert codes == ["not_readable", "not_sie", None]
    assert "page.se är ingen SIE-fil: den är HTML." in result.stdout
    assert "bok.se" in result.stdout.rpartition("Fil ")[2]


def test_why_a_file_cannot_be_read_is_in_the_language(
    command_line: CommandLine, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    files = (str(pipe), str(tmp_path / "missing.se"))

    swedish = command_line.run("sie", *files, "--lang", "sv", exit_code=1).stdout
    english = command_line.run("sie", *files, "--lang", "en", exit_code=1).stdout

    assert "det är ingen vanlig fil" in swedish
    assert "filen finns inte" in swedish
    assert "it is no ordinary file" in english


def test_the_vouchers_of_a_file_come_a_line_each(command_line: CommandLine, tmp_path: Path) -> None:
    path = _written(tmp_path / "bok.se", *VOUCHER, *UNBALANCED)

    lines = command_line.run("sie", "--vouchers", path, exit_code=1).stdout.splitlines()

    good, bad = map(json.loads, lines)
    assert (good["number"], good["postings"][0]["amount"]) == ("1", "125.00")
    assert (bad["number"], bad["reason"], bad["difference"]) == ("2", "unbalanced", "1.00")


def test_only_some_remarks_are_shown_unless_all_are_asked_for(
    command_line: CommandLine, tmp_path: Path
) -> None:
    path = _written(tmp_path / "bok.se", *VOUCHER * 14)

    some = command_line.run("sie", path).stdout
    everything = command_line.run("sie", "--all", path).stdout

    assert some.count("number_twice") == 10
    assert "3 more" in some
    assert everything.count("number_twice") == 13


def test_a_generated_company_is_well_in_every_respect(
    command_line: CommandLine, tmp_path: Path
) -> None:
    company = generate(seed=4, years=2, vouchers_per_year=60)
    path = tmp_path / "company.se"
    with path.open("wb") as file:
        company.write(1, file)

    (report,) = command_line.json("sie", "--strict", str(path))

    assert report["totals"] == "agree"
    assert {remark["severity"] for remark in report["remarks"]} <= {"information"}

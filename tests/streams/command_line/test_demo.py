"""The demo at the second start: what its user has made of the companies stays."""

from pathlib import Path

import pytest

from schemas.lifecycle_events import CompanyRegistered, CompanyRemoved
from streams.command_line.demo import DEMO, missing_files, show_demo
from streams.command_line.options import Options
from tests.books import Books
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
EMPTIED, REMOVED, *OTHERS = DEMO


async def left(books: Books) -> None:
    """One has no bookkeeping any more, another one is gone."""
    for company in (EMPTIED, *OTHERS):
        await books.register(company)
        await books.happened(CompanyRegistered, company=company, source="sie")
    await books.happened(CompanyRegistered, company=REMOVED, source="sie")
    await books.happened(CompanyRemoved, company=REMOVED)


@pytest.mark.timeout(30)  # It would wait for whatever it began: no worker is there.
def test_companies_that_there_have_been_are_left_as_they_are(
    command_line: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    command_line.fill(left)
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", command_line.dsn)

    assert show_demo(Options(tmp_path, "table", "en"))

    told = capsys.readouterr()
    assert f"{', '.join(DEMO)}: left as they are" in told.err
    assert [name for name in DEMO if f"The company {name}" in told.out] == [EMPTIED, *OTHERS]
    assert list((tmp_path / "demo").iterdir()) == []


def test_what_an_interrupted_start_has_left_out_comes_with_the_next() -> None:
    first, second, *others = missing_files(set(), set())
    known = {file.company_id for file in (first, *others)}

    (left,) = missing_files(known, {(first.company_id, first.name)})

    assert (first.company_id, left.company_id) == (second.company_id, first.company_id)
    assert left.name == second.name


def test_a_company_that_has_all_files_or_none_of_the_demo_is_left_alone() -> None:
    files = list(missing_files(set(), set()))
    known = {file.company_id for file in files}

    assert list(missing_files(known, {(file.company_id, file.name) for file in files})) == []
    assert list(missing_files(known, set())) == []

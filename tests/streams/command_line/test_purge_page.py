"""What `bokflow purge` shows before it is confirmed, and what `status` tells of it afterwards."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from projections.queries.purges import PastPurge
from schemas.lifecycle_events import PurgeCompleted, PurgeStarted
from streams.command_line.purge_page import purges_table
from tests.books import Books
from tests.builders import COMPANY, YEAR, a_read, a_voucher, some_years
from tests.streams.command_line.command_line import CommandLine, connected

pytestmark = pytest.mark.engine


def test_a_dry_run_tells_what_goes_and_what_stays_and_sends_nothing(away: CommandLine) -> None:
    told = away.run("purge", COMPANY, "--dry-run").stdout
    found = away.json("purge", COMPANY, "--dry-run", "--year", str(YEAR))

    assert "2025-01-01 – 2025-12-31" in told
    for kept in ("report templates", "budget versions", "The next automatic run"):
        assert kept in told
    assert found["chosen"] == [str(YEAR)]
    assert [(year["vouchers"], year["postings"]) for year in found["years"]] == [(2, 4)]
    assert (found["then"], found["cancels_run"]) == ("automatic", None)


def test_what_stays_on_the_log_and_beside_it_is_named(away: CommandLine) -> None:
    for language, places in (
        ("en", ("Kafka", "dead letters (90 days)", "outbox (7 days)", "uploaded file (a year)")),
        ("sv", ("Kafka", "undanlagda meddelanden (90 dagar)", "(7 dagar)", "(ett år)")),
    ):
        told = _one_line(away.run("purge", COMPANY, "--dry-run", "--lang", language).stdout)
        assert [place for place in places if place not in told] == []


def test_only_a_company_that_has_a_connection_keeps_it(command_line: CommandLine) -> None:
    async def several(books: Books) -> None:
        await connected(books)
        for company, source in (("away", "fortnox"), ("files", "sie")):
            await books.register(company, source=source)
            year = some_years(YEAR, company=company)
            await books.project(year, a_read(a_voucher("1"), company=company, run=2))
        await books.connect("away", state="disconnected")

    command_line.fill(several)

    for company, has_connection in ((COMPANY, True), ("away", False), ("files", False)):
        told = command_line.run("purge", company, "--dry-run").stdout
        assert ("What stays: the connection" in told) == has_connection
        assert "What stays: " in told


def test_of_a_company_without_bookkeeping_nothing_goes_or_stays(
    command_line: CommandLine,
) -> None:
    async def empty(books: Books) -> None:
        await books.register(source="fortnox")
        await books.connect(due_in=timedelta(hours=1))
        await books.register("refused", source="fortnox")
        await books.connect("refused", state="reconnect_required", reason="invalid_login")

    command_line.fill(empty)

    nothing = "has no bookkeeping to empty."
    told = command_line.run("purge", COMPANY, "--dry-run").stdout.splitlines()
    assert told[0].strip() == f"{COMPANY} {nothing}"
    assert told[1].startswith("The next automatic run (")
    assert len(told) == 2
    told = command_line.run("purge", "refused", "--dry-run").stdout.splitlines()
    assert [line.strip() for line in told] == [f"refused {nothing}"]


def test_it_is_said_that_a_run_is_cancelled(away: CommandLine) -> None:
    async def queued(books: Books) -> None:
        await books.queue("run-1")

    away.fill(queued)

    told = away.run("purge", COMPANY, "--dry-run", "--reload").stdout
    assert "cancelled first, whichever years it reads, and the next one reads" in _one_line(told)
    found = away.json("purge", COMPANY, "--dry-run", "--reload")
    assert (found["then"], found["cancels_run"]) == ("reload", "run-1")


def test_who_sends_files_is_told_to_send_them_again(command_line: CommandLine) -> None:
    async def sent(books: Books) -> None:
        await books.register()
        await books.project(some_years(YEAR), a_read(a_voucher("1")))
        await books.queue("run-1")

    command_line.fill(sent)

    told = _one_line(command_line.run("purge", COMPANY, "--dry-run", "--year", "2025").stdout)
    assert "it is cancelled first, whatever its year" in told
    assert "Import them again afterwards" in told


def test_it_is_said_that_no_bookkeeping_is_left(away: CommandLine) -> None:
    last_year = date(2024, 1, 1)
    earlier = a_read(a_voucher("1", year=last_year, day=last_year), year=last_year, run=3)

    async def of_two_years(books: Books) -> None:
        await books.project(some_years(last_year, YEAR, run=3), earlier)

    def empties(*years: str) -> bool:
        names = [word for year in years for word in ("--year", year)]
        told = away.run("purge", COMPANY, "--dry-run", *names).stdout
        found: bool = away.json("purge", COMPANY, "--dry-run", *names)["empties"]
        assert ("red until it is filled again" in _one_line(told)) == found
        return found

    assert empties("2025")
    away.fill(of_two_years)
    assert not empties("2025")
    assert empties("2024", "2025")
    assert empties()


def test_the_status_shows_the_last_purges_and_who_asked(away: CommandLine) -> None:
    """A later one that has taken nothing hides none."""

    async def purged(books: Books) -> None:
        books.continues(after=1)
        for generation, vouchers in ((1, 2), (2, 0)):
            facts: dict[str, Any] = {"generation": generation, "fiscal_years": [YEAR]}
            await books.happened(PurgeStarted, requested_by="anna", **facts)
            await books.happened(PurgeCompleted, vouchers=vouchers, postings=4, **facts)

    away.fill(purged)

    lines = away.run("status", COMPANY).stdout.splitlines()
    last, first = (line.rstrip() for line in lines if "anna" in line)
    assert last.startswith("Last emptied")
    assert last.endswith("by anna: 2025-01-01, 0 vouchers, 4 postings")
    assert first.endswith("by anna: 2025-01-01, 2 vouchers, 4 postings")
    assert last.index("by anna") == first.index("by anna")
    found = away.json("status", COMPANY)
    assert [one["generation"] for one in found["purges"]] == [2, 1]
    assert found["last_purge"] == found["purges"][0]


def test_the_status_names_years_that_are_emptied_and_not_loaded_again(away: CommandLine) -> None:
    async def purged(books: Books) -> None:
        books.continues(after=1)
        await books.happened(PurgeCompleted, generation=1, fiscal_years=[YEAR, date(2024, 1, 1)])

    away.fill(purged)

    told = away.run("status", COMPANY).stdout
    assert "Emptied years    2025-01-01: not loaded again since then" in told
    # The other one has been replaced: the company has it no more.
    assert away.json("status", COMPANY)["emptied_years"] == ["2025-01-01"]


def test_purges_stand_below_each_other_in_a_narrow_terminal() -> None:
    purge = PastPurge(
        generation=1,
        fiscal_years=None,
        reload=True,
        requested_by="a-service-with-a-long-name",
        state="completed",
        started_at=datetime(2026, 11, 25, 18, 30, tzinfo=UTC),
        completed_at=datetime(2026, 11, 25, 18, 30, 30, tzinfo=UTC),
        vouchers=397000,
        postings=1187000,
    )
    console = Console(width=80, file=StringIO())

    console.print(purges_table((purge, purge), "sv"))

    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    times = [line for line in lines if line.startswith("2026-11-25 19:30:30  av a-service")]
    assert len(times) == 2
    assert all(line.startswith(" " * 21) for line in lines if line not in times)


def _one_line(told: str) -> str:
    return " ".join(told.split())

"""`bokflow status`: the indicator of all, and the page of one."""

import pytest

from schemas.lifecycle_events import (
    CompanyRegistered,
    ConnectionLost,
    ReadOutcome,
    SyncCompleted,
    UploadReceived,
    UploadRefused,
)
from schemas.parts import Read
from tests.books import Books
from tests.builders import YEAR, a_read, a_set_aside_voucher, a_total, a_voucher
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
KEYS = [
    "company_id",
    "indicator",
    "reason",
    "message",
    "last_sync_at",
    "last_fetched_at",
    "latest_vouchers",
    "sie",
    "refused_upload",
    "syncing",
    "parts",
    "actions",
    "verification",
    "counts",
    "connection",
    "last_purge",
    "purges",
    "emptied_years",
]


async def filled(books: Books) -> None:
    await books.register(name="Bageriet AB")
    await books.happened(CompanyRegistered, source="sie")
    await books.happened(
        UploadReceived,
        upload_id="u",
        run_id="run-1",
        file_name="bokslut.se",
        size_bytes=1,
        sie_type="4E",
        fiscal_year=YEAR,
    )
    reads = (ReadOutcome(read=Read(part="vouchers", fiscal_year=YEAR), state="complete"),)
    await books.happened(
        SyncCompleted, run_id="run-1", run_number=1, fetched_at=await books.now(), reads=reads
    )
    await books.project(a_read(a_voucher("1", text="Dagskassa")))
    await books.queue("run-2", expected=4)
    await books.move("run-2", state="running", vouchers_done=3)


async def proved_wrong(books: Books) -> None:
    """Twelve accounts differ: the two of the voucher, and ten that nobody booked on."""
    await books.register()
    totals = [a_total(str(1500 + number), "-2000.00") for number in range(10)]
    await books.project(a_read(a_voucher("1"), totals=totals))


async def only_registered(books: Books) -> None:
    await books.register()


def test_the_status_of_one_has_the_agreed_keys(command_line: CommandLine) -> None:
    command_line.fill(filled)

    found = command_line.json("status", "bageriet")

    assert list(found) == KEYS
    assert found["syncing"]["percent"] == 75
    assert list(found["actions"]) == ["sync_now", "reconnect", "purge"]


def test_the_page_says_what_matters(command_line: CommandLine) -> None:
    command_line.fill(filled)

    told = command_line.run("status", "bageriet", "--lang", "sv").stdout

    assert told.startswith("● Bageriet AB\n  Bokföringen läses in som den ska.\n")
    for piece in (
        "publicerar 75 %",
        "2025-03-04  A 1  Dagskassa",
        "bokslut.se, räkenskapsår 2025-01-01",
        "verifikationer: 1, rader: 2, undanlagda: 0",
        "stöds inte av källan",
        "aldrig hämtad",
    ):
        assert piece in told


def test_a_red_company_says_what_to_do(command_line: CommandLine) -> None:
    command_line.fill(only_registered)

    told = command_line.run("status", "bageriet", "--lang", "en").stdout

    assert "No bookkeeping has been loaded yet: import an SIE file." in told
    assert "nothing to verify" in told


@pytest.mark.parametrize("reason", ["disconnected", "invalid_login"])
def test_who_has_lost_the_connection_is_told_how_to_connect_again(
    command_line: CommandLine, reason: str
) -> None:
    async def lost(books: Books) -> None:
        await books.register(source="fortnox")
        await books.happened(CompanyRegistered, source="fortnox")
        await books.happened(ConnectionLost, source="fortnox", reason=reason)

    command_line.fill(lost)

    for language, told in (("sv", "Anslut igen"), ("en", "Connect again")):
        page = command_line.run("status", "bageriet", "--lang", language).stdout
        assert f"  {told}: bokflow connect bageriet --source fortnox\n" in page
    assert "not there yet" in page


def test_the_page_shows_the_first_accounts_that_differ(command_line: CommandLine) -> None:
    command_line.fill(proved_wrong)

    told = command_line.run("status", "bageriet", "--lang", "en").stdout

    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "Verification differs, last compared 2026-01-02 04:04:05" in lines
    assert "2025-01-01 1500 closing -2,000.00 0.00 2,000.00" in lines
    assert [line[:15] for line in lines if line.startswith("2025-01-01 ")] == [
        f"2025-01-01 {account}" for account in range(1500, 1510)
    ]
    assert "More accounts that differ: 2, see bokflow verify-totals bageriet." in lines
    assert "Compare the accounts with the accounting system" in told


@pytest.mark.parametrize(
    ("source", "remedy"),
    [("sie", "import the whole year again."), ("fortnox", "sync: bokflow sync bageriet.")],
)
def test_what_differs_is_loaded_again_as_the_source_lets_one_do(
    command_line: CommandLine, source: str, remedy: str
) -> None:
    async def of_source(books: Books) -> None:
        await books.register(source=source)
        totals = [a_total("1500", "-2000.00")]
        aside = [a_set_aside_voucher("2")]
        await books.project(a_read(a_voucher("1"), set_aside=aside, totals=totals))

    command_line.fill(of_source)

    told = " ".join(command_line.run("status", "bageriet", "--lang", "en").stdout.split())
    assert remedy in told
    assert ("import" in told) == (source == "sie")


def test_a_source_that_misses_every_voucher_is_heard(command_line: CommandLine) -> None:
    async def all_missing(books: Books) -> None:
        await books.register()
        await books.project(a_read(totals=[a_total("1930", "-2000.00")]))

    command_line.fill(all_missing)

    told = " ".join(command_line.run("status", "bageriet", "--lang", "en").stdout.split())

    assert "vouchers: 0" in told
    assert "Verification differs, last compared" in told
    assert "differs" in command_line.run("status", "--lang", "en").stdout


def test_the_page_says_what_to_do_about_what_was_set_aside_or_refused(
    command_line: CommandLine,
) -> None:
    async def set_aside(books: Books) -> None:
        await filled(books)
        await books.project(a_read(set_aside=[a_set_aside_voucher()], run=2))
        await books.happened(
            UploadRefused, upload_id="v", file_name="bild.png", reason="not_sie", detail="No SIE."
        )

    command_line.fill(set_aside)

    told = command_line.run("status", "bageriet", "--lang", "en").stdout

    assert "bokflow vouchers bageriet --set-aside shows what is wrong" in told
    assert "Last refused file  bild.png, " in told
    assert "no SIE file: No SIE." in told


def test_a_company_whose_totals_differ_says_so_in_the_list(command_line: CommandLine) -> None:
    command_line.fill(proved_wrong)

    assert command_line.json("status")[0]["verification"] == "differs"
    assert "differs" in command_line.run("status").stdout


def test_without_a_company_all_are_told(command_line: CommandLine) -> None:
    assert command_line.json("status") == []
    command_line.fill(filled)

    (found,) = command_line.json("status")

    assert (found["company_id"], found["indicator"], found["reason"]) == ("bageriet", "green", None)
    assert "● Bookkeeping is being loaded" in command_line.run("status").stdout


def test_an_unknown_or_impossible_company_is_refused(command_line: CommandLine) -> None:
    assert command_line.refusal("status", "nobody") == "unknown_company"
    assert command_line.refusal("status", "å ä", exit_code=2) == "invalid_company_id"

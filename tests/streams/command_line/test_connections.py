"""`bokflow connections`: who is connected to what, and how that goes."""

from datetime import datetime, timedelta

import pytest

from streams.command_line import show
from tests.books import Books
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


async def two_connections(books: Books) -> None:
    await books.register("bageriet", source="fortnox", name="Bageriet AB")
    await books.connect("bageriet", due_in=timedelta(hours=1))
    await books.register("snickeriet", source="fortnox")
    await books.connect(
        "snickeriet", state="reconnect_required", reason="invalid_login", failures=2
    )
    await books.register("uploads")


def test_they_are_listed_in_the_agreed_shape(command_line: CommandLine) -> None:
    assert command_line.json("connections", "list") == []
    command_line.fill(two_connections)

    found = command_line.json("connections", "list")

    assert [row["company_id"] for row in found] == ["bageriet", "snickeriet"]
    assert list(found[0]) == [
        "company_id",
        "name",
        "source",
        "state",
        "reason",
        "connected_at",
        "due_at",
        "last_fetched_at",
        "failures_in_a_row",
    ]
    assert command_line.json("connections", "show", "bageriet") == found[0]


def test_the_table_says_why_one_is_lost(command_line: CommandLine) -> None:
    command_line.fill(two_connections)

    told = command_line.run("connections", "list", "--lang", "sv").stdout
    one = command_line.run("connections", "show", "snickeriet", "--lang", "en").stdout

    assert "måste anslutas på nytt" in told
    assert "inloggningen godtas inte" in told
    assert "has to be connected again" in one


def test_a_reason_that_repeats_the_state_is_not_told(command_line: CommandLine) -> None:
    async def disconnected(books: Books) -> None:
        await books.register("bageriet", source="fortnox")
        await books.connect("bageriet", state="disconnected", reason="disconnected")

    command_line.fill(disconnected)

    for command in ("connections list", "connections show bageriet", "status bageriet"):
        told = command_line.run(*command.split(), "--lang", "sv").stdout
        assert told.count("frånkopplad") == 1


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_date_is_broken_in_a_narrow_terminal(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, columns: int, language: str
) -> None:
    monkeypatch.setattr(show, "PIPED_COLUMNS", columns)
    command_line.fill(two_connections)
    due_at = command_line.json("connections", "show", "bageriet")["due_at"]
    at = show.moment(datetime.fromisoformat(due_at))

    listed = command_line.run("connections", "list", "--lang", language).stdout
    shown = command_line.run("connections", "show", "bageriet", "--lang", language).stdout

    assert at in listed
    assert at in shown
    assert "Bageriet AB" in shown
    assert max(map(len, (listed + shown).splitlines())) <= columns


def test_a_company_without_a_name_has_a_dash_for_it(command_line: CommandLine) -> None:
    command_line.fill(two_connections)

    (line,) = (
        line
        for line in command_line.run("connections", "list").stdout.splitlines()
        if line.strip().startswith("snickeriet")
    )

    assert line.split()[:3] == ["snickeriet", "–", "fortnox"]


def test_the_status_tells_the_next_run(command_line: CommandLine) -> None:
    command_line.fill(two_connections)

    found = command_line.json("status", "bageriet")
    told = command_line.run("status", "bageriet", "--lang", "sv").stdout

    assert found["connection"]["state"] == "connected"
    assert "ansluten, nästa körning" in told
    lost = command_line.run("status", "snickeriet", "--lang", "en").stdout
    assert "has to be connected again: the login is not accepted" in lost


def test_a_company_of_files_is_not_led_to_a_connection(command_line: CommandLine) -> None:
    command_line.fill(two_connections)

    for language, told in (("sv", "genom filer"), ("en", "by files")):
        arguments = ("connections", "show", "uploads", "--lang", language)
        refused = command_line.run(*arguments, exit_code=1).stderr
        assert told in refused
        assert "connect uploads" not in refused


def test_a_company_that_lacks_one_is_told_the_whole_command(command_line: CommandLine) -> None:
    async def registered(books: Books) -> None:
        await books.register("kiosken", source="fortnox")

    command_line.fill(registered)

    for language in ("sv", "en"):
        arguments = ("connections", "show", "kiosken", "--lang", language)
        refused = command_line.run(*arguments, exit_code=1).stderr
        assert "bokflow connect kiosken --source fortnox." in refused


def test_a_company_without_one_is_refused(command_line: CommandLine) -> None:
    command_line.fill(two_connections)

    assert command_line.refusal("connections", "show", "uploads") == "comes_by_files"
    assert command_line.refusal("connections", "show", "nobody") == "unknown_company"

"""`bokflow vouchers`: all of them for programs, the first of them for people."""

import pytest

from schemas.bookkeeping import Posting
from tests.books import Books
from tests.builders import a_read, a_set_aside_voucher, a_voucher
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


async def three(books: Books) -> None:
    await books.register()
    rows = (
        {"account": "1930", "amount": "1250.00", "objects": {"1": "10"}, "text": "Kort"},
        {"account": "3001", "amount": "-1250.00"},
        {"account": "1910", "amount": "7.00", "state": "struck"},
    )
    postings = tuple(Posting.model_validate(row) for row in rows)
    await books.project(
        a_read(a_voucher("1", postings=postings), a_voucher("2"), a_voucher("3", series="B"))
    )


async def sixty(books: Books) -> None:
    await books.register()
    await books.project(a_read(*(a_voucher(str(number)) for number in range(1, 61)), page=100))


def test_programs_get_all_of_them_whole(command_line: CommandLine) -> None:
    command_line.fill(sixty)

    found = command_line.json("vouchers", "bageriet")

    assert [voucher["number"] for voucher in found] == [str(number) for number in range(1, 61)]
    assert list(found[0]) == [
        "fiscal_year",
        "series",
        "number",
        "date",
        "text",
        "registered_on",
        "source_id",
        "postings",
        "struck",
    ]


def test_people_get_the_first_fifty_and_are_told_so(command_line: CommandLine) -> None:
    command_line.fill(sixty)

    result = command_line.run("vouchers", "bageriet")

    assert "A 50 " in result.stdout
    assert "A 51 " not in result.stdout
    assert "--latest" in result.stderr
    assert "A 60 " in command_line.run("vouchers", "bageriet", "--limit", "60").stdout
    assert command_line.run("vouchers", "bageriet", "--limit", "60").stderr == ""


def test_some_of_them_can_be_chosen(command_line: CommandLine) -> None:
    command_line.fill(three)

    def numbers(*options: str) -> list[str]:
        found = command_line.json("vouchers", "bageriet", *options)
        return [voucher["series"] + voucher["number"] for voucher in found]

    assert numbers("--limit", "1") == ["A1"]
    assert numbers("--latest", "1") == ["B3"]
    assert numbers("--series", "B") == ["B3"]
    assert numbers("--series", "C") == []
    assert numbers("--year", "2025", "--limit", "2") == ["A1", "A2"]


def test_the_table_shows_rows_with_their_objects(command_line: CommandLine) -> None:
    command_line.fill(three)

    told = command_line.run("vouchers", "bageriet", "--lang", "sv").stdout

    assert "Kort, 1:10" in told
    assert "-1\u00a0250,00" in told
    assert "struken" in told


async def one_set_aside(books: Books) -> None:
    await books.register()
    await books.project(a_read(a_voucher("1"), set_aside=[a_set_aside_voucher()]))


def test_what_was_set_aside_is_shown_with_its_reason(command_line: CommandLine) -> None:
    command_line.fill(one_set_aside)

    told = command_line.run("vouchers", "bageriet", "--set-aside", "--lang", "sv").stdout

    assert "A 9 balanserar inte 0,01" in " ".join(told.split())
    (found,) = command_line.json("vouchers", "bageriet", "--set-aside")
    assert (found["reason"], found["source_text"]) == ("unbalanced", "#VER A 9 20250304")


def test_where_there_are_none_that_is_said(command_line: CommandLine) -> None:
    command_line.fill(three)
    for options in (("--set-aside",), ("--series", "C")):
        result = command_line.run("vouchers", "bageriet", *options)

        assert (result.stdout, result.stderr) == ("", "There are no such vouchers.\n")
        assert command_line.json("vouchers", "bageriet", *options) == []


def test_the_first_and_the_latest_at_once_is_a_matter_of_usage(command_line: CommandLine) -> None:
    arguments = ("vouchers", "bageriet", "--limit", "1", "--latest", "1")

    assert command_line.refusal(*arguments, exit_code=2) == "first_or_latest"
    command_line.run("vouchers", "bageriet", "--limit", "0", exit_code=2)


def test_an_unknown_company_or_year_is_refused(command_line: CommandLine) -> None:
    assert command_line.refusal("vouchers", "nobody") == "unknown_company"
    command_line.fill(three)
    arguments = ("vouchers", "bageriet", "--year", "2019")
    assert command_line.refusal(*arguments) == "unknown_fiscal_year"

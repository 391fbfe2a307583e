"""`bokflow companies` says which companies there are, and whether the engine is ready."""

import pytest

from tests.books import Books
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


async def ready(books: Books) -> None:
    await books.hold_lease("worker:1")


async def one_company(books: Books) -> None:
    await books.register(name="Bageriet [AB]", organisation_number="5566778899")


def test_it_answers_only_once_a_worker_is_ready(command_line: CommandLine) -> None:
    assert command_line.refusal("companies") == "no_worker_ready"
    command_line.fill(ready)
    assert command_line.json("companies") == []


def test_companies_are_told_in_the_agreed_shape(command_line: CommandLine) -> None:
    command_line.fill(ready)
    command_line.fill(one_company)

    assert command_line.json("companies") == [
        {
            "company_id": "bageriet",
            "name": "Bageriet [AB]",
            "organisation_number": "5566778899",
            "source": "sie",
            "indicator": "red",
            "last_fetched_at": None,
            "verification": "unverified",
        }
    ]


def test_the_table_is_in_the_language(command_line: CommandLine) -> None:
    command_line.fill(ready)
    command_line.fill(one_company)

    told = command_line.run("companies", "--lang", "sv").stdout

    assert "Senast hämtad" in told
    assert "Bageriet [AB]" in told
    assert "556677-8899" in told
    assert "● röd" in told
    assert "inte avstämd" in told


def test_no_companies_is_nothing_on_stdout(command_line: CommandLine) -> None:
    command_line.fill(ready)

    result = command_line.run("companies")

    assert result.stdout == ""
    assert "bokflow import" in result.stderr

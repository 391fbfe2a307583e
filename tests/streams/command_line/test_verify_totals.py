"""`bokflow verify-totals`: each account that differs, and an exit code that a script can use."""

import pytest

from tests.books import Books
from tests.builders import AT, YEAR, a_read, a_total, a_voucher, some_years
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine
LAST_YEAR = YEAR.replace(year=2024)
RIGHT = (a_total("1930", "1250.00"), a_total("3001", "-1250.00", "result"))
WRONG = (a_total("1930", "250.00"), a_total("3001", "-1250.00", "result"))
SET_ASIDE = """
    INSERT INTO engine.dead_letter
    VALUES ('bokflow.ledger', 1, 7, 'bageriet', 'unreadable', engine.clock())
"""


async def filled(books: Books) -> None:
    """A year that differs, and one that is verified up to a day."""
    await books.register()
    old = a_voucher("1", amount="1250.00", year=LAST_YEAR, day=LAST_YEAR)
    await books.project(
        some_years(LAST_YEAR, YEAR),
        a_read(a_voucher("1", amount="1250.00"), totals=WRONG),
        a_read(old, totals=RIGHT, up_to=LAST_YEAR.replace(day=10), year=LAST_YEAR, run=2),
    )


async def unproved(books: Books) -> None:
    await books.register()
    await books.project(some_years(YEAR), a_read(a_voucher("1")))


async def described_only(books: Books) -> None:
    await books.register()
    await books.project(some_years(YEAR))
    await books.connection.execute(SET_ASIDE)


def test_it_is_told_in_the_agreed_shape_and_fails_on_a_difference(
    command_line: CommandLine,
) -> None:
    command_line.fill(filled)

    found = command_line.json("verify-totals", "bageriet", exit_code=1)

    at = AT.isoformat().replace("+00:00", "Z")
    verified = {
        "fiscal_year": "2024-01-01",
        "state": "verified",
        "as_of": at,
        "up_to": "2024-01-10",
        "differences": [],
    }
    differs = {
        "fiscal_year": "2025-01-01",
        "state": "differs",
        "as_of": at,
        "up_to": None,
        "differences": [
            {
                "fiscal_year": "2025-01-01",
                "account": "1930",
                "kind": "closing",
                "expected": "250.00",
                "actual": "1250.00",
                "difference": "1000.00",
            }
        ],
    }
    assert found == {
        "company_id": "bageriet",
        "state": "differs",
        "as_of": at,
        "dead_letters": 0,
        "years": [verified, differs],
    }
    one = command_line.json("verify-totals", "bageriet", "--year", "2024")
    assert one == found | {"years": [verified]}


def test_the_table_has_what_is_said_and_what_is_booked(command_line: CommandLine) -> None:
    command_line.fill(filled)

    told = command_line.run("verify-totals", "bageriet", "--lang", "sv", exit_code=1).stdout

    assert "bageriet, räkenskapsår 2024-01-01: avstämd, senast prövad 2026-01-02 04:04:05" in told
    assert "till och med 2024-01-10" in told
    assert "bageriet, räkenskapsår 2025-01-01: avviker, senast prövad 2026-01-02 04:04:05" in told
    assert "2025-01-01 1930 utgående 250,00 1 250,00 1 000,00" in " ".join(told.split())
    english = command_line.run("verify-totals", "bageriet", "--lang", "en", exit_code=1).stdout
    assert "2025-01-01 1930 closing 250.00 1,250.00 1,000.00" in " ".join(english.split())


def test_a_year_that_nobody_proved_is_no_failure(command_line: CommandLine) -> None:
    command_line.fill(unproved)

    told = command_line.run("verify-totals", "bageriet").stdout

    assert "fiscal year 2025-01-01: not verified: its source has given no totals" in told


def test_what_cannot_be_proved_is_said(command_line: CommandLine) -> None:
    command_line.fill(described_only)

    told = command_line.run("verify-totals", "bageriet")

    assert told.stderr == "bageriet has no postings to verify.\n"
    assert told.stdout == "Messages that could not be applied: 1, see bokflow dead-letters list.\n"


def test_what_is_not_there_is_refused(command_line: CommandLine) -> None:
    command_line.fill(filled)

    def refusal(company: str, year: str, exit_code: int = 1) -> str:
        return command_line.refusal("verify-totals", company, "--year", year, exit_code=exit_code)

    assert refusal("bageriet", "2019") == "unknown_fiscal_year"
    assert refusal("nobody", "2025") == "unknown_company"
    assert refusal("bageriet", "twenty", exit_code=2) == "invalid_year"


def test_its_help_tells_the_exit_code() -> None:
    assert "Exit code 1" in CommandLine({}).run("verify-totals", "--help").stdout

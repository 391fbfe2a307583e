"""`bokflow trial-balance`: JSON for programs, Swedish amounts for people."""

import pytest

from schemas.bookkeeping import Account, Balance, FiscalYear
from schemas.ledger_events import AccountsObserved, FiscalYearsObserved, OpeningBalancesObserved
from tests.books import Books
from tests.builders import (
    YEAR,
    a_purge,
    a_read,
    a_total,
    a_voucher,
    an_event,
    some_totals,
    some_years,
)
from tests.streams.command_line.command_line import CommandLine

pytestmark = pytest.mark.engine


async def filled(books: Books) -> None:
    await books.register()
    year = FiscalYear(first_day=YEAR, last_day=YEAR.replace(month=12, day=31))
    balance = Balance.model_validate({"account": "1930", "amount": "9875.00"})
    await books.project(
        an_event(FiscalYearsObserved, part="fiscal_years", year=None, fiscal_years=[year]),
        an_event(
            AccountsObserved,
            part="accounts",
            fiscal_year=YEAR,
            accounts=[Account(account="1930", name="Företagskonto")],
        ),
        an_event(
            OpeningBalancesObserved, part="opening_balances", fiscal_year=YEAR, balances=[balance]
        ),
        a_read(a_voucher("1")),
    )


def test_it_is_told_in_the_agreed_shape(command_line: CommandLine) -> None:
    command_line.fill(filled)

    found = command_line.json("trial-balance", "bageriet", "--year", "2025")

    assert found == {
        "company_id": "bageriet",
        "fiscal_year": {"start": "2025-01-01", "end": "2025-12-31"},
        "basis": "vouchers",
        "accounts": [
            {
                "account": "1930",
                "name": "Företagskonto",
                "opening": "9875.00",
                "movement": "125.00",
                "closing": "10000.00",
            },
            {
                "account": "3001",
                "name": "",
                "opening": "0.00",
                "movement": "-125.00",
                "closing": "-125.00",
            },
        ],
        "totals": {"opening": "9875.00", "movement": "0.00", "closing": "9875.00"},
    }
    assert command_line.json("trial-balance", "bageriet") == found
    assert command_line.json("trial-balance", "bageriet", "--year", "2025-01-01") == found


def test_the_table_has_amounts_as_they_are_written_in_sweden(command_line: CommandLine) -> None:
    command_line.fill(filled)

    told = command_line.run("trial-balance", "bageriet", "--lang", "sv").stdout

    assert "bageriet, räkenskapsår 2025-01-01 – 2025-12-31" in told
    assert "10\u00a0000,00" in told
    assert "Summa" in told


async def balances_alone(books: Books) -> None:
    await books.register()
    totals = some_totals(a_total("1930", "8.00"), part="opening_balances")
    await books.project(some_years(YEAR), totals)


def test_a_year_without_vouchers_says_whose_balances_it_shows(command_line: CommandLine) -> None:
    command_line.fill(balances_alone)

    told = command_line.run("trial-balance", "bageriet", "--lang", "en").stdout

    assert "The year's vouchers have not been read whole" in told
    assert command_line.json("trial-balance", "bageriet")["basis"] == "totals"


@pytest.mark.parametrize("command", ["trial-balance", "verify-totals"])
@pytest.mark.parametrize(("source", "advice"), [("sie", "import"), ("fortnox", "sync bageriet")])
def test_an_empty_company_is_told_how_its_bookkeeping_comes(
    command_line: CommandLine, command: str, source: str, advice: str
) -> None:
    async def emptied(books: Books) -> None:
        await books.register(source=source)
        await books.project(a_read(a_voucher("1")), a_purge())

    command_line.fill(emptied)

    assert command_line.refusal(command, "bageriet") == "no_fiscal_year"
    refused = command_line.run(command, "bageriet", exit_code=1)
    assert f"with bokflow {advice}." in refused.stderr


def test_what_is_not_there_is_refused(command_line: CommandLine) -> None:
    command_line.fill(filled)

    def refusal(company: str, year: str, exit_code: int = 1) -> str:
        return command_line.refusal("trial-balance", company, "--year", year, exit_code=exit_code)

    assert refusal("bageriet", "2019") == "unknown_fiscal_year"
    assert refusal("nobody", "2025") == "unknown_company"
    assert refusal("bageriet", "twenty", exit_code=2) == "invalid_year"

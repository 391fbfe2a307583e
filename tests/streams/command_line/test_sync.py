"""`bokflow sync` and the commands beside it: what they refuse before anything is sent."""

from datetime import date

import pytest

from schemas.bookkeeping import FiscalYear
from schemas.ledger_events import FiscalYearsObserved
from streams.command_line.options import DATA_DIR, Options
from streams.command_line.refusal import CommandRefused
from streams.command_line.sync import _first_days
from tests.books import Books
from tests.builders import COMPANY, an_event
from tests.streams.command_line.command_line import CommandLine

AWAY = CommandLine({"BOKFLOW_KAFKA_URL": "127.0.0.1:1"})
OPTIONS = Options(DATA_DIR, "table", "en")


@pytest.mark.parametrize("command", ["sync", "cancel", "connections disconnect"])
def test_an_impossible_company_is_a_matter_of_usage(command: str) -> None:
    assert AWAY.refusal(*command.split(), "å ä", exit_code=2) == "invalid_company_id"


def test_a_part_that_there_is_not_is_refused() -> None:
    assert AWAY.refusal("sync", "bageriet", "--part", "payroll") == "unknown_part"


def test_what_is_no_year_is_refused() -> None:
    assert AWAY.refusal("sync", "bageriet", "--year", "20210", exit_code=2) == "invalid_year"


def test_a_source_that_cannot_be_connected_is_refused() -> None:
    arguments = ("connect", "bageriet", "--source", "sie")

    assert AWAY.refusal(*arguments, exit_code=2) == "unknown_source"
    AWAY.run("connect", "bageriet", exit_code=2)


@pytest.mark.parametrize("command", ["sync", "cancel", "connections disconnect"])
def test_a_broker_that_does_not_answer_is_told(command: str) -> None:
    assert AWAY.refusal(*command.split(), "bageriet") == "kafka_unreachable"


def test_a_first_day_is_taken_at_its_word() -> None:
    assert _first_days(OPTIONS, COMPANY, ["2021-07-01"]) == (date(2021, 7, 1),)


@pytest.mark.engine
def test_a_calendar_year_means_the_fiscal_years_that_start_in_it(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOKFLOW_POSTGRES_DSN", command_line.dsn)
    days = [(date(2020, 7, 1), date(2021, 4, 30)), (date(2021, 5, 1), date(2021, 12, 31))]
    years = tuple(FiscalYear(first_day=first, last_day=last) for first, last in days)

    async def filled(books: Books) -> None:
        await books.register(source="fortnox")
        event = an_event(FiscalYearsObserved, part="fiscal_years", year=None, fiscal_years=years)
        await books.project(event)

    command_line.fill(filled)

    found = _first_days(OPTIONS, COMPANY, ["2021", "2022-01-01", "2020"])

    assert found == (date(2021, 5, 1), date(2022, 1, 1), date(2020, 7, 1))
    with pytest.raises(CommandRefused) as refused:
        _first_days(OPTIONS, COMPANY, ["2019"])
    assert refused.value.code == "year_to_name"
    assert "2019-01-01" in refused.value.sentence("sv")

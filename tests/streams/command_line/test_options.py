"""What arguments and shared options are taken for."""

from datetime import date

import pytest

from streams.command_line.options import DATA_DIR, Options, check_company_id, read_year
from streams.command_line.refusal import CommandRefused


@pytest.mark.parametrize(
    ("text", "year"),
    [(None, None), ("2021", 2021), ("2021-07-01", date(2021, 7, 1))],
)
def test_a_year_is_a_calendar_year_or_a_first_day(text: str | None, year: int | date) -> None:
    assert read_year(text) == year


@pytest.mark.parametrize("text", ["21", "", "202x", "2021-13-01", "20210"])
def test_anything_else_is_no_year(text: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        read_year(text)

    assert (refused.value.code, refused.value.exit_code) == ("invalid_year", 2)


@pytest.mark.parametrize("company_id", ["a", "0", "A.b_c-9", "x" * 64])
def test_a_company_id_that_can_be_one_is_taken(company_id: str) -> None:
    check_company_id(company_id)


@pytest.mark.parametrize("company_id", ["", "å", ".a", "a b", "x" * 65, "a\n"])
def test_a_company_id_that_cannot_be_one_is_refused(company_id: str) -> None:
    with pytest.raises(CommandRefused) as refused:
        check_company_id(company_id)

    assert (refused.value.code, refused.value.exit_code) == ("invalid_company_id", 2)


@pytest.mark.parametrize(
    ("system", "language"),
    [("sv_SE.UTF-8", "sv"), ("sv", "sv"), ("en_US.UTF-8", "en"), ("C", "en"), ("", "en")],
)
def test_the_language_is_that_of_the_system(
    monkeypatch: pytest.MonkeyPatch, system: str, language: str
) -> None:
    monkeypatch.setenv("LANG", system)

    assert Options.of(DATA_DIR, "table", None).language == language
    assert Options.of(DATA_DIR, "table", "sv").language == "sv"

"""Reads and their names."""

from datetime import date

import pytest

from schemas.parts import PARTS, Part, Read


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("fiscal_year", [None, date(2024, 7, 1)])
def test_a_read_is_known_by_its_name(part: Part, fiscal_year: date | None) -> None:
    read = Read(part=part, fiscal_year=fiscal_year)

    assert Read.named(read.name) == read

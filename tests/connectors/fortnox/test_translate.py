"""Fortnox's documents in our words."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.fortnox import translate
from schemas.bookkeeping import Account, Balance, FiscalYear, Object
from schemas.errors import SourceRefused

YEAR: Any = {"Id": 5, "FromDate": "2025-05-01", "ToDate": "2026-04-30", "AccountingMethod": "CASH"}


def test_a_year_is_told_by_its_days_and_keeps_its_id() -> None:
    expected = FiscalYear(first_day=date(2025, 5, 1), last_day=date(2026, 4, 30), source_id="5")

    assert translate.fiscal_year(YEAR) == expected
    assert translate.fiscal_year({**YEAR, "Id": "5"}) == expected


def test_the_company_is_told() -> None:
    content = translate.company({"CompanyName": " Nordlunds\nBygg ", "OrganizationNumber": ""})

    assert content == {
        "name": "Nordlunds Bygg",
        "organisation_number": None,
        "program": "Fortnox",
    }


@pytest.mark.parametrize("number", [1930, "1930"])
def test_an_account_has_its_name_and_its_code(number: object) -> None:
    document = {"Number": number, "Description": "Företagskonto", "SRU": 7281, "Active": False}

    assert translate.account(document) == Account(
        account="1930", name="Företagskonto", sru=("7281",)
    )
    assert translate.account({"Number": number}).sru == ()


@pytest.mark.parametrize("amount", [Decimal("-525.5"), "-525.50", "-525,5"])
def test_an_opening_balance_is_exact(amount: object) -> None:
    document = {"Number": 2081, "BalanceBroughtForward": amount}

    assert translate.opening_balance(document) == Balance(account="2081", amount=Decimal("-525.50"))


@pytest.mark.parametrize("amount", [0, Decimal("0.00"), "0", None])
def test_no_opening_balance_is_none(amount: object) -> None:
    assert translate.opening_balance({"Number": 3001, "BalanceBroughtForward": amount}) is None


def test_cost_centres_and_projects_are_objects_of_sies_dimensions() -> None:
    centre = translate.cost_centre({"Code": "10", "Description": "Göteborg"})
    project = translate.project({"ProjectNumber": "P1", "Description": "Ombyggnad"})

    assert centre == Object(dimension="1", object="10", name="Göteborg")
    assert project == Object(dimension="6", object="P1", name="Ombyggnad")
    assert [known.name for known in translate.DIMENSIONS] == ["Kostnadsställe", "Projekt"]


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (translate.fiscal_year, {**YEAR, "FromDate": "i fjol"}),
        (translate.fiscal_year, {**YEAR, "ToDate": "2020-01-01"}),
        (translate.account, {"Description": "utan nummer"}),
        (translate.account, {"Number": "1" * 33}),
        (translate.project, {"ProjectNumber": "1" * 33}),
        (translate.opening_balance, {"Number": 1930, "BalanceBroughtForward": "mycket"}),
        (translate.opening_balance, {"Number": 1930, "BalanceBroughtForward": 10**17}),
        (translate.opening_balance, {"Number": 1930, "BalanceBroughtForward": Decimal("1.005")}),
    ],
)
def test_what_cannot_be_read_is_refused(kind: Any, document: Any) -> None:
    with pytest.raises(SourceRefused):
        kind(document)

"""The deviations of a file's header; test_deviations says which test shows which."""

from decimal import Decimal

import pytest

from connectors.sie.diagnostics import Diagnostics
from connectors.sie.fields import read_record
from connectors.sie.header import normalised_organisation_number
from connectors.sie.identity import Identity
from tests.connectors.sie.builders import HEAD, VOUCHER, a_file, codes


@pytest.mark.parametrize("label", ["#PSALDO", "#PBUDGET"])
def test_a_period_without_its_object_list_is_of_the_account(label: str) -> None:
    file = a_file(f"{label} 0 202401 3001 -1666.00", *VOUCHER)

    (period,) = file.header().period_balances
    assert (period.account, period.amount, period.dimension) == ("3001", Decimal("-1666.00"), "")
    assert codes(file) == {"object_list_missing"}


@pytest.mark.parametrize("label", ["#IB", "#UB", "#RES"])
@pytest.mark.parametrize(
    ("written", "read", "warned"),
    [
        (".20", "0.20", False),
        ("2.", "2.00", False),
        ("-2.5000", "-2.50", False),
        ("2,50", "2.50", True),
        ("+2.50", "2.50", True),
        ('"1 234,50"', "1234.50", True),
        ("1\xa0234.50", "1234.50", True),
        ("1'234.50", "1234.50", True),
    ],
)
def test_a_balance_in_another_spelling_is_read(
    label: str, written: str, read: str, warned: bool
) -> None:
    file = a_file(f"{label} 0 8999 {written}", *VOUCHER)
    header = file.header()

    amounts = {row.account: row.amount for row in header.opening_balances}
    amounts |= {total.account: total.amount for total in header.control_totals}
    assert str(amounts["8999"]) == read
    assert ("amount_irregular" in codes(file)) is warned


@pytest.mark.parametrize("written", ["1.255", "x", '""', ""])
def test_a_balance_that_cannot_be_read_is_an_error_of_its_own(written: str) -> None:
    judgement = a_file(f"#RES 0 8999 {written}", *VOUCHER).judge()

    (remark,) = judgement.remarks
    assert (remark.severity, remark.code) == ("error", "balance_unreadable")
    assert judgement.vouchers == 1


@pytest.mark.parametrize("line", ["#RAR 0", '#RAR 0 "" ""', "#RAR -1", "#RAR"])
def test_a_year_without_dates_is_dropped(line: str) -> None:
    diagnostics = Diagnostics()
    identity, record = Identity(diagnostics), read_record(line)
    assert record is not None

    identity.take(record, line=1)

    assert identity.fiscal_years == {}
    assert diagnostics.counts == {"fiscal_year_unreadable": 1}


def test_a_year_without_dates_leaves_its_place_to_another() -> None:
    file = a_file(*VOUCHER, head=("#RAR 0", "#RAR -1", *HEAD))

    assert list(file.header().fiscal_years) == [0]
    assert file.judge().remark_counts == {"fiscal_year_unreadable": 2}


@pytest.mark.parametrize(
    ("given", "normalised"),
    [
        ("556488-2362", "5564882362"),
        ("5564882362", "5564882362"),
        ("165564882362", "5564882362"),
        ("16556488-2362", "5564882362"),
        ("19640823-3234", "6408233234"),
        ("", None),
        ('""', None),
        ("000000-0000", None),
        ("556488-236", None),
    ],
)
def test_an_organisation_number_is_kept_as_given_and_compared_by_ten_digits(
    given: str, normalised: str | None
) -> None:
    judgement = a_file(head=(f"#ORGNR {given}", *HEAD)).judge()

    assert judgement.organisation_number == given.strip('"')
    assert normalised_organisation_number(judgement.organisation_number) == normalised
    assert judgement.remark_counts == {}


@pytest.mark.parametrize(
    "line",
    [
        "#ADRESS Siw",
        '#ADRESS "Siw Eriksson" "Box 1"',
        '#ADRESS "" "Box 1" "123 45 Storstad"',
        "#ADRESS",
    ],
)
def test_an_address_or_program_with_fewer_fields_is_accepted(line: str) -> None:
    file = a_file(*VOUCHER, head=(line, '#PROGRAM "Bokföring för alla"', *HEAD))

    assert file.judge().program == "Bokföring för alla"
    assert file.judge().remark_counts == {}


@pytest.mark.parametrize(
    "account", ["119", "0119", "19300", "193000", "01930000", "DIFF", "FEL", "11AF"]
)
def test_an_account_of_the_chart_is_text(account: str) -> None:
    file = a_file(f"#KONTO {account} Bank", f"#IB 0 {account} 1.00", *VOUCHER)

    assert file.header().accounts[-1].account == account
    assert file.header().opening_balances[-1].account == account
    assert not codes(file)


def test_a_blank_account_of_the_chart_is_ignored() -> None:
    file = a_file('#KONTO "" Nothing', *VOUCHER)

    assert {account.account for account in file.header().accounts} == {"1930", "3001"}
    assert codes(file) == {"record_ignored"}


@pytest.mark.parametrize("line", ['#SRU 1930 ""', "#SRU 1930", "#KTYP 1930", "#KTYP 1930 X"])
def test_an_empty_account_record_is_ignored(line: str) -> None:
    file = a_file(line)

    assert [(account.sru, account.type) for account in file.header().accounts] == [((), None)] * 2
    assert "record_ignored" in codes(file)


@pytest.mark.parametrize("line", ["#SRU 9999 7201", "#KTYP 9999 T", "#ENHET 9999 st"])
def test_a_code_of_an_undeclared_account_is_ignored(line: str) -> None:
    file = a_file(line)

    assert {account.account for account in file.header().accounts} == {"1930", "3001"}
    assert codes(file) == {"account_undeclared"}


@pytest.mark.parametrize("year", ["", '""', "20", "2025-01", "next"])
def test_a_tax_year_that_is_no_year_is_ignored(year: str) -> None:
    assert codes(a_file(f"#TAXAR {year}", *VOUCHER)) == {"record_ignored"}
    assert not codes(a_file("#TAXAR 2025", *VOUCHER))

"""A file is judged whole, and refused where no company can take it."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.sie.file import SieFile
from schemas.errors import UploadRefused
from tests.connectors.sie.builders import HEAD, VOUCHER, a_file, codes, of_bytes

SIE_5 = '<?xml version="1.0"?><Sie xmlns="http://www.sie.se/sie5"></Sie>'


def _refusal(file: SieFile) -> str:
    with pytest.raises(UploadRefused) as refusal:
        file.judge()
    assert str(refusal.value).startswith(("bageriet.se", "The checksum of bageriet.se"))
    return refusal.value.code


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n \t\x1a",
        b"\xef\xbb\xbf",
        b"<!DOCTYPE html><html></html>",
        b"\n  <html><body>not found</body></html>",
        b'<?xml version="1.0"?><invoice/>',
        b"PK\x03\x04\x14\x00\x00\x00\x08\x00" * 40,
        bytes(range(256)) * 20,
        b"Datum;Konto;Belopp\r\n2024-01-01;1930;100,00\r\n",
        b"#!/bin/sh\n#define X\n# FLAGGA\n",
        "#FLAGGA 0\r\n".encode("utf-16"),
    ],
)
def test_what_is_no_sie_file_is_refused(content: bytes) -> None:
    assert _refusal(of_bytes(content)) == "not_sie"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_sie_5_file_is_refused_as_such(encoding: str) -> None:
    assert _refusal(of_bytes(SIE_5.encode(encoding))) == "sie5_not_supported"


def test_a_checksum_without_its_end_means_cut_off() -> None:
    assert _refusal(a_file(*VOUCHER, head=("#KSUMMA", *HEAD))) == "cut_off"


@pytest.mark.parametrize("lines", [1, 2, 3, 4])
def test_a_file_that_ends_inside_a_voucher_was_cut_off(lines: int) -> None:
    file = a_file(*VOUCHER, *VOUCHER[:lines])

    if lines == 1:  # Nothing tells a cut there from an annulled voucher.
        assert file.judge().vouchers == 2
    else:
        assert _refusal(file) == "cut_off"


def test_a_file_that_ends_after_a_brace_on_the_voucher_line_was_cut_off() -> None:
    assert _refusal(a_file("#VER A 1 20240305 {", "#TRANS 1930 {} 1.00")) == "cut_off"


def test_a_whole_year_without_its_year_is_refused() -> None:
    head = tuple(line for line in HEAD if not line.startswith("#RAR"))

    assert _refusal(a_file(*VOUCHER, head=head)) == "fiscal_year_missing"
    assert _refusal(a_file("#RAR 0 20241231 20240101", head=head)) == "fiscal_year_missing"


@pytest.mark.parametrize("sie_type", ["5", "x"])
def test_a_type_that_there_is_not_is_refused(sie_type: str) -> None:
    head = tuple(line.replace("#SIETYP 4", f"#SIETYP {sie_type}") for line in HEAD)

    assert _refusal(a_file(head=head)) == "type_not_supported"


@pytest.mark.parametrize("sie_type", ["1", "2", "3"])
def test_balances_without_vouchers_are_types_1_to_3(sie_type: str) -> None:
    head = tuple(line.replace("#SIETYP 4", f"#SIETYP {sie_type}") for line in HEAD)

    judgement = a_file("#UB 0 1930 100.00", head=head).judge()

    assert (judgement.sie_type, judgement.opening_balances, judgement.vouchers) == (sie_type, 1, 0)
    assert judgement.totals_agree is None


def test_vouchers_in_a_file_of_balances_are_told_and_not_used() -> None:
    head = tuple(line.replace("#SIETYP 4", "#SIETYP 2") for line in HEAD)
    file = a_file(*VOUCHER, head=head)

    assert file.judge().remark_counts == {"vouchers_not_of_type": 1}
    assert list(file.vouchers()) == []


def test_balances_that_were_cut_off_are_refused() -> None:
    lines = [line.replace("#SIETYP 4", "#SIETYP 1") for line in HEAD] + ["#UB 0 1930 10"]
    content = "\r\n".join(lines).encode()

    assert _refusal(of_bytes(content)) == "cut_off"
    assert of_bytes(content + b"0.00").judge().control_totals == 1


def test_vouchers_without_balances_are_type_4i() -> None:
    head = tuple(line for line in HEAD if not line.startswith("#IB"))

    assert a_file(*VOUCHER, head=head).judge().sie_type == "4I"


def test_a_year_is_needed_where_a_voucher_has_no_date() -> None:
    undated = ("#VER A 1 x", *VOUCHER[1:])

    assert _refusal(a_file(*undated, head=("#SIETYP 4",))) == "fiscal_year_missing"
    assert a_file(*undated, head=("#SIETYP 4", "#GEN 20240305")).judge().set_aside == 1
    assert a_file(*VOUCHER, head=("#SIETYP 4",)).judge().vouchers == 1


def test_a_new_company_has_neither_balances_nor_vouchers() -> None:
    head = tuple(line for line in HEAD if not line.startswith("#IB"))

    assert a_file(head=head).judge().vouchers == 0


def test_a_judgement_tells_whose_file_it_is() -> None:
    judgement = a_file(*VOUCHER, head=("#ORGNR 556488-2362", "#VALUTA EUR", *HEAD)).judge()

    assert (judgement.encoding, judgement.sie_type) == ("ascii", "4E")
    assert (judgement.company_name, judgement.organisation_number) == ("Bageriet AB", "556488-2362")
    assert (judgement.currency, judgement.program) == ("EUR", "Testprogram 1.0")
    assert judgement.generated_on == date(2025, 2, 1)
    assert judgement.fiscal_year is not None
    assert judgement.fiscal_year.last_day == date(2024, 12, 31)
    assert (judgement.vouchers, judgement.postings, judgement.set_aside) == (1, 2, 0)
    assert judgement.remarks == ()


def test_a_judgement_keeps_some_remarks_and_counts_all() -> None:
    judgement = a_file(*VOUCHER * 1_500).judge()

    assert len(judgement.remarks) == 200
    assert judgement.remark_counts == {"number_twice": 1_499}


def test_balances_of_year_0_are_the_header_s() -> None:
    file = a_file(
        "#IB -1 1930 7.00",
        "#OIB 0 1930 {1 10} 60.00 2",
        "#UB 0 1930 225.00",
        "#UB -1 1930 100.00",
        "#RES 0 3001 -125.00",
        "#PSALDO 0 202403 1930 {} 125.00",
        "#PSALDO 0 202403 1930 {1 10} 25.00",
        "#PBUDGET 0 202403 3001 {} -200.00",
        "#IB 0 3001 x",
        *VOUCHER,
    )
    header = file.header()

    whole, part = header.opening_balances
    assert (whole.account, whole.amount, whole.dimension) == ("1930", Decimal("100.00"), "")
    assert (part.dimension, part.object, part.quantity) == ("1", "10", Decimal(2))
    assert [(total.kind, total.amount) for total in header.control_totals] == [
        ("closing", Decimal("225.00")),
        ("result", Decimal("-125.00")),
    ]
    assert [(balance.kind, balance.object) for balance in header.period_balances] == [
        ("actual", ""),
        ("actual", "10"),
        ("budget", ""),
    ]
    assert {balance.month for balance in header.period_balances} == {date(2024, 3, 1)}
    assert codes(file) == {"other_year", "balance_unreadable"}


def test_records_may_stand_in_any_order() -> None:
    file = a_file(*VOUCHER, *HEAD, "#KTYP 1930 T", "#ENHET 1930 st", "#SRU 1930 7281", head=())

    header = file.header()
    assert file.judge().vouchers == 1
    assert (header.accounts[0].type, header.accounts[0].unit) == ("asset", "st")
    assert header.accounts[0].sru == ("7281",)


@pytest.mark.parametrize(
    "lines", [("#RAR 0 20230101 20231231",), ("#ORGNR 5564882362", "#ORGNR 559000-1234")]
)
def test_a_file_that_contradicts_itself_is_refused_unless_forced(lines: tuple[str, ...]) -> None:
    file = a_file(*VOUCHER, *lines)

    assert _refusal(file) == "contradicts_itself"
    assert file.judge(force=True).remark_counts == {"stands_twice": 1}


def test_what_stands_twice_and_says_the_same_is_no_contradiction() -> None:
    lines = ("#ORGNR 556488-2362", "#ORGNR 5564882362", "#RAR 0 20240101 20241231")

    assert a_file(*VOUCHER, *lines).judge().remark_counts == {}


def test_an_error_behind_hundreds_of_remarks_is_kept() -> None:
    late = ("#VER A 1 20250305", *VOUCHER[1:])
    judgement = a_file(*late * 1_200, "#VER B 1 20240305", "{", "#TRANS 1930 {} 1", "}").judge()

    assert [one.code for one in judgement.remarks if one.severity == "error"] == [
        "set_aside_unbalanced"
    ]
    assert judgement.severities == {"warning": 2_399, "error": 1}


def test_a_text_that_looks_like_a_row_is_no_posting() -> None:
    rows = ('#TRANS 1930 {} 1.00 20240305 "se #TRANS #TRANS"', "#TRANS 3001 {} -1.00")

    assert a_file("#VER A 1 20240305", "{", *rows, "}").judge().postings == 2


@pytest.mark.parametrize("registered", ["00000000", "20240231"])
def test_a_voucher_that_is_read_twice_moves_its_accounts_once(registered: str) -> None:
    head = f'#VER A 1 20240305 "x" {registered}'
    totals = ("#UB 0 1930 225.00", "#RES 0 3001 -125.00")

    assert a_file(head, *VOUCHER[1:], *totals).judge().totals_agree


def test_a_year_whose_vouchers_are_all_set_aside_was_not_cut_off() -> None:
    file = a_file("#UB 0 1930 225.00", "#VER A 1 20240305", "{", "#TRANS 1930 {} 125.00", "}")

    assert file.judge().set_aside == 1

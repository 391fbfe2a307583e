"""A file that is read and written again gives the same facts, whatever its type."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sie.checksum import verify
from connectors.sie.file import SieFile
from connectors.sie.header import Header, YearBalances
from connectors.sie.rewriter import write_again, write_header
from connectors.sie.writer import SieWriter
from schemas.bookkeeping import (
    Account,
    Balance,
    ControlTotal,
    Dimension,
    FiscalYear,
    Object,
    ObjectTotal,
    PeriodBalance,
    Posting,
    SetAsideVoucher,
    Voucher,
)
from schemas.lifecycle_events import SieType
from tests.connectors.sie.builders import VOUCHER, a_file, a_voucher_of, of_bytes
from tests.connectors.sie.headers import read_header
from tests.connectors.sie.strategies import VOUCHERS, YEAR, headers

SAMPLES = Path(__file__).parents[4] / "shared" / "sie-samples"
EXPECTED: list[dict[str, Any]] = (
    json.loads((SAMPLES / "expected.json").read_text()) if SAMPLES.is_dir() else []
)
needs_samples = pytest.mark.skipif(
    not EXPECTED, reason="the samples stand beside the project, in ../shared, and are not there"
)
AMOUNT = Decimal("12.50")

# SIE 4B's table of records (facts, section 3), for types 1, 2, 3, 4I and 4E: mandatory, optional
# or forbidden. Of those that a reader keeps, or that stand in every file.
TYPES_OF_RECORDS: tuple[SieType, ...] = ("1", "2", "3", "4I", "4E")
RECORDS = """
FLAGGA   M M M M M
PROGRAM  M M M M M
FORMAT   M M M M M
GEN      M M M M M
SIETYP   o M M M M
ORGNR    o o o o o
FNAMN    M M M M M
RAR      M M M o M
OMFATTN  - M M - o
VALUTA   o o o o o
KONTO    M M M o M
KTYP     o o o o o
ENHET    o o o o o
SRU      M M o o o
DIM      - - M o o
UNDERDIM - - M o o
OBJEKT   - - M o o
IB       M M M - M
UB       M M M - M
OIB      - - M - o
OUB      - - M - o
RES      M M M - M
PSALDO   - M M - o
PBUDGET  - M M - o
VER      - - - o o
TRANS    - - - o o
RTRANS   - - - o o
BTRANS   - - - o o
KSUMMA   o o o o o
"""


def _read(content: bytes, *, name: str) -> Header:
    header, _ = read_header(content, name=name)
    return header


@cache
def _header_of(sample: str) -> Header:
    return _read((SAMPLES / sample).read_bytes(), name=sample)


def _name(header: Header) -> str:
    """A file without vouchers is known to be a subsystem's by its name alone."""
    return "written.si" if header.sie_type == "4I" else "written.se"


def _facts(header: Header) -> Header:
    return replace(header, encoding="cp437")


def _written(
    header: Header, *vouchers: Voucher, encoding: str, checksum: bool = False, line_end: str = "\n"
) -> bytes:
    out = BytesIO()
    writer = SieWriter(out, encoding=encoding, checksum=checksum, line_end=line_end)
    write_header(header, writer)
    for voucher in vouchers:
        writer.voucher(voucher)
    writer.close()
    return out.getvalue()


def _numbered(vouchers: list[Voucher]) -> list[Voucher]:
    """With the occurrence of each series and number, as a reader counts it."""
    keys = [(voucher.series, voucher.number) for voucher in vouchers]
    return [
        voucher.model_copy(update={"occurrence": keys[: place + 1].count(keys[place])})
        for place, voucher in enumerate(vouchers)
    ]


def _written_again(file: SieFile) -> SieFile:
    out = BytesIO()
    assert write_again(file, out) == 0
    return SieFile(out, name=file.name)


@pytest.mark.parametrize("sie_type", TYPES_OF_RECORDS)
@given(data=st.data())
def test_the_header_of_any_type_reads_back_as_it_was_written(
    sie_type: SieType, data: st.DataObject
) -> None:
    header = data.draw(headers(sie_type))
    encoding = data.draw(st.sampled_from(("cp437", "utf-8")))

    written = _written(header, encoding=encoding)

    assert _facts(_read(written, name=_name(header))) == header


@given(
    header=headers("4E"),
    vouchers=st.lists(VOUCHERS, max_size=3),
    encoding=st.sampled_from(("cp437", "utf-8")),
    checksum=st.booleans(),
    line_end=st.sampled_from(("\r\n", "\n")),
)
def test_a_whole_year_reads_back_as_it_was_written(
    header: Header, vouchers: list[Voucher], encoding: str, checksum: bool, line_end: str
) -> None:
    written = _written(header, *vouchers, encoding=encoding, checksum=checksum, line_end=line_end)
    file = of_bytes(written)

    assert _facts(file.header()) == header
    assert list(file.vouchers()) == _numbered(vouchers)
    told = verify(BytesIO(written), file.header().encoding)
    assert told == ("matches" if checksum else "absent")


@needs_samples
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
@pytest.mark.parametrize("encoding", ["cp437", "utf-8"])
def test_the_header_of_a_sample_reads_back_as_it_was_read(
    expected: dict[str, Any], encoding: str
) -> None:
    header = _header_of(expected["file"])

    written = _written(header, encoding=encoding)

    assert _facts(_read(written, name=_name(header))) == _facts(header)


@needs_samples
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["file"])
def test_a_sample_that_is_written_again_has_the_same_vouchers(expected: dict[str, Any]) -> None:
    file = of_bytes((SAMPLES / expected["file"]).read_bytes(), name=expected["file"])
    again = _written_again(file)

    digests = [voucher.digest for voucher in file.vouchers() if isinstance(voucher, Voucher)]
    assert len(digests) == expected["vouchers"]
    assert [v.digest for v in again.vouchers() if isinstance(v, Voucher)] == digests
    assert _facts(again.header()) == _facts(file.header())
    assert again.judge().postings == expected["booked_rows"] + expected["added_rows"]


def test_a_voucher_that_was_set_aside_is_written_as_it_stood() -> None:
    unbalanced = a_voucher_of("#TRANS\t1930 {} 1.00", ver='#VER A 1 20240101 "Öl"')
    endless = a_voucher_of("#TRANS 1930 {} 2.00", ver="#VER A 2 20240101")[:-1]
    file = a_file(*unbalanced, *endless, *VOUCHER, *endless, "#UB 0 1930 100.00")

    again = _written_again(file)

    before, after = list(file.vouchers()), list(again.vouchers())
    assert after[0] == before[0]
    assert [_without_source(voucher) for voucher in after] == list(map(_without_source, before))
    assert [voucher.occurrence for voucher in after] == [1, 1, 2, 2]
    assert again.judge().set_aside == 3


def test_a_voucher_whose_text_was_too_long_to_keep_is_told_to_be_missing() -> None:
    rows = ['#TRANS 1930 {} 1.00 20240101 "a text of a row"'] * 2_000

    assert write_again(a_file(*a_voucher_of(*rows), *VOUCHER), BytesIO()) == 1


def _without_source(voucher: Voucher | SetAsideVoucher) -> Voucher | SetAsideVoucher:
    if isinstance(voucher, Voucher):
        return voucher
    return voucher.model_copy(update={"source_text": ""})


def _everything(sie_type: SieType) -> Header:
    """A header with a fact for every record."""
    balance = Balance(account="1930", amount=AMOUNT, quantity=AMOUNT)
    of_object = balance.model_copy(update={"dimension": "20", "object": "A"})
    month = {"month": date(2024, 5, 1), **of_object.model_dump()}
    total = ControlTotal(account="1930", kind="closing", amount=AMOUNT)
    balances = YearBalances(
        opening=(balance, of_object),
        periods=(
            PeriodBalance(**month | {"dimension": "", "object": ""}),
            PeriodBalance(**month | {"dimension": "", "object": "", "kind": "budget"}),
            PeriodBalance(**month),
        ),
        totals=(total, ControlTotal(account="3001", kind="result", amount=-AMOUNT)),
        object_totals=(ObjectTotal(**total.model_dump(), dimension="20", object="A"),),
    )
    before = FiscalYear(first_day=date(2023, 5, 1), last_day=date(2024, 4, 30))
    return Header(
        encoding="cp437",
        sie_type=sie_type,
        company_name="Åre Bageri AB",
        organisation_number="556488-2362",
        currency="SEK",
        currency_is_stated=True,
        program="Bokflow 1.0",
        generated_on=date(2025, 5, 1),
        balances_up_to=date(2025, 3, 31),
        fiscal_years={0: YEAR, -1: before},
        accounts=(Account(account="1930", name="Bank", type="asset", unit="st", sru=("7281",)),),
        dimensions=(
            Dimension(dimension="20", name="Region"),
            Dimension(dimension="21", name="Enhet", parent="20"),
        ),
        objects=(Object(dimension="20", object="A", name="Norr"),),
        balances={0: balances, -1: balances},
    )


@pytest.mark.parametrize("sie_type", TYPES_OF_RECORDS)
def test_a_file_of_a_type_has_what_is_mandatory_and_nothing_forbidden(sie_type: SieType) -> None:
    rows = (
        Posting(account="1930", amount=AMOUNT),
        Posting(account="1930", amount=AMOUNT, state="struck"),
        Posting(account="3001", amount=-AMOUNT, state="added"),
    )
    voucher = Voucher(
        fiscal_year=YEAR.first_day,
        series="A",
        number="1",
        voucher_date=YEAR.first_day,
        postings=rows,
    )

    written = _written(_everything(sie_type), voucher, encoding="cp437", checksum=True)

    labels = set(re.findall(r"^ *#([A-Z]+)", written.decode("cp437"), re.MULTILINE))
    column = TYPES_OF_RECORDS.index(sie_type)
    rules = {row.split()[0]: row.split()[1:][column] for row in RECORDS.strip().splitlines()}
    assert labels == {label for label, rule in rules.items() if rule != "-"}


def test_a_file_of_type_2_has_no_period_balances_of_objects() -> None:
    written = _written(_everything("2"), encoding="cp437")

    assert written.count(b"#PSALDO 0 202405 1930 {} 12.50 12.50") == 1
    assert written.count(b"#PSALDO 0") == 1

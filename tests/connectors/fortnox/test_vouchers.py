"""The vouchers of a year, where the vendor answers what it was not asked."""

import httpx
import orjson
import pytest

from connectors.fortnox.vouchers import YearOfVouchers
from schemas.bookkeeping import FiscalYear, SetAsideVoucher
from schemas.errors import SourceUnavailable
from schemas.ledger_events import VouchersObserved, VouchersSetAside
from tests.connectors.fortnox.documents import YEAR, a_document
from tests.connectors.fortnox.wire import Wire, capital, said

THE_YEAR = FiscalYear(first_day=YEAR, last_day=YEAR.replace(year=2026), source_id="5")


def listed(*vouchers: tuple[str, int, int]) -> httpx.Response:
    rows = [
        {"VoucherSeries": series, "VoucherNumber": number, "Year": year}
        for series, number, year in vouchers
    ]
    return said(document={"Vouchers": rows})


def test_a_voucher_belongs_to_the_year_that_it_names_itself() -> None:
    wire = Wire(listed(("A", 7, 4), ("A", 7, 5)), said(document={"Voucher": a_document()}))

    with wire.client() as client:
        (page,) = YearOfVouchers(client, THE_YEAR).changed("2026-03-10 12:28")

    (voucher,) = map(orjson.loads, page.vouchers)
    assert (voucher["fiscal_year"], voucher["number"]) == ("2025-05-01", "7")
    assert len(wire.requests) == 2


def test_a_series_may_have_any_letters() -> None:
    wire = Wire(listed(("Å/1 ", 7, 5)), said(document={"Voucher": a_document()}))

    with wire.client() as client:
        list(YearOfVouchers(client, THE_YEAR).changed("2026-03-10 12:28"))

    listing, detail = wire.requests
    assert listing.url.params["lastmodified"] == "2026-03-10 12:28"
    assert detail.url.raw_path == b"/3/vouchers/%C3%85%2F1%20/7?financialyear=5"


def test_the_export_of_another_year_is_not_taken_for_this_ones() -> None:
    lines = ["#FLAGGA 0", "#SIETYP 4", "#RAR 0 20240501 20250430", "#UB 0 1930 0.00", ""]
    export = httpx.Response(200, content="\n".join(lines).encode())
    wire = Wire(export, listed(("A", 7, 5)), said(document={"Voucher": a_document()}))

    with wire.client() as client:
        (page,) = YearOfVouchers(client, THE_YEAR).whole()

    assert len(page.vouchers) == 1


@pytest.mark.parametrize(
    "answer",
    [
        said(400, capital(2000588, "Felaktig parameter")),
        said(document={"Voucher": []}),
        said(document={"Voucher": {"VoucherSeries": {}}}),
        said(document={"Voucher": a_document(VoucherRows=5)}),
    ],
)
def test_a_voucher_that_cannot_be_had_does_not_hold_up_the_others(answer: httpx.Response) -> None:
    wire = Wire(listed(("A", 6, 5), ("A", 7, 5)), answer, said(document={"Voucher": a_document()}))

    with wire.client() as client:
        pages = {page.kind: page for page in YearOfVouchers(client, THE_YEAR).changed("2026-03-10")}

    assert len(pages[VouchersObserved].vouchers) == 1
    (voucher,) = map(SetAsideVoucher.model_validate_json, pages[VouchersSetAside].vouchers)
    assert (voucher.number, voucher.reason) == ("6", "unreadable")
    assert voucher.detail


def test_a_voucher_is_not_set_aside_where_the_source_fails() -> None:
    wire = Wire(listed(("A", 7, 5)), said(503))

    with wire.client() as client, pytest.raises(SourceUnavailable):
        list(YearOfVouchers(client, THE_YEAR).changed("2026-03-10"))

"""Made-up companies keep their books as they should."""

from collections import defaultdict
from decimal import Decimal
from io import BytesIO

import pytest

from connectors.sie.chart import bas_accounts
from connectors.sie.file import SieFile
from connectors.sie.generator import GeneratedCompany, generate
from connectors.sie.header import normalised_organisation_number
from schemas.bookkeeping import Voucher

SEEDS = [1, 2, 3]


def _bytes(company: GeneratedCompany, year_index: int, encoding: str = "cp437") -> bytes:
    file = BytesIO()
    company.write(year_index, file, encoding=encoding)
    return file.getvalue()


def _read(company: GeneratedCompany, year_index: int, encoding: str = "cp437") -> SieFile:
    return SieFile(BytesIO(_bytes(company, year_index, encoding)), name="made-up.se")


def _company(seed: int) -> GeneratedCompany:
    return generate(seed=seed, years=2, vouchers_per_year=200)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert _bytes(_company(1), 1) == _bytes(_company(1), 1)
    assert _bytes(_company(1), 1) != _bytes(_company(2), 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("encoding", ["cp437", "windows-1252", "utf-8"])
def test_a_made_up_year_reads_back_as_it_was_made(seed: int, encoding: str) -> None:
    company = _company(seed)
    file = _read(company, 1, encoding)
    expected, judgement = company.expected(1), file.judge()

    assert judgement.encoding == encoding
    assert judgement.set_aside == 0
    assert set(judgement.remark_counts) == {"other_year"}
    assert judgement.vouchers == expected.vouchers == 200
    assert judgement.postings == expected.booked + expected.added
    assert list(file.vouchers()) == list(company.vouchers(1))


@pytest.mark.parametrize("seed", SEEDS)
def test_closing_balances_and_results_follow_from_the_vouchers(seed: int) -> None:
    file = _read(_company(seed), 1)
    header = file.header()
    sums = defaultdict(Decimal, {row.account: row.amount for row in header.opening_balances})

    for voucher in file.vouchers():
        assert isinstance(voucher, Voucher)
        for posting in voucher.postings:
            if posting.state != "struck":
                sums[posting.account] += posting.amount

    stated = {total.account: total.amount for total in header.control_totals}
    assert {account: amount for account, amount in sums.items() if amount} == stated
    assert sum(stated.values()) == sum(row.amount for row in header.opening_balances) == 0


def test_a_year_opens_as_the_one_before_closed() -> None:
    company = _company(1)
    before, after = _read(company, 0).header(), _read(company, 1).header()

    closing = {t.account: t.amount for t in before.control_totals if t.kind == "closing"}
    assert {row.account: row.amount for row in after.opening_balances} == closing
    assert after.fiscal_years[-1] == before.fiscal_year


def test_made_up_books_have_what_real_ones_have() -> None:
    company = generate(seed=1, years=1, vouchers_per_year=1_500)
    vouchers = list(company.vouchers(0))
    expected = company.expected(0)

    assert expected.added > 0
    assert expected.struck > expected.added
    assert expected.annulled > 0
    assert len({voucher.series for voucher in vouchers}) >= 5
    used = {posting.account for voucher in vouchers for posting in voucher.postings}
    assert used <= {account.account for account in bas_accounts()}
    assert any(posting.objects for voucher in vouchers for posting in voucher.postings)
    for series in {voucher.series for voucher in vouchers}:
        numbers = [int(voucher.number) for voucher in vouchers if voucher.series == series]
        assert numbers == list(range(1, len(numbers) + 1))
    year = company.fiscal_years[0]
    assert all(year.first_day <= voucher.voucher_date <= year.last_day for voucher in vouchers)
    assert normalised_organisation_number(company.organisation_number)


@pytest.mark.parametrize("vouchers", [1, 37, 38, 39, 100])
def test_a_year_has_as_many_vouchers_as_asked_for(vouchers: int) -> None:
    company = generate(seed=5, years=1, vouchers_per_year=vouchers)

    assert _read(company, 0).judge().vouchers == vouchers

"""SIE files through the whole engine: what is in the ledger is what the file says."""

import io
import re
from decimal import Decimal

import pytest

from connectors.sie.generator import GeneratedCompany, generate
from schemas.errors import UploadRefused
from tests.engine import Engine

pytestmark = pytest.mark.engine


def written(company: GeneratedCompany, year: int = 0) -> bytes:
    file = io.BytesIO()
    company.write(year, file)
    return file.getvalue()


async def test_an_imported_company_has_the_sums_that_its_generator_counted(engine: Engine) -> None:
    company = generate(seed=5, years=2, vouchers_per_year=150)
    await engine.start_worker()

    for year in range(2):
        run = await engine.end_of(await engine.upload("bageriet", written(company, year)))
        assert run["state"] == "completed"

    for year in range(2):
        expected = company.expected(year)
        moved = await engine.movements("bageriet", company.fiscal_years[year].first_day)
        assert {k: v for k, v in moved.items() if v} == {
            account: Decimal(ore) / 100 for account, ore in expected.movement.items() if ore
        }
    assert await engine.balances_are_right()


async def test_the_same_files_again_change_nothing(engine: Engine) -> None:
    files = {
        name: written(generate(seed=seed, years=1, vouchers_per_year=60))
        for name, seed in (("bageriet", 6), ("snickeriet", 7))
    }
    await engine.start_worker()
    for run_id in [await engine.upload(name, content) for name, content in files.items()]:
        await engine.end_of(run_id)
    before = await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY 1, 2, 3, 4, 5, 6")
    changes = await engine.value("SELECT count(*) FROM ledger.voucher_change")

    for run_id in [await engine.upload(name, content) for name, content in files.items()]:
        assert (await engine.end_of(run_id))["state"] == "completed"

    after = await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY 1, 2, 3, 4, 5, 6")
    assert before == after
    assert await engine.value("SELECT count(*) FROM ledger.voucher_change") == changes
    results = await engine.connection.fetch(
        "SELECT created, changed, removed FROM ledger.read_result WHERE run_number = 2"
    )
    assert {tuple(row) for row in results} == {(0, 0, 0)}


async def test_a_file_of_another_company_is_refused_and_the_ledger_untouched(
    engine: Engine,
) -> None:
    await engine.start_worker()
    await engine.end_of(
        await engine.upload("bageriet", written(generate(seed=6, years=1, vouchers_per_year=20)))
    )
    vouchers = await engine.value("SELECT count(*) FROM ledger.voucher")

    with pytest.raises(UploadRefused) as refused:
        await engine.upload("bageriet", written(generate(seed=7, years=1, vouchers_per_year=20)))

    assert refused.value.code == "organisation_number_differs"
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == vouchers
    assert await engine.value("SELECT count(*) FROM engine.upload") == 1


async def test_vouchers_that_are_gone_from_the_file_are_removed(engine: Engine) -> None:
    content = written(generate(seed=8, years=1, vouchers_per_year=40))
    shorter = re.sub(rb"#KSUMMA[^\r\n]*\r\n", b"", content)
    vouchers = re.findall(rb"#VER [^{]*\{[^}]*(?:\{[^}]*\}[^}]*)*\}\r\n", shorter)
    shorter = shorter.replace(vouchers[3], b"").replace(vouchers[9], b"")
    await engine.start_worker()
    await engine.end_of(await engine.upload("bageriet", content))

    await engine.end_of(await engine.upload("bageriet", shorter))

    removed = await engine.value(
        "SELECT removed FROM ledger.read_result WHERE run_number = 2 AND part = 'vouchers'"
    )
    assert removed == 2
    changes = (
        "SELECT count(*) FROM ledger.voucher_change WHERE run_number = 2 AND change = 'removed'"
    )
    assert await engine.value(changes) == 2
    assert await engine.balances_are_right()


async def test_the_runners_of_one_worker_do_not_take_each_others_runs(engine: Engine) -> None:
    await engine.start_worker(runs_at_once="6")
    content = written(generate(seed=6, years=1, vouchers_per_year=20))

    runs = [await engine.upload(f"company-{number}", content) for number in range(12)]
    ended = [await engine.end_of(run_id) for run_id in runs]

    assert {(run["state"], run["attempt"]) for run in ended} == {("completed", 1)}

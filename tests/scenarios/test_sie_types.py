"""Files that add vouchers, or bring balances alone, through the whole engine."""

from typing import Any

import pytest

from schemas.codec import encode
from schemas.errors import UploadRefused
from schemas.ledger_events import LedgerPurged
from tests.builders import AT
from tests.engine import Engine
from tests.eventually import eventually

pytestmark = pytest.mark.engine
HEAD = """#FLAGGA 0
#PROGRAM Lon 1
#FORMAT PC8
#GEN 20240401
#SIETYP 4
#FNAMN "Bageriet AB"
"""
PAY = """#VER L "" 20240325 "Pay"
{
#TRANS 7010 {} 100.00
#TRANS 1930 {} -100.00
}
"""
NUMBERED = PAY.replace('L ""', "L 7")
YEAR = HEAD + "#RAR 0 20240101 20241231\n#IB 0 1930 500.00\n"
VOUCHERS = """
    SELECT fiscal_year, series, number FROM ledger.voucher WHERE company_id = $1 ORDER BY number
"""
RESULT = """
    SELECT sum(created)::int AS created, sum(changed)::int AS changed, sum(removed)::int AS removed,
        sum(unchanged)::int AS unchanged, sum(set_aside)::int AS set_aside
    FROM ledger.read_result WHERE company_id = $1 AND part = 'vouchers' AND run_number = $2
"""


async def _imported(engine: Engine, text: str, *, again: bool = False) -> dict[str, int]:
    """What the run of a file did to the vouchers, as the ledger has counted it."""
    content = text.encode("cp437")
    run = await engine.end_of(await engine.upload("bageriet", content, again=again))
    assert run["state"] == "completed", (run["reason"], run["detail"])
    row: Any = await engine.connection.fetchrow(RESULT, "bageriet", run["run_number"])
    return {name: count for name, count in row.items() if count}


async def _numbers(engine: Engine) -> list[str]:
    return [row["number"] for row in await engine.connection.fetch(VOUCHERS, "bageriet")]


async def test_the_same_submission_again_adds_nothing(engine: Engine) -> None:
    await engine.start_worker()

    assert await _imported(engine, HEAD + PAY + PAY) == {"created": 2}
    before = await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY 1, 2, 3, 4, 5, 6")
    assert await _imported(engine, HEAD + PAY + PAY) == {"unchanged": 2}

    after = await engine.connection.fetch("SELECT * FROM ledger.posting ORDER BY 1, 2, 3, 4, 5, 6")
    assert before == after
    first, second = await _numbers(engine)
    assert first.removesuffix(".1") == second.removesuffix(".2")
    assert await engine.value("SELECT count(*) FROM ledger.voucher_change") == 2


async def test_one_of_two_vouchers_that_is_there_already_is_not_added(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, HEAD + PAY)

    assert await _imported(engine, HEAD + NUMBERED + PAY.replace("Pay", "Bonus")) == {"created": 2}
    assert await _imported(engine, HEAD + PAY + PAY.replace("100.00", "50.00")) == {
        "created": 1,
        "unchanged": 1,
    }


async def test_a_user_who_wants_it_again_adds_what_is_there_already(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, HEAD + PAY + NUMBERED.replace("Pay", "Bonus"))

    again = await _imported(engine, HEAD + PAY + NUMBERED.replace("Pay", "Bonus"), again=True)

    assert again == {"created": 2}
    upload = await engine.value("SELECT upload_id FROM engine.upload WHERE again")
    numbers = await _numbers(engine)
    assert len(numbers) == 4
    assert sum(number.endswith(f".{upload}") for number in numbers) == 2
    assert await engine.balances_are_right()


async def test_a_number_that_another_voucher_holds_is_set_aside(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, HEAD + NUMBERED)

    found = await _imported(engine, HEAD + NUMBERED.replace("100.00", "70.00"))

    assert found == {"set_aside": 1}
    aside = await engine.connection.fetchrow("SELECT * FROM ledger.set_aside_voucher")
    assert aside is not None
    assert (aside["number"], aside["reason"]) == ("7", "number_taken")
    assert '"70.00"' in aside["source_text"]
    kept = await engine.value("SELECT digest FROM ledger.voucher WHERE number = '7'")
    assert aside["kept_digest"] == kept
    assert (await engine.movements("bageriet", aside["fiscal_year"]))["7010"] == 100


async def test_the_whole_year_replaces_what_submissions_brought(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, HEAD + PAY)

    assert await _imported(engine, YEAR + NUMBERED.replace("L 7", "A 1")) == {
        "created": 1,
        "removed": 1,
    }
    assert await _numbers(engine) == ["1"]


async def test_a_submission_joins_the_stored_broken_year_and_changes_no_name(
    engine: Engine,
) -> None:
    await engine.start_worker()
    broken = YEAR.replace("20240101 20241231", "20230701 20240630") + "#KONTO 1930 Bank\n"
    await _imported(engine, broken + NUMBERED.replace("L 7", "A 1"))

    await _imported(engine, HEAD + "#KONTO 1930 Other\n#KONTO 7010 Pay\n" + PAY)

    rows = await engine.connection.fetch("SELECT fiscal_year FROM ledger.fiscal_year")
    assert [str(row["fiscal_year"]) for row in rows] == ["2023-07-01"]
    years = {row["fiscal_year"] for row in await engine.connection.fetch(VOUCHERS, "bageriet")}
    assert {str(year) for year in years} == {"2023-07-01"}
    names = await engine.connection.fetch("SELECT account, name FROM ledger.account ORDER BY 1")
    assert [tuple(row) for row in names] == [("1930", "Bank"), ("7010", "Pay")]


async def test_a_new_first_day_replaces_the_year_that_it_overlaps(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, YEAR + NUMBERED.replace("L 7", "A 1"))

    other = YEAR.replace("20240101 20241231", "20230701 20240630")
    await _imported(engine, other + NUMBERED.replace("L 7", "A 2"))

    rows = await engine.connection.fetch(VOUCHERS, "bageriet")
    assert [(str(row["fiscal_year"]), row["number"]) for row in rows] == [("2023-07-01", "2")]
    assert await engine.value("SELECT count(*) FROM ledger.fiscal_year") == 1


async def test_balances_alone_touch_no_voucher(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, YEAR + NUMBERED.replace("L 7", "A 1"))

    balances = YEAR.replace("#SIETYP 4", "#SIETYP 1").replace("500.00", "450.00")
    assert await _imported(engine, balances + "#UB 0 1930 350.00\n") == {}

    assert await _numbers(engine) == ["1"]
    assert await engine.value("SELECT amount FROM ledger.opening_balance") == 450


async def test_balances_of_an_overlapping_year_are_refused(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, YEAR + NUMBERED.replace("L 7", "A 1"))
    other = YEAR.replace("20240101 20241231", "20230701 20240630")

    with pytest.raises(UploadRefused) as refusal:
        await engine.upload("bageriet", other.replace("#SIETYP 4", "#SIETYP 1").encode())

    assert refusal.value.code == "fiscal_year_overlaps"


async def test_another_currency_is_refused_and_the_ledger_untouched(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, YEAR + NUMBERED.replace("L 7", "A 1"))

    for forced in (False, True):
        with pytest.raises(UploadRefused) as refusal:
            await engine.upload("bageriet", ("#VALUTA EUR\n" + HEAD + PAY).encode(), forced=forced)
        assert refusal.value.code == "currency_differs"

    assert await _numbers(engine) == ["1"]


async def test_a_voucher_after_the_stored_year_is_replaced_by_the_next_year_s_file(
    engine: Engine,
) -> None:
    await engine.start_worker()
    first = YEAR.replace("20240101 20241231", "20230701 20240630")
    await _imported(engine, first + NUMBERED.replace("L 7", "A 1"))
    pay = PAY.replace("20240325", "20240925")
    await _imported(engine, HEAD + pay)

    following = YEAR.replace("20240101 20241231", "20240701 20250630")
    found = await _imported(engine, following + pay.replace('L ""', "A 1"))

    assert found == {"created": 1, "removed": 1}
    years = {str(row["fiscal_year"]) for row in await engine.connection.fetch(VOUCHERS, "bageriet")}
    assert years == {"2023-07-01", "2024-07-01"}
    assert await _imported(engine, HEAD + pay) == {"created": 1}  # Another number: it is not there.


async def test_a_number_is_taken_by_any_voucher_that_has_it(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, HEAD + NUMBERED)
    other = NUMBERED.replace("100.00", "70.00")

    assert await _imported(engine, HEAD + other + NUMBERED) == {"unchanged": 1, "set_aside": 1}

    assert await _imported(engine, HEAD + NUMBERED) == {"unchanged": 1}
    assert await engine.value("SELECT count(*) FROM ledger.set_aside_voucher") == 1
    assert await engine.value("SELECT count(*) FROM ledger.voucher") == 1


async def test_a_broken_voucher_does_not_count_as_one_that_is_there(engine: Engine) -> None:
    await engine.start_worker()
    await _imported(engine, HEAD + NUMBERED)

    broken = NUMBERED.replace(" 100.00", " 90.00")

    assert await _imported(engine, HEAD + broken) == {"set_aside": 1}


async def test_a_file_takes_away_no_balances_that_its_type_cannot_have(engine: Engine) -> None:
    await engine.start_worker()
    budgets = YEAR.replace("#SIETYP 4", "#SIETYP 2") + "#PBUDGET 0 202403 3001 {} -9.00\n"
    await _imported(engine, budgets + "#PSALDO 0 202403 3001 {} -5.00\n")

    await _imported(engine, YEAR.replace("#SIETYP 4", "#SIETYP 1").replace("1930", "1940"))

    assert await engine.value("SELECT count(*) FROM ledger.period_budget") == 1
    assert await engine.value("SELECT count(*) FROM ledger.period_balance") == 1
    assert await engine.value("SELECT account FROM ledger.opening_balance") == "1940"
    await _imported(engine, YEAR + NUMBERED.replace("L 7", "A 1"))
    assert await engine.value("SELECT count(*) FROM ledger.period_budget") == 1
    assert await engine.value("SELECT count(*) FROM ledger.period_balance") == 0


async def test_a_file_waits_for_the_ledger_to_have_applied_a_purge(engine: Engine) -> None:
    """The engine knows of the purge first: what the ledger still holds is not what will be."""
    await engine.start_worker()
    await _imported(engine, HEAD + PAY)
    await engine.connection.execute("UPDATE engine.company SET generation = 1")
    run_id = await engine.upload("bageriet", (HEAD + PAY).encode("cp437"))
    await eventually(
        lambda: engine.value(
            "SELECT state = 'running' FROM engine.sync_run WHERE run_id = $1", run_id
        ),
        what="the run has a runner",
    )

    purge = LedgerPurged(
        company_id="bageriet", occurred_at=AT, generation=1, run_number=1, attempt=1
    )
    await engine.publish(encode(purge))

    run = await engine.end_of(run_id)
    assert run["state"] == "completed"
    row: Any = await engine.connection.fetchrow(RESULT, "bageriet", run["run_number"])
    assert (row["created"], row["unchanged"]) == (1, 0)

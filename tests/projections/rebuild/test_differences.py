"""What differs between two builds is named: the voucher and its fields, the balance, the row."""

from datetime import date
from decimal import Decimal

import pytest

from projections.rebuild.differences import BalanceDifference, Differences, differences
from projections.rebuild.differing_vouchers import (
    FieldDifference,
    PostingDifference,
    VoucherDifference,
)
from projections.rebuild.digests import Place, differing, digests
from projections.rebuild.versions import Versions
from schemas.ledger_events import CompanyObserved
from schemas.lifecycle_events import CompanyRegistered
from tests.builders import COMPANY, YEAR, a_read, a_voucher, an_event
from tests.projections.rebuild.builds import BUILT, BUILT_STATUS, LIVE, LIVE_STATUS, Builds

pytestmark = pytest.mark.engine
VERSIONS = Versions(LIVE, BUILT)
LAST_YEAR = date(2024, 1, 1)
MARCH = date(2025, 3, 1)


async def filled(builds: Builds) -> None:
    """Twelve vouchers of two companies each, and last year's."""
    for company in ("butiken", COMPANY):
        numbers = [str(number) for number in range(1, 13)]
        vouchers = [a_voucher(number, text="Kaffe") for number in numbers]
        await builds.project(a_read(*vouchers, company=company))
        await builds.project(
            a_read(a_voucher(year=LAST_YEAR, day=LAST_YEAR), year=LAST_YEAR, company=company)
        )


async def found(builds: Builds, shown_max: int = 20) -> Differences:
    live = await digests(builds.connection, LIVE)
    places = differing(live, await digests(builds.connection, BUILT))
    return await differences(builds.connection, VERSIONS, COMPANY, places, shown_max)


async def test_one_amount_is_named_with_its_voucher_and_line(builds: Builds) -> None:
    await filled(builds)

    await builds.damage(
        "UPDATE posting SET amount = -amount WHERE company_id = $1 AND fiscal_year = $2"
        " AND number = '3' AND line = 1",
        COMPANY,
        YEAR,
    )

    flipped = FieldDifference(field="amount", in_use="125.00", rebuilt="-125.00")
    posting = PostingDifference(line=1, found="both", fields=(flipped,))
    voucher = VoucherDifference(
        fiscal_year=YEAR, series="A", number="3", occurrence=1, found="both", postings=(posting,)
    )
    assert await found(builds) == Differences(vouchers=(voucher,), vouchers_total=1)


async def test_a_changed_text_and_a_lost_and_an_added_posting_are_told(builds: Builds) -> None:
    await filled(builds)
    of = "company_id = 'bageriet' AND fiscal_year = '2025-01-01' AND number = '3'"

    await builds.damage(f"UPDATE voucher SET text = 'Te', registered_on = '2025-03-05' WHERE {of}")
    await builds.damage(f"UPDATE posting SET line = 7 WHERE line = 2 AND {of}")

    (voucher,) = (await found(builds)).vouchers
    assert voucher.fields == (
        FieldDifference(field="registered_on", in_use=None, rebuilt="2025-03-05"),
        FieldDifference(field="text", in_use="Kaffe", rebuilt="Te"),
    )
    lost, added = voucher.postings
    assert (lost.line, lost.found, added.line, added.found) == (2, "in_use", 7, "rebuilt")
    assert FieldDifference(field="account", in_use="3001", rebuilt=None) in lost.fields
    assert FieldDifference(field="amount", in_use=None, rebuilt="-125.00") in added.fields


async def test_vouchers_of_one_side_are_told_in_their_order_up_to_the_limit(
    builds: Builds,
) -> None:
    await filled(builds)
    await builds.build(a_read(a_voucher("77"), snapshot=False, run=2))
    for table in ("voucher", "posting"):
        await builds.damage(
            f"DELETE FROM {table} WHERE company_id = $1 AND number <> '77'", COMPANY
        )

    told = await found(builds, shown_max=4)

    first = [(voucher.fiscal_year, voucher.number) for voucher in told.vouchers]
    assert first == [(LAST_YEAR, "1"), (YEAR, "1"), (YEAR, "2"), (YEAR, "3")]
    assert {voucher.found for voucher in told.vouchers} == {"in_use"}
    assert told.vouchers_total == 14
    last = (await found(builds)).vouchers[-1]
    assert (last.number, last.found, last.fields, last.postings) == ("77", "rebuilt", (), ())


async def test_a_voucher_whose_row_alone_is_missing_is_told_by_its_fields(builds: Builds) -> None:
    await filled(builds)
    await builds.damage("DELETE FROM voucher WHERE company_id = $1 AND number = '3'", COMPANY)

    (voucher,) = (await found(builds)).vouchers

    assert (voucher.found, voucher.postings) == ("both", ())
    assert FieldDifference(field="text", in_use="Kaffe", rebuilt=None) in voucher.fields


async def test_balances_are_told_by_account_and_month(builds: Builds) -> None:
    await filled(builds)
    await builds.damage(
        "UPDATE account_balance SET movement = movement + 0.01"
        " WHERE company_id = $1 AND fiscal_year = $2 AND account = '1930'",
        COMPANY,
        YEAR,
    )
    await builds.damage(
        "DELETE FROM account_balance WHERE company_id = $1 AND account = '3001'", COMPANY
    )

    told = await found(builds)

    assert told.balances_total == 3
    assert told.balances[1:] == (
        BalanceDifference(
            fiscal_year=YEAR,
            account="1930",
            month=MARCH,
            in_use=Decimal("1500.00"),
            rebuilt=Decimal("1500.01"),
            postings_in_use=12,
            postings_rebuilt=12,
        ),
        BalanceDifference(
            fiscal_year=YEAR,
            account="3001",
            month=MARCH,
            in_use=Decimal("-1500.00"),
            rebuilt=None,
            postings_in_use=12,
            postings_rebuilt=None,
        ),
    )
    assert (await found(builds, shown_max=1)).balances == told.balances[:1]


async def test_rows_of_other_tables_are_counted_with_an_example(builds: Builds) -> None:
    await filled(builds)
    described = an_event(CompanyObserved, part="company", year=None, name="Bageriet", run=2)
    await builds.project(described)
    await builds.damage("UPDATE company SET ignored_events = 7 WHERE company_id = $1", COMPANY)
    await builds.damage(
        "DELETE FROM voucher_change WHERE company_id = $1 AND fiscal_year = $2", COMPANY, YEAR
    )

    told = await found(builds)

    assert (told.vouchers, told.balances) == ((), ())
    company, change = told.tables
    assert (company.table, company.only_in_use, company.only_rebuilt) == ("company", 1, 1)
    assert company.example_in_use is not None
    assert company.example_rebuilt is not None
    assert company.example_rebuilt == company.example_in_use | {"ignored_events": "7"}
    assert (change.table, change.only_in_use, change.only_rebuilt) == ("voucher_change", 12, 0)
    assert change.example_in_use is not None
    assert change.example_in_use["number"] == "1"
    assert change.example_rebuilt is None


async def test_a_table_that_one_side_does_not_have_is_counted(builds: Builds) -> None:
    await builds.connection.execute(f"CREATE TABLE {BUILT}.novelty (company_id text)")
    await builds.damage("INSERT INTO novelty VALUES ($1), ('butiken')", COMPANY)

    (novelty,) = (await found(builds)).tables

    assert (novelty.table, novelty.only_in_use, novelty.only_rebuilt) == ("novelty", 0, 1)


async def test_the_status_is_told_too(builds: Builds) -> None:
    await builds.books.happened(CompanyRegistered, source="sie", name="Bageriet")
    places = [Place(COMPANY, None, "company_status")]

    status = Versions(LIVE_STATUS, BUILT_STATUS)
    told = await differences(builds.connection, status, COMPANY, places)

    (table,) = told.tables
    assert (table.only_in_use, table.only_rebuilt) == (1, 0)
    assert table.example_in_use is not None
    assert table.example_in_use["name"] == "Bageriet"


async def test_where_nothing_differs_nothing_is_asked(builds: Builds) -> None:
    other = [Place("butiken", YEAR, "voucher")]

    assert await differences(builds.connection, VERSIONS, COMPANY, other) == Differences()

"""Made-up facts of an SIE file: whatever its types can hold, spelt with all that needs care."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from connectors.sie.accounts import with_reserved
from connectors.sie.header import Header, YearBalances
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
    PostingState,
    Voucher,
)
from schemas.lifecycle_events import SieType

YEAR = FiscalYear(first_day=date(2024, 5, 1), last_day=date(2025, 4, 30))
LETTERS = st.sampled_from("abcÅäö \"\\{}#-.,'\xa0é")
TEXTS = st.text(LETTERS, max_size=12)
STRIPPED = TEXTS.map(str.strip)
CODES = st.text(LETTERS, min_size=1, max_size=8)
DIMENSIONS = CODES | st.sampled_from(("1", "2", "6", "20"))
DAYS = st.dates(date(2024, 5, 1), date(2025, 4, 30))
YEARS = st.tuples(st.dates(), st.dates()).map(
    lambda days: FiscalYear(first_day=min(days), last_day=max(days))
)
STATE: st.SearchStrategy[PostingState] = st.sampled_from(("booked", "booked", "added", "struck"))
QUANTITIES = st.none() | st.decimals(-(10**6), 10**6, places=3)
AMOUNTS = st.integers(-(10**15), 10**15).map(lambda ore: Decimal(ore).scaleb(-2))


@st.composite
def postings(draw: st.DrawFn) -> tuple[Posting, ...]:
    """Rows of all states that sum to zero, or none at all."""
    row = st.builds(
        Posting,
        account=CODES,
        amount=AMOUNTS,
        text=TEXTS,
        quantity=QUANTITIES,
        state=STATE,
        objects=st.dictionaries(DIMENSIONS, CODES | st.just(""), max_size=2),
        posting_date=st.sampled_from((None, date(2025, 5, 9))),
        signature=TEXTS,
    )
    rows = draw(st.lists(row, max_size=4))
    booked = [row.amount for row in rows if row.state != "struck"]
    if booked:
        rows.append(Posting(account="9999", amount=Decimal("0.00") - sum(booked)))
    return tuple(rows)


VOUCHERS = st.builds(
    Voucher,
    fiscal_year=st.just(YEAR.first_day),
    series=TEXTS,
    number=TEXTS,
    voucher_date=DAYS,
    text=TEXTS,
    registered_on=st.none() | DAYS,
    signature=TEXTS,
    postings=postings(),
)
ACCOUNTS = st.builds(
    Account,
    account=CODES,
    name=TEXTS,
    type=st.sampled_from((None, "asset", "liability", "cost", "income")),
    unit=TEXTS,
    sru=st.lists(STRIPPED.filter(bool), max_size=2, unique=True).map(tuple),
)
OBJECTS = st.builds(Object, dimension=DIMENSIONS, object=CODES | st.just(""), name=TEXTS)
BALANCES = st.one_of(
    st.builds(Balance, account=CODES, amount=AMOUNTS, quantity=QUANTITIES),
    st.builds(
        Balance,
        account=CODES,
        amount=AMOUNTS,
        quantity=QUANTITIES,
        dimension=DIMENSIONS,
        object=CODES,
    ),
)
YEAR_BALANCES = st.builds(
    YearBalances,
    opening=st.lists(
        BALANCES, unique_by=lambda row: (row.account, row.dimension, row.object), max_size=4
    ).map(tuple),
    periods=st.lists(
        st.builds(
            lambda balance, month, kind: PeriodBalance(
                **balance.model_dump(), month=month.replace(day=1), kind=kind
            ),
            BALANCES,
            st.dates(),
            st.sampled_from(("actual", "budget")),
        ),
        unique_by=lambda row: (row.kind, row.month, row.account, row.dimension, row.object),
        max_size=4,
    ).map(tuple),
    totals=st.lists(
        st.builds(
            ControlTotal,
            account=CODES,
            kind=st.sampled_from(("closing", "result")),
            amount=AMOUNTS,
            quantity=QUANTITIES,
        ),
        unique_by=lambda row: (row.kind, row.account),
        max_size=4,
    ).map(tuple),
    object_totals=st.lists(
        st.builds(
            ObjectTotal,
            account=CODES,
            kind=st.just("closing"),
            amount=AMOUNTS,
            quantity=QUANTITIES,
            dimension=DIMENSIONS,
            object=CODES,
        ),
        unique_by=lambda row: (row.account, row.dimension, row.object),
        max_size=3,
    ).map(tuple),
)
NOTHING = YearBalances((), (), (), ())
SOMETHING = replace(NOTHING, opening=(Balance(account="1930", amount=Decimal("5.00")),))


@st.composite
def headers(draw: st.DrawFn, sie_type: SieType) -> Header:
    """What a file of the type can say, and nothing that it cannot."""
    balances = {0: NOTHING}  # A file of type 4I has none: drawing some would take long.
    if sie_type != "4I":
        balances = {
            0: draw(YEAR_BALANCES),
            **draw(st.dictionaries(st.integers(-3, -1), YEAR_BALANCES, max_size=2)),
        }
    dimensions = draw(
        st.lists(
            st.builds(Dimension, dimension=DIMENSIONS, name=TEXTS, parent=st.none() | DIMENSIONS),
            unique_by=lambda row: row.dimension,
            max_size=3,
        )
    )
    objects = draw(st.lists(OBJECTS, unique_by=lambda row: (row.dimension, row.object), max_size=3))
    header = Header(
        encoding="cp437",
        sie_type=sie_type,
        company_name=draw(STRIPPED),
        organisation_number=draw(STRIPPED),
        currency=draw(st.sampled_from(("SEK", "EUR"))),
        currency_is_stated=True,
        program=draw(STRIPPED),
        generated_on=draw(st.none() | st.dates()),
        balances_up_to=draw(st.none() | DAYS),
        fiscal_years={0: YEAR, **draw(st.dictionaries(st.integers(-3, -1), YEARS, max_size=2))},
        accounts=tuple(draw(st.lists(ACCOUNTS, unique_by=lambda row: row.account, max_size=4))),
        dimensions=tuple(dimensions),
        objects=tuple(objects),
        balances=balances,
    )
    return within_its_type(header)


def within_its_type(header: Header) -> Header:
    """The header without what its type cannot hold, and with the dimensions that a reader adds."""
    objects = header.sie_type in ("3", "4E", "4I")
    balances = {year: _within(of, header.sie_type) for year, of in header.balances.items()}
    if header.sie_type == "4E" and set(balances.values()) == {NOTHING}:
        balances[0] = SOMETHING  # A file without balances is one of type 4I.
    kept = replace(
        header,
        balances_up_to=header.balances_up_to if header.sie_type in ("2", "3", "4E") else None,
        dimensions=header.dimensions if objects else (),
        objects=header.objects if objects else (),
        balances={year: of for year, of in balances.items() if year == 0 or of != NOTHING},
    )
    return replace(kept, dimensions=with_reserved(kept.dimensions, _dimensions_used(kept)))


def _within(of: YearBalances, sie_type: SieType) -> YearBalances:
    match sie_type:
        case "4I":
            return NOTHING
        case "1":
            whole = tuple(row for row in of.opening if not row.dimension)
            return replace(of, opening=whole, periods=(), object_totals=())
        case "2":
            whole = tuple(row for row in of.opening if not row.dimension)
            periods = tuple(row for row in of.periods if not row.dimension)
            return replace(of, opening=whole, periods=periods, object_totals=())
    return of


def _dimensions_used(header: Header) -> set[str]:
    used = {counted.dimension for counted in header.objects}
    for of in header.balances.values():
        used |= {row.dimension for row in (*of.opening, *of.periods)}
        used |= {total.dimension for total in of.object_totals}
    return used

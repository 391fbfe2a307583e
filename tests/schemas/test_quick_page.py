"""The fast reader of pages: what it takes it reads as the models do, and the rest it leaves."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel

from schemas.bookkeeping import Posting, PostingState, Voucher
from schemas.codec import decode_ledger, decode_ledger_quickly, encode
from schemas.errors import KeyMismatched, RejectedError
from schemas.ledger_events import ReadEvent, VouchersObserved
from schemas.quick_page import QuickPosting, QuickVoucher, quick_page
from tests.builders import a_voucher, an_event

TEXTS = some.text(
    some.characters(codec="utf-8") | some.sampled_from('"\\\x00\x1b\u2028\x7f'), max_size=12
)
NAMES = TEXTS.filter(bool)
DATES = some.dates()
CENTS = some.integers(-(10**18) + 1, 10**18 - 1)
QUANTITIES = some.decimals(-(10**6), 10**6, places=6) | some.decimals(-999, 999, places=1)
STATES: some.SearchStrategy[PostingState] = some.sampled_from(("booked", "added", "struck"))


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


@some.composite
def postings(draw: some.DrawFn) -> tuple[Posting, ...]:
    """Each booked one with its opposite, so that they balance."""
    found = []
    for cents in draw(some.lists(CENTS, max_size=3)):
        state = draw(STATES)
        for amount in (cents, -cents):
            found.append(
                Posting(
                    account=draw(NAMES),
                    amount=_amount(amount),
                    text=draw(TEXTS),
                    quantity=draw(some.none() | QUANTITIES),
                    state=state,
                    objects=draw(some.dictionaries(NAMES, TEXTS, max_size=2)),
                    posting_date=draw(some.none() | DATES),
                    signature=draw(TEXTS),
                )
            )
    return tuple(found)


VOUCHERS = some.builds(
    Voucher,
    fiscal_year=DATES,
    series=TEXTS,
    number=TEXTS,
    occurrence=some.integers(1, 2**31 - 1),
    voucher_date=DATES,
    text=TEXTS,
    registered_on=some.none() | DATES,
    signature=TEXTS,
    source_id=some.none() | TEXTS,
    postings=postings(),
)
SPOILT = (
    (b'"125.00"', b"125.00"),
    (b'"125.00"', b'"125.0"'),
    (b'"125.00"', b'"125"'),
    (b'"125.00"', b'"1.25E+2"'),
    (b'"125.00"', b'"NaN"'),
    (b'"-125.00"', b'"-125.01"'),
    (b'"-125.00"', b'"-0.00"'),
    (b'"125.00"', b'"99999999999999999.00"'),
    (b'"account":"1930"', b'"account":""'),
    (b'"account":"1930"', b'"account":"' + b"1" * 33 + b'"'),
    (b'"account":"1930"', b'"account":"1930","account":"1930"'),
    (b'"account":"1930"', b'"account":"1930","text":""'),
    (b'"account":"1930"', b'"account":"1930","colour":"green"'),
    (b'"account":"1930"', b'"account":"1930","state":"open"'),
    (b'"account":"1930"', b'"account":"1930","quantity":1.5'),
    (b'"account":"1930"', b'"account":"1930","quantity":"0.1234567"'),
    (b'"account":"1930"', b'"account":"1930","colour":' + b"[" * 5_000 + b"]" * 5_000),
    (b'"account":"1930"', b'"account":"\xff"'),
    (b'"series":"A"', b'"series":"' + b"A" * 65 + b'"'),
    (b'"series":"A"', b'"series": "A"'),
    (b'"number":"1"', b'"number":"1","occurrence":0'),
    (b'"number":"1"', b'"number":"1","occurrence":1'),
    (b'"number":"1"', b'"number":"\\u0031"'),
    (b'"voucher_date":"2025-01-02"', b'"voucher_date":"2025-01-02T00:00:00"'),
    (b'"run_number":1', b'"run_number":-1'),
    (b'"run_number":1,', b""),
    (b'"run_number":1,', b'"run_number":1,"type":"accounts_observed.v1",'),
    (b'"run_number":1,', b'"run_number":1,"t\\u0079pe":"accounts_observed.v1",'),
    (b"]}]}", b']}],"colour":"green"}'),
    (b"]}]}", b"]}]"),
    (b"]}]}", b"]}]}}"),
)
PAGES = some.lists(VOUCHERS, min_size=1, max_size=3).map(
    lambda vouchers: encode(an_event(VouchersObserved, vouchers=tuple(vouchers))).value
)


def _is_the_same(quick: VouchersObserved, model: VouchersObserved) -> bool:
    if quick.model_copy(update={"vouchers": ()}) != model.model_copy(update={"vouchers": ()}):
        return False
    same_digests = [one.digest for one in quick.vouchers] == [one.digest for one in model.vouchers]
    return same_digests and [_fields(one) for one in quick.vouchers] == [
        _fields(one) for one in model.vouchers
    ]


def _fields(row: object) -> object:
    """With the types: an amount that is a number of another kind is another."""
    if isinstance(row, tuple):
        return [_fields(one) for one in row]
    if isinstance(row, QuickVoucher | QuickPosting):
        return {name: _fields(getattr(row, name)) for name in row.__struct_fields__}
    if isinstance(row, Voucher | Posting):
        return {name: _fields(getattr(row, name)) for name in type(row).model_fields}
    return (type(row), str(row))


@pytest.mark.parametrize(("quick", "model"), [(QuickVoucher, Voucher), (QuickPosting, Posting)])
def test_rows_have_the_fields_of_the_models_in_their_order(
    quick: type[msgspec.Struct], model: type[BaseModel]
) -> None:
    """A field that the models get must come here too: it would be passed over."""
    assert list(quick.__struct_fields__) == list(model.model_fields)


def test_the_page_has_no_field_that_would_be_passed_over() -> None:
    assert VouchersObserved.model_fields.keys() - ReadEvent.model_fields.keys() == {
        "type",
        "vouchers",
    }


@given(PAGES)
def test_a_page_as_it_is_written_is_read_as_the_models_read_it(value: bytes) -> None:
    quick, model = quick_page(value), decode_ledger(value)

    assert isinstance(model, VouchersObserved)
    assert quick is not None
    assert _is_the_same(quick, model)


@given(PAGES, some.data())
def test_a_page_that_is_damaged_is_never_read_in_another_way(
    value: bytes, data: some.DataObject
) -> None:
    start = data.draw(some.integers(0, len(value)))
    length = data.draw(some.integers(0, 3))
    damaged = value[:start] + data.draw(some.binary(max_size=3)) + value[start + length :]

    quick = quick_page(damaged)

    if quick is not None:
        model = decode_ledger(damaged)
        assert isinstance(model, VouchersObserved)
        assert _is_the_same(quick, model)


@pytest.mark.parametrize(("there", "instead"), SPOILT)
def test_what_is_not_written_so_is_left_to_the_models(there: bytes, instead: bytes) -> None:
    voucher = a_voucher("1", amount="125.00", day=date(2025, 1, 2))
    value = encode(an_event(VouchersObserved, vouchers=(voucher,))).value
    assert quick_page(value) is not None
    assert there in value

    assert quick_page(value.replace(there, instead, 1)) is None


def test_no_vouchers_and_too_many_are_left_to_the_models() -> None:
    value = encode(an_event(VouchersObserved, vouchers=(a_voucher("1"),))).value
    head, _, rest = value.partition(b'"vouchers":[')
    voucher = rest.removesuffix(b"]}")

    assert quick_page(head + b'"vouchers":[]}') is None
    assert quick_page(head + b'"vouchers":[' + b",".join([voucher] * 500) + b"]}") is not None
    assert quick_page(head + b'"vouchers":[' + b",".join([voucher] * 501) + b"]}") is None


def test_a_refusal_is_that_of_the_models() -> None:
    value = encode(an_event(VouchersObserved, vouchers=(a_voucher("1", amount="5.00"),))).value
    spoilt = value.replace(b'"5.00"', b'"5.01"', 1)

    with pytest.raises(RejectedError) as quick:
        decode_ledger_quickly(spoilt)
    with pytest.raises(RejectedError) as model:
        decode_ledger(spoilt)

    assert str(quick.value) == str(model.value)


def test_a_key_of_another_company_is_refused_of_a_quick_page_too() -> None:
    value = encode(an_event(VouchersObserved, vouchers=(a_voucher("1"),))).value

    with pytest.raises(KeyMismatched, match="snickeriet"):
        decode_ledger_quickly(value, key=b"snickeriet")

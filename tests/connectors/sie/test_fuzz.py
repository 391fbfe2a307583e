"""Any bytes, in any pieces: a verdict comes out, and it is the same one."""

import json
from collections import Counter
from collections.abc import Iterator
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from connectors.sie.connector import SieConnector
from connectors.sie.file import Judgement, SieFile
from connectors.sie.header_reader import HEADER_LABELS
from schemas.bookkeeping import SetAsideVoucher, Voucher
from schemas.codec import Message, decode_ledger, encode
from schemas.errors import UploadRefused
from schemas.parts import Scope
from streams.stamper import Stamper
from tests.connectors.sie.builders import HEAD
from tests.streams.runs import a_claimed_run

FIELDS = st.sampled_from(
    (
        *(
            "A",
            "1",
            "2",
            "",
            '""',
            '"',
            "{}",
            "{",
            "}",
            "{1 10}",
            '{1 "a b" 6 P1}',
            "{1}",
            "{1 2 1 3}",
        ),
        *(
            "1930",
            "3001",
            "20240305",
            "20240231",
            "2024-03-05",
            "0",
            "-1",
            "202403",
            "åäö",
            "\\",
            "x\\",
        ),
        *("1.00", "-1.00", "1", "-1", ".5", "1,00", "+1", "1.234", "-0", "12345678901234567.00"),
        *(
            '"a b"',
            '"a \\" b"',
            '"a"b"',
            '"a\\\\"',
            'a\\"b',
            '"cut',
            "\x00",
            "\x0b",
            "\x1a",
            "\xa0",
        ),
        *("a" * 40, "b" * 70, "c" * 4_001),
    )
)
LABELS = st.sampled_from(
    (*sorted(HEADER_LABELS), *("#VER", "#TRANS", "#RTRANS", "#BTRANS") * 8, "#trans", "#X", "text")
)
RECORDS = st.builds(
    lambda label, fields: " ".join((label, *fields)), LABELS, st.lists(FIELDS, max_size=8)
)
ROWS = st.builds(
    lambda label, rest, tail: " ".join((label, *rest, *tail)),
    st.sampled_from(("#TRANS", "#TRANS", "#TRANS", "#RTRANS", "#BTRANS", "\t#TRANS")),
    st.sampled_from((("1930", "{}", "1.00"), ("3001", "{}", "-1.00"), ("3001", "{1 10}", "-1.00"))),
    st.lists(FIELDS, max_size=4),
)
VOUCHERS = st.builds(
    lambda head, tail, rows, end: (" ".join(("#VER", *head, *tail)), "{", *rows, *end),
    st.sampled_from((("A", "1", "20240305"), ("A", "2", "20240306"), ('""', "1", "20240307"))),
    st.lists(FIELDS, max_size=4),
    st.lists(ROWS, max_size=4),
    st.sampled_from((("}",), ("}", ""), (" }",), (), ("} ",))),
)
LINES = st.lists(st.one_of(VOUCHERS, st.tuples(RECORDS), st.tuples(ROWS)), max_size=10)
LINE_ENDS = st.sampled_from(("\r\n", "\n", "\r"))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    lines = [line for part in draw(LINES) for line in part]
    head = draw(st.sampled_from((HEAD, HEAD, HEAD, HEAD[:5], (), ("#FLAGGA 0", "#KSUMMA", *HEAD))))
    end = draw(LINE_ENDS)
    encoding = draw(st.sampled_from(("cp437", "utf-8", "latin-1")))
    return end.join((*head, *lines, "")).encode(encoding, "replace")


def _verdict(
    content: bytes, chunk_bytes: int
) -> tuple[Judgement | str, list[Voucher | SetAsideVoucher]]:
    file = SieFile(BytesIO(content), name="fuzz.se", chunk_bytes=chunk_bytes)
    try:
        return file.judge(), list(file.vouchers())
    except UploadRefused as refusal:
        return refusal.code, []


@given(content=st.binary(max_size=400))
def test_any_bytes_end_in_a_refusal_or_a_judgement(content: bytes) -> None:
    _verdict(content, 4_096)


@given(content=st.binary(max_size=200))
def test_any_bytes_after_a_good_head_end_in_a_refusal_or_a_judgement(content: bytes) -> None:
    _verdict("\r\n".join((*HEAD, "")).encode() + content, 4_096)


@given(content=files(), chunk_bytes=st.integers(1, 70))
def test_neither_chunk_borders_nor_the_way_of_reading_matter(
    content: bytes, chunk_bytes: int
) -> None:
    """In small pieces no voucher is seen whole, so that all are read with care."""
    assert _verdict(content, chunk_bytes) == _verdict(content, 65_536)


@given(content=files())
def test_judgement_and_vouchers_agree(content: bytes) -> None:
    judgement, vouchers = _verdict(content, 65_536)
    if isinstance(judgement, str):
        return

    good = [voucher for voucher in vouchers if isinstance(voucher, Voucher)]
    rows = [posting for voucher in good for posting in voucher.postings]
    assert judgement.vouchers == len(good)
    assert judgement.set_aside == len(vouchers) - len(good)
    assert judgement.postings == sum(posting.state != "struck" for posting in rows)


@given(content=files())
def test_a_document_is_what_its_model_writes(content: bytes) -> None:
    """The reader makes the JSON itself: nothing in it may differ from that of the model."""
    try:
        documents = list(SieFile(BytesIO(content), name="fuzz.se").documents())
    except UploadRefused:
        return
    for document in documents:
        if isinstance(document, str):
            voucher = Voucher.model_validate_json(document)
            assert voucher.model_dump_json(exclude_defaults=True) == document


@given(content=files())
def test_keys_of_a_file_are_unique(content: bytes) -> None:
    keys = Counter[tuple[object, ...]]()
    for _, vouchers in _vouchers_of(content):
        keys.update(
            (voucher.fiscal_year, voucher.series, voucher.number, voucher.occurrence)
            for voucher in vouchers
        )
    assert set(keys.values()) <= {1}


@given(content=files())
def test_every_page_of_a_file_is_a_valid_event(content: bytes) -> None:
    for message, _ in _vouchers_of(content):
        event = decode_ledger(message.value, key=message.key)
        assert json.loads(encode(event).value) == json.loads(message.value)
        assert dict(message.headers)["ce_id"].decode() == event.event_id


def _vouchers_of(content: bytes) -> Iterator[tuple[Message, tuple[Voucher, ...]]]:
    """Every message of the file, with the vouchers in it."""
    connector = SieConnector(SieFile(BytesIO(content), name="fuzz.se"))
    run = a_claimed_run(company_id="fuzz")
    try:
        for plan in connector.reads(Scope()):
            stamper, pages = Stamper(run, plan), connector.pages(plan)
            while (message := stamper.next_message(pages)) is not None:
                event = decode_ledger(message.value)
                yield message, tuple(getattr(event, "vouchers", ()))
    except UploadRefused:
        return

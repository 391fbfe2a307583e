"""Lines into labels and fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sie.fields import Record, read_record
from connectors.sie.spelling import quoted

CODE_PAGE_437 = "".join(map(chr, range(32, 127))) + bytes(range(128, 256)).decode("cp437")
TEXTS = st.text(st.sampled_from(CODE_PAGE_437))
AWKWARD_TEXTS = st.text(st.sampled_from('ab\\" {}#\t'), max_size=8)


def _read(line: str) -> Record:
    record = read_record(line)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("#X", []),
        ("#X a b", ["a", "b"]),
        ("  #X\ta  b \t", ["a", "b"]),
        ('#X "a b" ""', ["a b", ""]),
        ('#X "a \\" b" c', ['a " b', "c"]),
        ('#X a\\"b', ['a"b']),
        ("#X C:\\Program\\x", ["C:\\Program\\x"]),
        ('#X "C:\\Program files\\x" 1', ["C:\\Program files\\x", "1"]),
        ('#X "1820\\A012"', ["1820\\A012"]),
        ('#X "a\\\\b"', ["a\\\\b"]),
        ('#X "C:\\Program files\\\\" 1', ["C:\\Program files\\", "1"]),
        ("#X {}", [()]),
        ("#X { } 1", [(), "1"]),
        ('#X {1 "0123" 6 P1} 1', [("1", "0123", "6", "P1"), "1"]),
        ('#X "{}"', ["{}"]),
        ('#X {1 "a}b"}1', [("1", "a}b"), "1"]),
        ("#X a\x0bb c\xa0d\u2028e", ["a\x0bb", "c\xa0d\u2028e"]),
    ],
)
def test_a_line_is_read_into_its_fields(line: str, fields: list[object]) -> None:
    assert _read(line).fields == fields


@pytest.mark.parametrize("line", ["", "  ", "{", "}", "text", "# x", '"#X"'])
def test_a_line_without_a_label_is_no_record(line: str) -> None:
    assert read_record(line) is None


def test_a_label_is_in_capitals() -> None:
    assert _read("#Konto 1930").label == "#KONTO"


def test_braces_at_the_end_open_and_close() -> None:
    assert _read("#VER A 1 {").opens
    assert _read("#TRANS 1930 {} 1.00 }").closes
    assert not _read('#TRANS 1930 {} 1.00 20240101 "}"').closes


@given(fields=st.lists(TEXTS, max_size=5))
def test_written_fields_read_back_equal(fields: list[str]) -> None:
    assert _read(" ".join(("#X", *map(quoted, fields)))).fields == fields


@given(fields=st.lists(AWKWARD_TEXTS, min_size=1, max_size=4))
def test_quotes_backslashes_and_braces_read_back_equal(fields: list[str]) -> None:
    fields = [field.replace("\t", " ") for field in fields]

    record = _read(" ".join(("#X", *map(quoted, fields))))

    assert record.fields == fields
    assert not any((record.quote_inside, record.quote_unclosed, record.opens, record.closes))


@given(texts=st.lists(AWKWARD_TEXTS.map(lambda text: text.replace("\t", " ")), max_size=6))
def test_a_written_object_list_reads_back_equal(texts: list[str]) -> None:
    line = "#X {" + " ".join(map(quoted, texts)) + "} 1.00"

    assert _read(line).fields == [tuple(texts), "1.00"]
